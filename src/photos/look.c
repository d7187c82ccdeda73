/* What a photo shows: the darkroom makes pixels of it, the moderator looks at them, the store keeps what it saw. */
#include "look.h"
#include "clock.h"
#include "photos_private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

static enum status make_image(struct darkroom *darkroom, const struct moderation_sight *wanted, int original_fd,
                              struct moderation_image *image, struct negative *negative, struct text *why)
{
    const struct darkroom_sight sight = {wanted->short_side, wanted->long_side,  wanted->frames,
                                         wanted->jpegs,      wanted->jpeg_bytes, wanted->jpeg_least_side};
    struct darkroom_view view;
    enum status status = make_memory("pixels", &image->file, why);
    if (status == STATUS_OK && negative)
        status = make_memory("negative", &negative->file, why);
    if (status == STATUS_OK)
        status =
            darkroom_inspect(darkroom, original_fd, &sight, image->file, negative ? negative->file : -1, &view, why);
    if (status != STATUS_OK)
        return status;
    image->width = view.width;
    image->height = view.height;
    image->frames = view.frames;
    image->jpegs = view.jpegs;
    _Static_assert(sizeof image->jpeg_bytes == sizeof view.jpeg_bytes, "a moderator takes what the darkroom makes");
    memcpy(image->jpeg_bytes, view.jpeg_bytes, sizeof image->jpeg_bytes);
    if (negative && view.negative.width)
        negative->shape = view.negative;
    else if (negative)
        negative_release(negative);
    return STATUS_OK;
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
    struct moderation_image image = {.file = -1};
    if (ret_negative)
        *ret_negative = (struct negative){.file = -1};
    enum status status = STATUS_OK;
    if (moderator->ops->sight) {
        struct turn turn;
        if (turns)
            turns_take(turns, author, &turn);
        status = make_image(darkroom, moderator->ops->sight, original_fd, &image, ret_negative, why);
        if (turns)
            turns_give_back(turns, &turn);
    }
    if (status == STATUS_OK) {
        ret_sight->stage = LOOK_JUDGING;
        status = moderator->ops->inspect(moderator, &image, &ret_sight->labels, &ret_sight->audit, why);
    }
    if (image.file >= 0)
        close(image.file);
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
