/* What a photo shows: the darkroom makes pixels of it, the moderator looks at them, the store keeps what it saw. */
#include "inspect.h"
#include "json.h"
#include "reasons.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CHANNELS = 3 };
_Static_assert((int)MODERATION_JPEGS_MAX <= (int)DARKROOM_JPEGS_MAX, "a view has room for all JPEGs of a photo");

static void labels_to_json(const struct moderation_labels *labels, struct text *ret_text)
{
    JSON_CLEANUP json_t *array = json_array();
    for (size_t i = 0; i < labels->count; i++) {
        const struct moderation_label *label = &labels->rows[i];
        double tenths = (double)(int64_t)(label->confidence * 10 + 0.5) / 10;
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:f}", "name", label->name, "parent", label->parent, "confidence", tenths));
    }
    json_add(ret_text, array);
}

/* Memory that belongs to nobody: from one sandboxed process to the other, past this one. */
static enum status make_memory(const char *name, int *ret_file, struct text *why)
{
    int file = memfd_create(name, MFD_CLOEXEC);
    if (file < 0) {
        text_setf(why, "There is no memory for the photo's pixels: %s.", strerror(errno));
        return STATUS_BUSY;
    }
    *ret_file = file;
    return STATUS_OK;
}

static enum status make_view(struct darkroom *darkroom, const struct moderation_input *wanted,
                             const struct darkroom_original *original, int *view_fd, struct darkroom_view *view,
                             struct negative *negative, struct text *why)
{
    const struct darkroom_view_request request = {
        .short_side = wanted->short_side,
        .long_side = wanted->long_side,
        .frames = wanted->frames,
        .jpegs = wanted->jpegs,
        .jpegs_a_frame = wanted->jpegs_a_frame,
        .jpeg_bytes = wanted->jpeg_bytes,
        .jpeg_least_side = wanted->jpeg_least_side,
    };
    enum status status = make_memory("pixels", view_fd, why);
    if (status == STATUS_OK && negative)
        status = make_memory("negative", &negative->file, why);
    if (status == STATUS_OK)
        status = darkroom_inspect(darkroom, original, &request, *view_fd, negative ? negative->file : -1, view, why);
    if (status != STATUS_OK)
        return status;
    if (negative && view->negative.width)
        negative->shape = view->negative;
    else if (negative)
        negative_release(negative);
    return STATUS_OK;
}

/* ---- Looking at it, some frames at a time: each group has the moderator's whole time, and others have their turn in
 * between ---- */

/* The next frames or JPEGs of the view, from number `from` on; returns how many. `image` begins as the group before, or
 * as {.file}. */
static uint32_t next_group(const struct darkroom_view *view, uint32_t from, struct moderation_image *image)
{
    uint32_t left = (view->jpegs ? view->jpegs : view->frames) - from;
    uint32_t count = left < MODERATION_GROUP_MAX ? left : MODERATION_GROUP_MAX;
    for (uint32_t i = 0; i < image->jpegs; i++)
        image->offset += image->jpeg_bytes[i];
    if (!image->jpegs)
        image->offset += (uint64_t)image->width * image->height * image->frames * CHANNELS;
    image->width = view->width;
    image->height = view->height;
    image->frames = view->jpegs ? view->frames : count;
    image->jpegs = view->jpegs ? count : 0;
    memcpy(image->jpeg_bytes, view->jpeg_bytes + (view->jpegs ? from : 0), image->jpegs * sizeof image->jpeg_bytes[0]);
    return count;
}

static enum status inspect_groups(struct moderator *moderator, int view_fd, const struct darkroom_view *view,
                                  struct findings *findings, struct text *why)
{
    struct moderation_image image = {.file = view_fd};
    uint32_t all = view->jpegs ? view->jpegs : view->frames;
    if (view->is_partial && all > MODERATION_GROUP_MAX)
        all = MODERATION_GROUP_MAX; /* it is not for us to decide: a person gets a first impression */
    enum status status = STATUS_OK;
    for (uint32_t from = 0; status == STATUS_OK && from < all;) {
        struct moderation_labels labels = {0};
        TEXT_CLEANUP struct text audit = {0};
        from += next_group(view, from, &image);
        status = moderator->ops->inspect(moderator, &image, &labels, &audit, why);
        moderation_labels_merge(&findings->labels, &labels);
        text_addf(&findings->audit, "%s%s", findings->audit.length ? "," : "", text_get(&audit));
    }
    return status;
}

/* By a label of ours: the first, so that there is room for it however many there are. */
static void ask_about(const char *label, struct findings *findings)
{
    struct moderation_labels labels = {{moderation_label_make(label, "", 100, MODERATION_HOLD)}, 1};
    moderation_labels_merge(&labels, &findings->labels);
    findings->labels = labels;
}

static enum status inspect_view(struct moderator *moderator, int view_fd, const struct darkroom_view *view,
                                struct findings *findings, struct text *why)
{
    if (!moderator->ops->input) {
        const struct moderation_image none = {.file = -1};
        return moderator->ops->inspect(moderator, &none, &findings->labels, &findings->audit, why);
    }
    enum status status = inspect_groups(moderator, view_fd, view, findings, why);
    if (status == STATUS_OK && view->frames > 1) {
        TEXT_CLEANUP struct text groups = {0};
        text_addf(&groups, "{\"frames\":%u,\"is_partial\":%s,\"groups\":[%s]}", view->frames,
                  view->is_partial ? "true" : "false", text_get(&findings->audit));
        text_setf(&findings->audit, "%s", text_get(&groups));
    }
    if (status == STATUS_OK && view->is_partial)
        ask_about(MODERATION_UNSEEN, findings);
    return status;
}

enum status inspect_photo(struct darkroom *darkroom, struct moderator *moderator,
                          const struct darkroom_original *original, struct findings *ret_findings,
                          struct negative *ret_negative, struct text *why)
{
    const struct inspect_context nothing = {0};
    return inspect_in_turn(&nothing, darkroom, moderator, original, ret_findings, ret_negative, why);
}

/* ---- What was decided about the same picture before ---- */

static void take_refusal(const struct verdict *verdict, const struct verdict_match *match, struct findings *findings)
{
    char id[ID_TEXT_SIZE];
    id_format(&verdict->photo, id);
    text_setf(&findings->refusal, "%s", verdict->reason);
    text_setf(&findings->json, "%s", verdict->labels ? verdict->labels : "[]");
    text_setf(&findings->audit,
              "{\"refused_before\":{\"photo\":\"%s\",\"same_pixels\":%s,\"distance\":%u,\"difference\":%u}}", id,
              match->is_exact ? "true" : "false", match->distance, match->difference);
}

static enum status recall(struct store *store, struct findings *findings, bool *ret_is_alike, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct verdict verdict;
    struct verdict_match match;
    enum status status =
        store_verdict_find(store, &findings->fingerprint, FINGERPRINT_ALIKE_DISTANCE, &arena, &verdict, &match, why);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    bool is_refused = verdict.kind == VERDICT_REFUSED && verdict.reason, is_copy = verdict_match_is_copy(&match);
    if (is_refused && is_copy)
        take_refusal(&verdict, &match, findings);
    *ret_is_alike = is_refused && !is_copy;
    return STATUS_OK;
}

/* ---- Both ---- */

static enum status decode(const struct inspect_context *context, struct darkroom *darkroom,
                          const struct moderation_input *wanted, const struct darkroom_original *original, int *view_fd,
                          struct darkroom_view *view, struct negative *negative, struct text *why)
{
    struct turn turn;
    if (context->turns)
        turns_take(context->turns, context->author, &turn);
    enum status status = make_view(darkroom, wanted, original, view_fd, view, negative, why);
    if (context->turns)
        turns_give_back(context->turns, &turn);
    return status;
}

static enum status recall_or_inspect(const struct inspect_context *context, struct moderator *moderator, int view_fd,
                                     const struct darkroom_view *view, struct findings *findings, struct text *why)
{
    bool is_alike = false;
    enum status status = STATUS_OK;
    findings->fingerprint = view->fingerprint;
    if (context->store && view->fingerprint.is_there) {
        findings->stage = INSPECT_KEEPING; /* the store fails, not the moderator */
        status = recall(context->store, findings, &is_alike, why);
    }
    if (status != STATUS_OK || findings->refusal.length)
        return status;
    findings->stage = INSPECT_MODERATING;
    status = inspect_view(moderator, view_fd, view, findings, why);
    if (status == STATUS_OK && is_alike && context->asks_about_alike)
        ask_about(MODERATION_ALIKE, findings);
    if (status == STATUS_OK)
        labels_to_json(&findings->labels, &findings->json);
    return status;
}

enum status inspect_in_turn(const struct inspect_context *context, struct darkroom *darkroom,
                            struct moderator *moderator, const struct darkroom_original *original,
                            struct findings *ret_findings, struct negative *ret_negative, struct text *why)
{
    struct darkroom_view view = {0};
    int view_fd = -1;
    enum status status = STATUS_OK;
    if (ret_negative)
        *ret_negative = (struct negative){.file = -1};
    if (moderator->ops->input)
        status = decode(context, darkroom, moderator->ops->input, original, &view_fd, &view, ret_negative, why);
    if (status == STATUS_OK)
        status = recall_or_inspect(context, moderator, view_fd, &view, ret_findings, why);
    if (view_fd >= 0)
        close(view_fd);
    return status;
}

bool inspect_works(struct moderator *moderator)
{
    enum { SIDE = 64, GRAY = 0x80 };
    uint8_t pixels[SIDE * SIDE * 3];
    struct moderation_image image = {.file = -1, .width = SIDE, .height = SIDE, .frames = 1};
    struct moderation_labels labels = {0};
    TEXT_CLEANUP struct text audit = {0};
    if (moderator->ops->is_remote || !moderator->ops->input || make_memory("plain", &image.file, NULL) != STATUS_OK)
        return false;
    memset(pixels, GRAY, sizeof pixels);
    bool works = write(image.file, pixels, sizeof pixels) == (ssize_t)sizeof pixels
                 && moderator->ops->inspect(moderator, &image, &labels, &audit, NULL) == STATUS_OK;
    close(image.file);
    return works;
}

void findings_release(struct findings *findings)
{
    text_release(&findings->json);
    text_release(&findings->audit);
    text_release(&findings->refusal);
}

enum status inspect_keep_verdict(struct store *store, const struct id *id, const struct findings *findings,
                                 enum verdict_kind kind, const char *reason, struct text *why)
{
    const struct verdict verdict = {
        .photo = *id,
        .kind = kind,
        .fingerprint = findings->fingerprint,
        .reason = reason,
        .labels = text_get(&findings->json),
        .decided_ms = store_now_ms(store),
    };
    return findings->fingerprint.is_there ? store_verdict_add(store, &verdict, why) : STATUS_OK;
}
