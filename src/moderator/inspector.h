/* What the local moderator does with a picture, without any sandbox: asks the nets, the cheap ones first and the others
 * only where their answer could change a verdict. */
#ifndef INSPECTOR_H
#define INSPECTOR_H

#include "onnx_protocol.h"

struct inspector;

/* Loads every net that a visible label needs. The manifest must outlive it. Starts no thread. */
enum status inspector_open(const struct manifest *manifest, struct inspector **ret_inspector, struct text *why);

/* `everything`: asks every net about every region, for comparison. */
enum status inspector_inspect(struct inspector *inspector, const uint8_t *pixels, const struct moderation_image *image,
                              bool everything, struct inspection *ret_inspection, struct text *why);

#endif
