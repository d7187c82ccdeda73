/* Why a photo was refused, in one table: a code for programs, an English sentence for people. The sentence says what was found and
 * what to do, and it is what travels through a struct text *why, the workflow's Cause and the store. Where a program needs the
 * code, reason_find reads it back from the sentence, as gettext uses a message in English as the key to its translations.
 *
 * Everything that the owner of a photo can meet stands here. A new reason is one row in reasons.c and one word below; the app
 * has its own words for each code (web/src/i18n), and docs/openapi.yaml lists the codes. */
#ifndef REASONS_H
#define REASONS_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reason {
    REASON_IMAGE_INCOMPLETE, /* its format: "JPEG" */
    REASON_IMAGE_DAMAGED,    /* its format */
    REASON_IMAGE_EMPTY,
    REASON_IMAGE_UNKNOWN,          /* the formats that are taken: "JPEG, PNG, … and TIFF" */
    REASON_IMAGE_KIND_UNSUPPORTED, /* its format; the kind, in words: "16-bit float samples" */
    REASON_IMAGE_RAW,              /* the raw format: "Nikon NEF" */
    REASON_IMAGE_TOO_MANY_PIXELS,  /* how many, and how many are allowed: reason_pixels */
    REASON_IMAGE_TOO_MANY_FRAMES,  /* how many, and how many are allowed: reason_number */
    REASON_IMAGE_TOO_LONG_A_SIDE,  /* pixels, and how many are allowed: reason_number */
    REASON_IMAGE_TOO_COMPLEX,      /* its format */
    REASON_IMAGE_NEEDS_MEMORY,     /* its format; how much is allowed: reason_bytes */
    REASON_IMAGE_NEEDS_TIME,
    REASON_IMAGE_CRASHES,
    REASON_FILE_TOO_LARGE, /* its size, and what is allowed: reason_bytes */
};
enum { REASONS = REASON_FILE_TOO_LARGE + 1, REASON_VALUES_MAX = 3, REASON_SENTENCE_MAX = 239 /* bytes */ };

/* "image-incomplete". Static. */
const char *reason_code(enum reason reason);
/* How many values its sentence has: 0 to REASON_VALUES_MAX. */
unsigned reason_value_count(enum reason reason);

/* Replaces the content by the reason's sentence. As many strings follow as the reason has values, none of them NULL. `why`
 * may be NULL, as in text_setf. */
void reason_set(struct text *why, enum reason reason, ...);

struct reason_value {
    const char *start; /* within the sentence, without a NUL */
    size_t length;
};
struct reason_found {
    enum reason reason;
    struct reason_value values[REASON_VALUES_MAX];
};
/* The reason whose sentence this is; false when it is none of the table: an older version's, an operator's own words. */
bool reason_find(const char *sentence, struct reason_found *ret_found);

/* Numbers for people. They return `buffer`. */
enum { REASON_NUMBER_SIZE = 32 };
/* "73 MB", "512 KB", "12 bytes"; a megabyte is 1,000,000 bytes, rounded up to whole ones */
const char *reason_bytes(char buffer[static REASON_NUMBER_SIZE], uint64_t bytes);
/* "210 megapixels", "0.4 megapixels" */
const char *reason_pixels(char buffer[static REASON_NUMBER_SIZE], uint64_t pixels);
/* In groups of three digits: "16,383" */
const char *reason_number(char buffer[static REASON_NUMBER_SIZE], uint64_t number);

#endif
