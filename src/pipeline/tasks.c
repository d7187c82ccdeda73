#include "tasks.h"

#include "image_limits.h"
#include "image_record.h"
#include "task_errors.h"

#include <string.h>

bool task_read_id(const struct task_call *call, struct id *ret_id, struct task_outcome *outcome)
{
    const char *text = json_string_value(json_object_get(call->input, "photo_id"));
    if (text && id_parse(text, strlen(text), ret_id))
        return true;
    fail(outcome, "States.Runtime", "The task's input has no photo_id of 32 hex digits.");
    return false;
}

const char *task_read_author(const struct task_call *call)
{
    const char *author = json_string_value(json_object_get(call->input, "author"));
    return author ? author : "";
}

enum status task_open_original(struct tasks *tasks, const struct id *id, struct blob_object *ret_original,
                               struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    photos_original_key(id, key);
    return blob_get_file(tasks->blob, BUCKET_ORIGINALS, key, ret_original, why);
}

/* The record comes from our own program, through the store, and is of these bytes, because an object of the originals'
 * bucket is written once and by nobody else. The limits may be other ones since, as an operator sets them. */
enum status task_find_image(const struct tasks *tasks, const struct task_call *call, const struct blob_object *original,
                            struct image_info *ret_info, struct text *why)
{
    if (image_record_read(json_object_get(call->input, "image"), original->size, ret_info))
        return image_limits_check(&tasks->limits, ret_info, why);
    return image_probe(original->fd, original->size, &tasks->limits, ret_info, why);
}

bool task_is_withdrawn(const struct task_call *call)
{
    return json_is_true(json_object_get(call->input, "withdrawn"));
}

const struct task_handler photo_tasks[] = {
    {"detect-and-store", task_detect_and_store},
    {"review", task_review},
    {"resize", task_resize},
    {"publish", task_publish},
    {"reject", task_reject},
};
const size_t photo_task_count = sizeof photo_tasks / sizeof photo_tasks[0];
