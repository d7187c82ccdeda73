/* libvips, as the darkroom wants it. */
#ifndef VIPS_LIBRARY_H
#define VIPS_LIBRARY_H

#include "status.h"
#include "text.h"

/* Starts it. UNAVAILABLE when it can't read what source_vips.c reads with it. */
enum status vips_library_prepare(const char *program, struct text *why);

#endif
