/* What the local moderator does with a picture, without any fence: asks the nets, the cheap ones first and the others only where
 * their answer could change a verdict. */
#ifndef INSPECTOR_H
#define INSPECTOR_H

#include "manifest.h"

struct inspector;

/* Loads every net that a visible label needs. The manifest must outlive it. Starts no thread. */
enum status inspector_open(const struct manifest *manifest, struct inspector **ret_inspector, struct text *why);

struct inspection {
    /* By the manifest's labels, the largest over all frames: of the whole and the squares along it; of the tiles. */
    float scores[MODERATION_LABELS_MAX], tile_scores[MODERATION_LABELS_MAX];
    uint32_t runs[NETS_MAX]; /* how often each net was asked */
};

/* `everything`: asks every net about every place, for comparison. */
enum status inspector_look(struct inspector *inspector, const uint8_t *pixels, const struct moderation_image *image,
                           bool everything, struct inspection *ret_inspection, struct text *why);

#endif
