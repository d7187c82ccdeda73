/* What the program of test_darkroom_lies says about any photo: the view whose number is the request's least side. */
#ifndef DARKROOM_LIES_H
#define DARKROOM_LIES_H

#include "darkroom.h"

enum { LIE_SIDE = 9, LIE_FRAMES = 2, LIE_JPEGS = 4, LIE_BYTES = 1000 }; /* the request allows no more */

static const struct {
    const char *name;
    bool is_of_jpegs;
    struct darkroom_view view;
    bool is_taken;
} darkroom_lies[] = {
    {"pixels", false, {.width = 9, .height = 9, .frames = 2}, true},
    {"no frame", false, {.width = 9, .height = 9}, false},
    {"no frame, and more that were not seen", false, {.width = 9, .height = 9, .is_partial = true}, false},
    {"frames without width", false, {.height = 9, .frames = 1}, false},
    {"frames without height", false, {.width = 9, .frames = 1}, false},
    {"frames that are too wide", false, {.width = 10, .height = 9, .frames = 1}, false},
    {"frames that are too high", false, {.width = 9, .height = 10, .frames = 1}, false},
    {"too many frames", false, {.width = 9, .height = 9, .frames = 3}, false},
    {"JPEGs where pixels are asked for", false, {.width = 9, .height = 9, .frames = 1, .jpegs = 1}, false},
    {"JPEGs", true, {.width = 9, .height = 9, .frames = 1, .jpegs = 4, .jpeg_bytes = {1, 2, 3, 1000}}, true},
    {"no JPEG", true, {.width = 9, .height = 9, .frames = 1}, false},
    {"JPEGs of no frame", true, {.width = 9, .height = 9, .jpegs = 1, .jpeg_bytes = {9}}, false},
    {"a frame without a JPEG", true, {.width = 9, .height = 9, .frames = 2, .jpegs = 1, .jpeg_bytes = {9}}, false},
    {"too many JPEGs", true, {.width = 9, .height = 9, .frames = 1, .jpegs = 5}, false},
    {"a JPEG that is too large", true, {.width = 9, .height = 9, .frames = 1, .jpegs = 1, .jpeg_bytes = {1001}}, false},
    {"a negative that is too wide", false, {.width = 9, .height = 9, .frames = 1, .negative = {1, 5000, 1}}, false},
    {"a negative that is too high", false, {.width = 9, .height = 9, .frames = 1, .negative = {1, 1, 5000}}, false},
};
enum { DARKROOM_LIES = sizeof darkroom_lies / sizeof darkroom_lies[0] };

#endif
