/* The picture on which the frames of an animation (GIF, APNG) are laid, one on the other, and from which each is taken
 * away as it says. */
#ifndef COMPOSITE_H
#define COMPOSITE_H

#include <stdbool.h>
#include <stdint.h>

enum disposal {
    DISPOSAL_NONE,
    DISPOSAL_CLEAR,   /* its place becomes transparent */
    DISPOSAL_PREVIOUS /* its place becomes what it was before */
};

struct area {
    uint32_t x, y, width, height;
};

struct composite {
    uint32_t width, height;
    uint8_t *pixels; /* red, green, blue, alpha; not multiplied. At first all transparent */
    uint8_t *saved;  /* what a frame covers that will be taken away; NULL before the first such one */
    struct area last;
    enum disposal last_disposal;
};

void composite_init(struct composite *composite, uint32_t width, uint32_t height);
void composite_release(struct composite *composite);

/* Takes the last frame away and makes place for the next. */
void composite_begin(struct composite *composite, const struct area *area, enum disposal disposal);
/* Lays a row of pixels of the frame, `y` from its top; what lies outside is cut off. `over`: mixed with what is there
 * by alpha; else in place of it. */
void composite_lay(struct composite *composite, uint32_t y, const uint8_t *pixels, bool over);

#endif
