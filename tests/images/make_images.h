/* What the makers of sample pictures share. All of them show the scene: a red, a green, a blue and a white quarter. */
#ifndef MAKE_IMAGES_H
#define MAKE_IMAGES_H

#include <vips/vips.h>

enum { WIDTH = 600, HEIGHT = 400 };

extern const char *folder; /* that they are written to */

/* Ends the program, saying what libvips said, if `failed`. */
void need(int failed, const char *what);
VipsImage *scene(void);
/* "NAME.jpg[options]", as libvips reads them; it takes the image. */
void save(VipsImage *image, const char *name);

struct file {
    gchar *bytes; /* g_free it */
    gsize size;
};
/* One that was written before. */
struct file read_file(const char *name);
void write_file(const char *name, const void *bytes, size_t size);

/* A PNG's chunk, with its sum. */
void add_chunk(GByteArray *bytes, const char *type, const guint8 *data, guint size);

/* Kinds of each format that are rare, and that went wrong once: make_kinds.c */
void save_kinds(void);
void save_avifs(void);      /* make_avif.c */
void save_animations(void); /* make_animations.c */
void save_tiffs(void);      /* make_tiffs.c */

#endif
