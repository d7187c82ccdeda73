/* The tasks at the end of a photo's way. */
#include "refusal.h"
#include "task_errors.h"
#include "tasks.h"

/* ---- publish: from now on everybody can find it; the original has served ---- */

static struct rendition rendition_from_json(const json_t *resized, const char *name)
{
    const json_t *value = json_object_get(resized, name);
    return (struct rendition){
        .width = (uint32_t)json_integer_value(json_object_get(value, "width")),
        .height = (uint32_t)json_integer_value(json_object_get(value, "height")),
        .bytes = (uint64_t)json_integer_value(json_object_get(value, "bytes")),
    };
}

static enum status publish_photo(struct tasks *tasks, const struct id *id, const struct task_call *call,
                                 struct text *why)
{
    const json_t *resized = json_object_get(call->input, "resized");
    struct photo photo = {
        .id = *id,
        .large = rendition_from_json(resized, "large"),
        .medium = rendition_from_json(resized, "medium"),
        .thumbnail = rendition_from_json(resized, "thumbnail"),
        .thumbhash = json_string_value(json_object_get(resized, "thumbhash")),
    };
    enum status status = store_photo_publish(tasks->store, &photo, call->claim, why);
    if (status == STATUS_NOT_FOUND) /* deleted meanwhile */
        return photos_remove_renditions(tasks->blob, id, why);
    return status;
}

static enum status remove_original(struct tasks *tasks, const struct id *id, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    photos_original_key(id, key);
    return blob_delete(tasks->blob, BUCKET_ORIGINALS, key, why);
}

/* What is kept of a photo until it has ended. */
static enum status remove_leftovers(struct tasks *tasks, const struct id *id, const struct task_call *call,
                                    struct text *why)
{
    return task_is_withdrawn(call) ? photos_remove_quarantined(tasks->blob, id, why) : remove_original(tasks, id, why);
}

void task_publish(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct tasks *tasks = context;
    struct id id;
    TEXT_CLEANUP struct text why = {0};
    if (!task_read_id(call, &id, outcome))
        return;
    enum status status = publish_photo(tasks, &id, call, &why);
    if (status == STATUS_OK)
        status = remove_leftovers(tasks, &id, call, &why);
    if (status == STATUS_OK)
        outcome->output = json_object();
    else if (status == STATUS_CONFLICT)
        fail(outcome, "Photo.Refused", text_get(&why));
    else
        fail_storage(outcome, status, &why);
}

/* ---- reject: roll back, and say why ---- */

/* It was published before its process died, and stays so; or the execution isn't ours any more, and the photo is whose
 * it is now. One that is published is never withdrawn again when it has been in quarantine (photo_rules.c), so its
 * copies there may go whoever we are. */
static enum status leave_as_it_is(struct tasks *tasks, const struct id *id, const struct task_call *call,
                                  struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo;
    enum status status = store_photo_get(tasks->store, id, &arena, &photo, why);
    if (status == STATUS_OK && photo.state == PHOTO_SUCCESS)
        status = remove_leftovers(tasks, id, call, why);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The original stays where the photo may be tried again. */
static enum status remove_all(struct tasks *tasks, const struct id *id, const struct task_call *call, bool and_original,
                              struct text *why)
{
    enum status status = photos_remove_renditions(tasks->blob, id, why);
    if (status == STATUS_OK && task_is_withdrawn(call))
        status = photos_remove_quarantined(tasks->blob, id, why);
    return status == STATUS_OK && and_original ? remove_original(tasks, id, why) : status;
}

void task_reject(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct tasks *tasks = context;
    struct id id;
    TEXT_CLEANUP struct text why = {0}, sentence = {0};
    if (!task_read_id(call, &id, outcome))
        return;
    const json_t *details = json_object_get(call->input, "error");
    const char *error = json_string_value(json_object_get(details, "Error"));
    const char *cause = json_string_value(json_object_get(details, "Cause"));
    refusal_of_failure(&sentence, error ? error : "", cause ? cause : "");
    decoded_cache_drop(&tasks->decoded, &id);
    /* The state first: another process may make its images public or publish it at this moment, because it hasn't
     * noticed that its lease has ended. */
    enum status status = store_photo_reject(tasks->store, &id, text_get(&sentence), NULL, call->claim, &why);
    bool is_gone = status == STATUS_NOT_FOUND; /* deleted meanwhile */
    if (status == STATUS_CONFLICT)
        status = leave_as_it_is(tasks, &id, call, &why);
    else if (status == STATUS_OK || is_gone)
        status = remove_all(tasks, &id, call, is_gone || !task_error_is_ours(error ? error : ""), &why);
    if (status == STATUS_OK)
        outcome->output = json_object();
    else
        fail_storage(outcome, status, &why);
}
