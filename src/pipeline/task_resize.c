/* The task that makes the renditions, into their buckets. */
#include "base64.h"
#include "task_errors.h"
#include "tasks.h"

/* An upload for each public object; NULL once committed or aborted. */
struct rendition_uploads {
    struct blob_upload *rows[PUBLIC_OBJECTS];
};

static void abort_uploads(struct rendition_uploads *uploads)
{
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++)
        blob_upload_abort(uploads->rows[i]);
}

static enum status begin_uploads(struct tasks *tasks, const struct id *id, struct rendition_uploads *ret_uploads,
                                 struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < PUBLIC_OBJECTS && status == STATUS_OK; i++) {
        public_objects[i].make_key(id, key);
        status = blob_upload_begin(tasks->blob, public_objects[i].bucket, key, &ret_uploads->rows[i], why);
    }
    return status;
}

/* The photo, now that its images are public. It may have been deleted while we worked, or refused by a process that
 * took it over because our lease had ended, and its objects with it: then these must go too. NOT_FOUND, CONFLICT. */
static enum status check_still_wanted(struct tasks *tasks, const struct id *id, struct arena *arena,
                                      struct photo *ret_photo, struct text *why)
{
    enum status status = store_photo_get(tasks->store, id, arena, ret_photo, why);
    if (status == STATUS_OK && ret_photo->state == PHOTO_ERROR) {
        text_setf(why, "The photo was refused already.");
        status = STATUS_CONFLICT;
    }
    if (status == STATUS_NOT_FOUND || status == STATUS_CONFLICT)
        (void)photos_remove_renditions(tasks->blob, id, NULL);
    return status;
}

static void fail_commit(struct task_outcome *outcome, enum status status, const struct text *why)
{
    if (status == STATUS_CONFLICT)
        fail(outcome, "Photo.Refused", text_get(why));
    else
        fail_storage(outcome, status, why);
}

/* Without a medium one, where the photo has none. */
static enum status commit_uploads(struct tasks *tasks, const struct id *id, struct rendition_uploads *uploads,
                                  bool has_medium, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo;
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        if (i == OBJECT_MEDIUM && !has_medium)
            continue;
        struct blob_upload *upload = uploads->rows[i];
        uploads->rows[i] = NULL;
        enum status status = blob_upload_commit(upload, why);
        if (status != STATUS_OK)
            return status;
    }
    return check_still_wanted(tasks, id, &arena, &photo, why);
}

static json_t *rendition_to_json(const struct rendition *rendition)
{
    return json_pack("{s:I, s:I, s:I}", "width", (json_int_t)rendition->width, "height", (json_int_t)rendition->height,
                     "bytes", (json_int_t)rendition->bytes);
}

/* What task_publish reads. */
static json_t *make_output(const struct photo *photo)
{
    return json_pack("{s:o, s:o, s:o, s:s?}", "large", rendition_to_json(&photo->large), "medium",
                     rendition_to_json(&photo->medium), "thumbnail", rendition_to_json(&photo->thumbnail), "thumbhash",
                     photo->thumbhash);
}

/* Nothing is developed again: the images come back as they were. */
static void publish_withdrawn(struct tasks *tasks, const struct id *id, struct task_outcome *outcome)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct photo photo;
    enum status status = photos_leave_quarantine(tasks->blob, id, &why);
    if (status == STATUS_OK)
        status = check_still_wanted(tasks, id, &arena, &photo, &why);
    if (status != STATUS_OK)
        fail_commit(outcome, status, &why);
    else
        outcome->output = make_output(&photo);
}

static struct rendition take_rendition(const struct darkroom_rendition *made)
{
    return (struct rendition){.width = made->width, .height = made->height, .bytes = made->bytes};
}

static json_t *describe_result(const struct darkroom_result *result)
{
    TEXT_CLEANUP struct text thumbhash = {0};
    if (result->thumbhash.size <= THUMBHASH_BYTES_MAX)
        base64_add(&thumbhash, result->thumbhash.bytes, result->thumbhash.size);
    const struct photo photo = {.large = take_rendition(&result->large),
                                .medium = take_rendition(&result->medium),
                                .thumbnail = take_rendition(&result->thumbnail),
                                .thumbhash = thumbhash.length ? text_get(&thumbhash) : NULL};
    return make_output(&photo);
}

static enum status develop_original(struct tasks *tasks, const struct task_call *call,
                                    const struct blob_object *original, const struct darkroom_files *files,
                                    struct darkroom_result *ret_result, struct text *why)
{
    struct image_info info;
    enum status status = task_find_image(tasks, call, original, &info, why);
    return status ? status
                  : darkroom_develop(tasks->darkroom, &(struct darkroom_original){original->fd, &info}, files,
                                     ret_result, why);
}

/* From what the moderator's look left, unless that is gone. */
static enum status develop(struct tasks *tasks, const struct id *id, const struct task_call *call,
                           const struct blob_object *original, const struct rendition_uploads *uploads,
                           struct darkroom_result *ret_result, struct text *why)
{
    NEGATIVE_CLEANUP struct negative negative = decoded_cache_take(&tasks->decoded, id);
    const struct darkroom_files files = {.large = blob_upload_fd(uploads->rows[OBJECT_LARGE]),
                                         .medium = blob_upload_fd(uploads->rows[OBJECT_MEDIUM]),
                                         .thumbnail = blob_upload_fd(uploads->rows[OBJECT_THUMBNAIL])};
    struct turn turn;
    turns_take(tasks->turns, task_read_author(call), &turn);
    enum status status = STATUS_OK;
    if (negative.file >= 0)
        status = darkroom_print(tasks->darkroom, negative.file, &negative.shape, &files, ret_result, why);
    else
        status = develop_original(tasks, call, original, &files, ret_result, why);
    turns_give_back(tasks->turns, &turn);
    return status;
}

static void resize_original(struct tasks *tasks, const struct id *id, const struct task_call *call,
                            const struct blob_object *original, struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    struct darkroom_result result;
    struct rendition_uploads uploads = {0};
    enum status status = begin_uploads(tasks, id, &uploads, &why);
    if (status != STATUS_OK) {
        fail_storage(outcome, status, &why);
        abort_uploads(&uploads);
        return;
    }
    status = develop(tasks, id, call, original, &uploads, &result, &why);
    if (status != STATUS_OK) {
        fail_darkroom(outcome, status, &why);
        abort_uploads(&uploads);
        return;
    }
    status = commit_uploads(tasks, id, &uploads, result.medium.width > 0, &why);
    abort_uploads(&uploads);
    if (status != STATUS_OK)
        fail_commit(outcome, status, &why);
    else
        outcome->output = describe_result(&result);
}

void task_resize(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct tasks *tasks = context;
    struct id id;
    struct blob_object original;
    TEXT_CLEANUP struct text why = {0};
    if (!task_read_id(call, &id, outcome))
        return;
    if (task_is_withdrawn(call)) {
        publish_withdrawn(tasks, &id, outcome);
        return;
    }
    enum status status = task_open_original(tasks, &id, &original, &why);
    if (status != STATUS_OK) {
        fail_storage(outcome, status, &why);
        return;
    }
    resize_original(tasks, &id, call, &original, outcome);
    blob_object_release(&original);
}
