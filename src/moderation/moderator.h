/* A moderator looks at a picture and says what it sees: labels with confidences, in the taxonomy of Rekognition's
 * DetectModerationLabels. It does not decide; the photos floor does. Back ends: one file each, with its ops table. */
#ifndef MODERATOR_H
#define MODERATOR_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODERATION_LABELS_MAX = 32, MODERATION_REFUSE_AT = 50 /* confidence, 0 to 100 */ };

/* Decoded pixels: 8-bit sRGB, three bytes a pixel, rows of width * 3 bytes without padding. */
struct moderation_image {
    const uint8_t *pixels;
    uint32_t width, height;
};

struct moderation_label {
    const char *name;   /* static: "Weapons" */
    const char *parent; /* static: "Violence"; "" at the top level */
    double confidence;  /* 0 to 100 */
};

struct moderation_labels {
    struct moderation_label rows[MODERATION_LABELS_MAX];
    size_t count;
};

struct moderator;
struct moderator_ops {
    const char *name;  /* "none" */
    const char *blind; /* what it can't see, for the log at start; NULL: nothing */
    bool needs_pixels; /* false: `image` is NULL, and nobody decodes one for it */
    enum status (*open)(struct moderator **ret_moderator, struct text *why);
    void (*close)(struct moderator *moderator);
    /* Safe from any thread. BUSY, UNAVAILABLE, TIMEOUT or CRASHED when it could not look: try again. */
    enum status (*inspect)(struct moderator *moderator, const struct moderation_image *image,
                           struct moderation_labels *ret_labels, struct text *why);
};
struct moderator {
    const struct moderator_ops *ops;
};

/* By name; INVALID names the known ones. */
enum status moderator_open(const char *name, struct moderator **ret_moderator, struct text *why);
void moderator_close(struct moderator *moderator); /* NULL is allowed */

extern const struct moderator_ops moderation_none_ops;

#endif
