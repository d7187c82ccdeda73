/* The work behind the states of workflows/photo-upload.asl.json. Each may run more than once for the same photo, so
 * each looks at what is there already. A failure becomes the name of an error, which the definition's retriers and
 * catchers go by. */
#include "base64.h"
#include "clock.h"
#include "photos_private.h"
#include "reasons.h"
#include "refusal.h"
#include "task_errors.h"

#include <string.h>
#include <unistd.h>

/* For what it shows; without a label: by a person. */
static void fail_refused(struct task_outcome *outcome, const struct moderation_label *label)
{
    text_setf(&outcome->error, "Moderation.Refused");
    if (label)
        refusal_of_label(&outcome->cause, label);
    else
        reason_set(&outcome->cause, REASON_REFUSED_BY_REVIEWER);
}

static bool read_id(const struct task_call *call, struct id *ret_id, struct task_outcome *outcome)
{
    const char *text = json_string_value(json_object_get(call->input, "photo_id"));
    if (text && id_parse(text, strlen(text), ret_id))
        return true;
    fail(outcome, "States.Runtime", "The task's input has no photo_id of 32 hex digits.");
    return false;
}

static const char *read_author(const struct task_call *call)
{
    const char *author = json_string_value(json_object_get(call->input, "author"));
    return author ? author : "";
}

static enum status open_original(struct photos *photos, const struct id *id, struct blob_object *ret_original,
                                 struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    photos_original_key(id, key);
    return blob_get_file(photos->settings.blob, BUCKET_ORIGINALS, key, ret_original, why);
}

/* ---- detect-and-store: is it a photo within the limits, and may it be shown? ---- */

static enum status read_review(struct photos *photos, const struct id *id, enum photo_review *ret_review,
                               struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo;
    enum status status = store_photo_get(photos->settings.store, id, &arena, &photo, why);
    if (status == STATUS_OK)
        *ret_review = photo.review;
    return status;
}

/* The moderator asked for a person: the photo stays PENDING until one has decided. */
static void follow_review(struct photos *photos, const struct id *id, enum photo_review review,
                          struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    if (review != REVIEW_APPROVED && review != REVIEW_REFUSED) {
        fail(outcome, "Moderation.Held", "The photo waits for a person to look at it.");
        return;
    }
    enum status status = photos_keep_decision(photos, id, review == REVIEW_APPROVED, &why);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
    else if (review == REVIEW_APPROVED)
        outcome->output = json_object();
    else
        fail_refused(outcome, NULL);
}

/* Whose fault it is decides how often the photo is tried. Each one that waits would tell the operator so again and
 * again: one line in ten seconds is enough. */
static void report_outage(struct photos *photos, const struct text *why)
{
    enum { PAUSE_MS = 10000 };
    TEXT_CLEANUP struct text sentence = {0};
    int64_t now = clock_now_ms(), last = atomic_load(&photos->told_outage_ms);
    if (!photos->settings.trouble || now - last < PAUSE_MS
        || !atomic_compare_exchange_strong(&photos->told_outage_ms, &last, now))
        return;
    text_setf(&sentence, "Photos are waiting because they can't be moderated: %s", text_get(why));
    photos->settings.trouble(photos->settings.context, text_get(&sentence));
}

static void fail_inspection(struct photos *photos, enum inspect_stage stage, enum status status, const struct text *why,
                            struct task_outcome *outcome)
{
    struct moderator *moderator = photos->settings.moderator;
    bool is_suspect = status == STATUS_CRASHED || status == STATUS_TIMEOUT;
    if (stage == INSPECT_DECODING)
        fail_darkroom(outcome, status, why);
    else if (stage == INSPECT_JUDGING)
        fail_moderator(outcome, status, is_suspect && inspect_works(moderator), why);
    else
        fail_storage(outcome, status, why);
    if (task_error_is_outage(text_get(&outcome->error)))
        report_outage(photos, why);
}

static void hold(struct photos *photos, const struct id *id, const struct findings *findings,
                 struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    enum status status = inspect_keep_verdict(photos->settings.store, id, findings, VERDICT_WAITING, NULL, &why);
    if (status == STATUS_OK)
        status = store_photo_review(photos->settings.store, id, REVIEW_WAITING, &why);
    if (status == STATUS_OK)
        follow_review(photos, id, REVIEW_WAITING, outcome);
    else
        fail_storage(outcome, status, &why);
}

/* Copies of it will be refused, too, if the moderator is sure: the nets may err another time. */
static void refuse(struct photos *photos, const struct id *id, const struct findings *findings,
                   const struct moderation_label *label, struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    enum status status = STATUS_OK;
    fail_refused(outcome, label);
    if (label->confidence >= MODERATION_SURE_AT)
        status = inspect_keep_verdict(photos->settings.store, id, findings, VERDICT_REFUSED, text_get(&outcome->cause),
                                      &why);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
}

/* What the moderator saw decides, or asks for a person. */
static void follow_labels(struct photos *photos, const struct id *id, const struct findings *findings,
                          struct negative *negative, struct task_outcome *outcome)
{
    const struct moderation_label *label;
    switch (moderation_decide(&findings->labels, photos->settings.when_unsure, &label)) {
    case MODERATION_REFUSE:
        refuse(photos, id, findings, label, outcome);
        break;
    case MODERATION_HOLD:
        hold(photos, id, findings, outcome);
        break;
    case MODERATION_LABEL:
        if (negative->file >= 0)
            decoded_cache_keep(&photos->decoded, id, negative);
        outcome->output = json_object();
    }
}

static void moderate(struct photos *photos, const struct id *id, const char *author, int original_fd,
                     struct task_outcome *outcome)
{
    FINDINGS_CLEANUP struct findings findings = {0};
    NEGATIVE_CLEANUP struct negative negative = {.file = -1};
    TEXT_CLEANUP struct text why = {0};
    enum photo_review review;
    enum status status = read_review(photos, id, &review, &why);
    if (status != STATUS_OK) {
        fail_storage(outcome, status, &why);
        return;
    }
    if (review != REVIEW_NONE) {
        follow_review(photos, id, review, outcome);
        return;
    }
    status = photos_inspect(photos, id, author, original_fd, &findings, &negative, &why);
    if (status != STATUS_OK)
        fail_inspection(photos, findings.stage, status, &why, outcome);
    else if (findings.refusal.length)
        fail(outcome, "Moderation.Refused", text_get(&findings.refusal));
    else
        follow_labels(photos, id, &findings, &negative, outcome);
}

/* Asked anew each time: what is in quarantine costs nothing, and a crash may have come in between. */
static void review_withdrawn(struct photos *photos, const struct id *id, struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    enum photo_review review;
    enum status status = photos_quarantine(photos, id, &why);
    if (status == STATUS_OK)
        status = read_review(photos, id, &review, &why);
    if (status == STATUS_NOT_FOUND) /* deleted meanwhile */
        (void)photos_remove_quarantined(photos, id, NULL);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
    else if (review == REVIEW_NONE) {
        text_setf(&outcome->error, "Photo.Gone");
        reason_set(&outcome->cause, REASON_WITHDRAWN);
    } else
        follow_review(photos, id, review, outcome);
}

static bool is_withdrawn(const struct task_call *call)
{
    return json_is_true(json_object_get(call->input, "withdrawn"));
}

static void detect_and_store(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct photos *photos = context;
    struct id id;
    struct blob_object original;
    struct image_info info;
    TEXT_CLEANUP struct text why = {0};
    if (!read_id(call, &id, outcome))
        return;
    if (is_withdrawn(call)) {
        review_withdrawn(photos, &id, outcome);
        return;
    }
    enum status status = open_original(photos, &id, &original, &why);
    if (status != STATUS_OK) {
        fail_storage(outcome, status, &why);
        return;
    }
    status = image_probe(original.fd, original.size, &photos->settings.limits, &info, &why);
    if (status != STATUS_OK)
        fail_darkroom(outcome, status, &why);
    else
        moderate(photos, &id, read_author(call), original.fd, outcome);
    blob_object_release(&original);
}

/* ---- review: has a person decided? ---- */

static void review(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct photos *photos = context;
    struct id id;
    TEXT_CLEANUP struct text why = {0};
    enum photo_review decision;
    if (!read_id(call, &id, outcome))
        return;
    if (is_withdrawn(call)) {
        review_withdrawn(photos, &id, outcome);
        return;
    }
    enum status status = read_review(photos, &id, &decision, &why);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
    else
        follow_review(photos, &id, decision, outcome);
}

/* ---- resize: the renditions, into their buckets ---- */

/* An upload for each public object; NULL once committed or aborted. */
struct rendition_uploads {
    struct blob_upload *rows[PUBLIC_OBJECTS];
};

static void abort_uploads(struct rendition_uploads *uploads)
{
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++)
        blob_upload_abort(uploads->rows[i]);
}

static enum status begin_uploads(struct photos *photos, const struct id *id, struct rendition_uploads *ret_uploads,
                                 struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < PUBLIC_OBJECTS && status == STATUS_OK; i++) {
        public_objects[i].make_key(id, key);
        status = blob_upload_begin(photos->settings.blob, public_objects[i].bucket, key, &ret_uploads->rows[i], why);
    }
    return status;
}

/* Without a medium one, where the photo has none. The photo may have been deleted while we worked, and its objects with
 * it: then ours must go too. */
static enum status commit_uploads(struct photos *photos, const struct id *id, struct rendition_uploads *uploads,
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
    enum status status = store_photo_get(photos->settings.store, id, &arena, &photo, why);
    if (status == STATUS_NOT_FOUND)
        (void)photos_remove_renditions(photos, id, NULL);
    return status;
}

static json_t *rendition_to_json(uint32_t width, uint32_t height, uint64_t bytes)
{
    return json_pack("{s:I, s:I, s:I}", "width", (json_int_t)width, "height", (json_int_t)height, "bytes",
                     (json_int_t)bytes);
}

#define RENDITION_JSON(rendition) rendition_to_json((rendition).width, (rendition).height, (rendition).bytes)

/* Nothing is developed again: the images come back as they were. */
static void publish_withdrawn(struct photos *photos, const struct id *id, struct task_outcome *outcome)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct photo photo;
    enum status status = photos_leave_quarantine(photos, id, &why);
    if (status == STATUS_OK)
        status = store_photo_get(photos->settings.store, id, &arena, &photo, &why);
    if (status == STATUS_NOT_FOUND) /* deleted meanwhile */
        (void)photos_remove_renditions(photos, id, NULL);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
    else
        outcome->output = json_pack("{s:o, s:o, s:o, s:I}", "large", RENDITION_JSON(photo.large), "medium",
                                    RENDITION_JSON(photo.medium), "thumbnail", RENDITION_JSON(photo.thumbnail),
                                    "frames", (json_int_t)photo.frames);
}

static json_t *thumbhash_to_json(const struct thumbhash *thumbhash)
{
    TEXT_CLEANUP struct text encoded = {0};
    if (thumbhash->size == 0 || thumbhash->size > THUMBHASH_BYTES_MAX)
        return json_null();
    base64_add(&encoded, thumbhash->bytes, thumbhash->size);
    return json_string(text_get(&encoded));
}

/* From what the moderator's look left, unless that is gone. */
static enum status develop(struct photos *photos, const struct id *id, const char *author, int original_fd,
                           const struct rendition_uploads *uploads, struct darkroom_result *ret_result,
                           struct text *why)
{
    NEGATIVE_CLEANUP struct negative negative = decoded_cache_take(&photos->decoded, id);
    struct darkroom *darkroom = photos->settings.darkroom;
    const struct darkroom_files files = {.large = blob_upload_fd(uploads->rows[OBJECT_LARGE]),
                                         .medium = blob_upload_fd(uploads->rows[OBJECT_MEDIUM]),
                                         .thumbnail = blob_upload_fd(uploads->rows[OBJECT_THUMBNAIL])};
    struct turn turn;
    turns_take(photos->turns, author, &turn);
    enum status status = negative.file >= 0
                             ? darkroom_print(darkroom, negative.file, &negative.shape, &files, ret_result, why)
                             : darkroom_develop(darkroom, original_fd, &files, ret_result, why);
    turns_give_back(photos->turns, &turn);
    return status;
}

static void resize_original(struct photos *photos, const struct id *id, const char *author, int original_fd,
                            struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    struct darkroom_result result;
    struct rendition_uploads uploads = {0};
    enum status status = begin_uploads(photos, id, &uploads, &why);
    if (status != STATUS_OK) {
        fail_storage(outcome, status, &why);
        abort_uploads(&uploads);
        return;
    }
    status = develop(photos, id, author, original_fd, &uploads, &result, &why);
    if (status != STATUS_OK) {
        fail_darkroom(outcome, status, &why);
        abort_uploads(&uploads);
        return;
    }
    status = commit_uploads(photos, id, &uploads, result.medium.width > 0, &why);
    abort_uploads(&uploads);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
    else
        outcome->output =
            json_pack("{s:o, s:o, s:o, s:o, s:I}", "large", RENDITION_JSON(result.large), "medium",
                      RENDITION_JSON(result.medium), "thumbnail", RENDITION_JSON(result.thumbnail), "thumbhash",
                      thumbhash_to_json(&result.thumbhash), "frames", (json_int_t)result.frames);
}

static void resize(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct photos *photos = context;
    struct id id;
    struct blob_object original;
    TEXT_CLEANUP struct text why = {0};
    if (!read_id(call, &id, outcome))
        return;
    if (is_withdrawn(call)) {
        publish_withdrawn(photos, &id, outcome);
        return;
    }
    enum status status = open_original(photos, &id, &original, &why);
    if (status != STATUS_OK) {
        fail_storage(outcome, status, &why);
        return;
    }
    resize_original(photos, &id, read_author(call), original.fd, outcome);
    blob_object_release(&original);
}

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

static enum status publish_photo(struct photos *photos, const struct id *id, const json_t *input, struct text *why)
{
    const json_t *resized = json_object_get(input, "resized");
    struct photo photo = {
        .id = *id,
        .large = rendition_from_json(resized, "large"),
        .medium = rendition_from_json(resized, "medium"),
        .thumbnail = rendition_from_json(resized, "thumbnail"),
        .thumbhash = json_string_value(json_object_get(resized, "thumbhash")),
    };
    enum status status = store_photo_publish(photos->settings.store, &photo, why);
    if (status == STATUS_NOT_FOUND) /* deleted meanwhile */
        return photos_remove_renditions(photos, id, why);
    return status;
}

static enum status remove_original(struct photos *photos, const struct id *id, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    photos_original_key(id, key);
    return blob_delete(photos->settings.blob, BUCKET_ORIGINALS, key, why);
}

static void publish(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct photos *photos = context;
    struct id id;
    TEXT_CLEANUP struct text why = {0};
    if (!read_id(call, &id, outcome))
        return;
    enum status status = publish_photo(photos, &id, call->input, &why);
    if (status == STATUS_OK)
        status = is_withdrawn(call) ? photos_remove_quarantined(photos, &id, &why) : remove_original(photos, &id, &why);
    if (status == STATUS_OK)
        outcome->output = json_object();
    else if (status == STATUS_CONFLICT)
        fail(outcome, "Photo.Refused", text_get(&why));
    else
        fail_storage(outcome, status, &why);
}

/* ---- reject: roll back, and say why ---- */

/* A photo that was published before its process died stays so. */
static bool is_published(struct photos *photos, const struct id *id)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo;
    return store_photo_get(photos->settings.store, id, &arena, &photo, NULL) == STATUS_OK
           && photo.state == PHOTO_SUCCESS;
}

static void reject(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct photos *photos = context;
    struct id id;
    TEXT_CLEANUP struct text why = {0}, sentence = {0};
    if (!read_id(call, &id, outcome))
        return;
    const json_t *details = json_object_get(call->input, "error");
    const char *error = json_string_value(json_object_get(details, "Error"));
    const char *cause = json_string_value(json_object_get(details, "Cause"));
    if (is_published(photos, &id)) {
        outcome->output = json_object();
        return;
    }
    refusal_of_failure(&sentence, error ? error : "", cause ? cause : "");
    decoded_cache_drop(&photos->decoded, &id);
    enum status status = photos_remove_renditions(photos, &id, &why);
    if (status == STATUS_OK && is_withdrawn(call))
        status = photos_remove_quarantined(photos, &id, &why);
    if (status == STATUS_OK && !task_error_is_ours(error ? error : ""))
        status = remove_original(photos, &id, &why);
    if (status == STATUS_OK)
        status = store_photo_reject(photos->settings.store, &id, text_get(&sentence), NULL, &why);
    if (status == STATUS_NOT_FOUND) /* deleted meanwhile */
        status = remove_original(photos, &id, &why);
    if (status == STATUS_OK || status == STATUS_CONFLICT)
        outcome->output = json_object();
    else
        fail_storage(outcome, status, &why);
}

const struct task_handler photo_tasks[] = {
    {"detect-and-store", detect_and_store},
    {"review", review},
    {"resize", resize},
    {"publish", publish},
    {"reject", reject},
};
const size_t photo_task_count = sizeof photo_tasks / sizeof photo_tasks[0];
