/* --images-url: where browsers find images. */
#ifndef IMAGE_ROOTS_H
#define IMAGE_ROOTS_H

#include "blob.h"

struct image_roots {
    bool are_buckets;           /* not known until these are open */
    const char *roots[BUCKETS]; /* of each bucket a URL, without a slash at its end; in the arena */
    struct arena *arena;
};

/* "https://cdn.example/images" leads to "https://cdn.example/images/photos"; a "{bucket}" in it is replaced instead.
 * "buckets" waits for image_roots_find. NULL is nothing. INVALID for anything else; the sentence names the setting. */
enum status image_roots_read(const char *words, struct arena *arena, struct image_roots *ret_images, struct text *why);
/* Completes it. INVALID where the buckets have no URLs. */
enum status image_roots_find(struct blob *blob, struct image_roots *images, struct text *why);

#endif
