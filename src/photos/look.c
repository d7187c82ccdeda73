/* What a photo shows: the darkroom makes pixels of it, the moderator looks at them, the store keeps what it saw. */
#include "look.h"
#include "clock.h"
#include "photos_private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CHANNELS = 3 };

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

/* Memory that belongs to nobody: from one fenced process to the other, past this one. */
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

static enum status make_view(struct darkroom *darkroom, const struct moderation_sight *wanted, int original_fd,
                             int *view_fd, struct darkroom_view *view, struct negative *negative, struct text *why)
{
    const struct darkroom_sight sight = {
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
        status = darkroom_inspect(darkroom, original_fd, &sight, *view_fd, negative ? negative->file : -1, view, why);
    if (status != STATUS_OK)
        return status;
    if (negative && view->negative.width)
        negative->shape = view->negative;
    else if (negative)
        negative_release(negative);
    return STATUS_OK;
}

/* ---- Looking at it, some frames at a time: each group has the moderator's whole time, and others have their turn in between ---- */

/* The next frames or JPEGs of the view, from number `from` on; returns how many. `image` begins as the group before, or as {.file}. */
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
                                  struct sight *sight, struct text *why)
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
        moderation_labels_merge(&sight->labels, &labels);
        text_addf(&sight->audit, "%s%s", sight->audit.length ? "," : "", text_get(&audit));
    }
    return status;
}

/* What nobody looked at asks for a person. */
static void note_unseen(struct sight *sight)
{
    const struct moderation_labels unseen = {{moderation_label_make(MODERATION_UNSEEN, "", 100, MODERATION_HOLD)}, 1};
    moderation_labels_merge(&sight->labels, &unseen);
}

static enum status inspect_view(struct moderator *moderator, int view_fd, const struct darkroom_view *view,
                                struct sight *sight, struct text *why)
{
    if (!moderator->ops->sight) {
        const struct moderation_image none = {.file = -1};
        return moderator->ops->inspect(moderator, &none, &sight->labels, &sight->audit, why);
    }
    enum status status = inspect_groups(moderator, view_fd, view, sight, why);
    if (status == STATUS_OK && view->frames > 1) {
        TEXT_CLEANUP struct text groups = {0};
        text_addf(&groups, "{\"frames\":%u,\"is_partial\":%s,\"groups\":[%s]}", view->frames,
                  view->is_partial ? "true" : "false", text_get(&sight->audit));
        text_setf(&sight->audit, "%s", text_get(&groups));
    }
    if (status == STATUS_OK && view->is_partial)
        note_unseen(sight);
    return status;
}

enum status look_at(struct darkroom *darkroom, struct moderator *moderator, int original_fd, struct sight *ret_sight,
                    struct negative *ret_negative, struct text *why)
{
    return look_in_turn(NULL, NULL, darkroom, moderator, original_fd, ret_sight, ret_negative, why);
}

enum status look_in_turn(struct turns *turns, const char *author, struct darkroom *darkroom,
                         struct moderator *moderator, int original_fd, struct sight *ret_sight,
                         struct negative *ret_negative, struct text *why)
{
    struct darkroom_view view = {0};
    int view_fd = -1;
    if (ret_negative)
        *ret_negative = (struct negative){.file = -1};
    enum status status = STATUS_OK;
    if (moderator->ops->sight) {
        struct turn turn;
        if (turns)
            turns_take(turns, author, &turn);
        status = make_view(darkroom, moderator->ops->sight, original_fd, &view_fd, &view, ret_negative, why);
        if (turns)
            turns_give_back(turns, &turn);
    }
    if (status == STATUS_OK) {
        ret_sight->stage = LOOK_JUDGING;
        status = inspect_view(moderator, view_fd, &view, ret_sight, why);
    }
    if (view_fd >= 0)
        close(view_fd);
    if (status == STATUS_OK)
        labels_to_json(&ret_sight->labels, &ret_sight->json);
    return status;
}

bool look_works(struct moderator *moderator)
{
    enum { SIDE = 64, GRAY = 0x80 };
    uint8_t pixels[SIDE * SIDE * 3];
    struct moderation_image image = {.file = -1, .width = SIDE, .height = SIDE, .frames = 1};
    struct moderation_labels labels = {0};
    TEXT_CLEANUP struct text audit = {0};
    if (moderator->ops->is_remote || !moderator->ops->sight || make_memory("plain", &image.file, NULL) != STATUS_OK)
        return false;
    memset(pixels, GRAY, sizeof pixels);
    bool works = write(image.file, pixels, sizeof pixels) == (ssize_t)sizeof pixels
                 && moderator->ops->inspect(moderator, &image, &labels, &audit, NULL) == STATUS_OK;
    close(image.file);
    return works;
}

void sight_release(struct sight *sight)
{
    text_release(&sight->json);
    text_release(&sight->audit);
}

enum status photos_look(struct photos *photos, const struct id *id, const char *author, int original_fd,
                        struct moderation_labels *ret_labels, struct negative *ret_negative, enum look_stage *ret_stage,
                        struct text *why)
{
    SIGHT_CLEANUP struct sight sight = {0};
    enum status status = look_in_turn(photos->turns, author, photos->settings.darkroom, photos->settings.moderator,
                                      original_fd, &sight, ret_negative, why);
    *ret_stage = status == STATUS_OK ? LOOK_KEEPING : sight.stage;
    if (status != STATUS_OK)
        return status;
    *ret_labels = sight.labels;
    return store_photo_judge(photos->settings.store, id, text_get(&sight.json), text_get(&sight.audit), clock_now_ms(),
                             why);
}
