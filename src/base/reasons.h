/* Every sentence with which the server refuses a photo or a request, in one table: a code for programs, an English
 * sentence for people. The sentence says what is wrong and what to do. It is what travels through a struct text *why,
 * the workflow's Cause and the store. Where a program needs the code, reason_find reads it back from the sentence, as
 * gettext uses the English message as the key to its translations.
 *
 * A new reason is a row in reasons.c, a word below, its code in docs/openapi.yaml, and the app's text, a line in each
 * file of web/src/i18n/reasons; tests hold these together. The buckets answer in S3's own words, which aren't here. */
#ifndef REASONS_H
#define REASONS_H

#include "text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reason {
    /* ---- The picture ---- */
    REASON_IMAGE_INCOMPLETE, /* its format: "JPEG" */
    REASON_IMAGE_DAMAGED,    /* its format */
    REASON_IMAGE_EMPTY,
    REASON_IMAGE_UNKNOWN,          /* the formats that are taken: "JPEG, PNG, … and TIFF" */
    REASON_IMAGE_KIND_UNSUPPORTED, /* its format; the kind, in words: "16-bit float samples" */
    REASON_IMAGE_RAW,              /* the raw format: "Nikon NEF" */
    REASON_IMAGE_HAS_PAGES,
    REASON_IMAGE_TOO_MANY_PIXELS, /* how many: reason_pixels; how many are allowed: reason_pixels_limit */
    REASON_IMAGE_TOO_MANY_FRAMES, /* how many, and how many are allowed: reason_number */
    REASON_IMAGE_TOO_LONG_A_SIDE, /* pixels, and how many are allowed: reason_number */
    REASON_IMAGE_TOO_COMPLEX,     /* its format */
    REASON_IMAGE_NEEDS_MEMORY,    /* its format; how much is allowed: reason_bytes_limit */
    REASON_IMAGE_NEEDS_TIME,
    REASON_IMAGE_CRASHES,
    REASON_IMAGE_UNREADABLE, /* nothing better is known */

    /* ---- The file ---- */
    REASON_FILE_TOO_LARGE,  /* its size: reason_bytes; what is allowed: reason_bytes_limit */
    REASON_FILE_OVER_LIMIT, /* what is allowed: reason_bytes_limit; where the size is not known */

    /* ---- What it shows ---- */
    REASON_SHOWS_WEAPON,   /* how sure that is: "94%" */
    REASON_SHOWS_NUDITY,   /* how sure that is */
    REASON_SHOWS_VIOLENCE, /* how sure that is */
    REASON_SHOWS_LABEL,    /* the moderator's label; how sure that is */
    REASON_ANIMATION_UNCHECKED,
    REASON_REFUSED_BY_REVIEWER,
    REASON_WITHDRAWN,
    REASON_MODERATION_FAILED, /* on this photo, several times, and not on others */
    REASON_PHOTO_STOPPED,     /* by the operator */

    /* ---- Who asks, and for what ---- */
    REASON_NAME_MISSING,
    REASON_NAME_INVALID,         /* the most characters that a name has */
    REASON_NAME_BEHIND_PASSWORD, /* the scheme of the password: "Basic" */
    REASON_PAGE_FOREIGN,         /* whose page: "https://photos.example", "another site" */
    REASON_PHOTO_UNKNOWN,
    REASON_PHOTO_NOT_YOURS,
    REASON_IDEMPOTENCY_KEY_INVALID, /* the most characters that it has */
    REASON_PHOTOS_TOO_MANY,         /* how many of an author may be pending: reason_number */

    /* ---- Requests to read ---- */
    REASON_ADDRESS_UNKNOWN,
    REASON_ADDRESS_OUTSIDE,
    REASON_METHOD_NOT_ALLOWED,
    REASON_METHOD_UNKNOWN,
    REASON_REQUEST_MALFORMED, /* what is wrong with it, for programmers: "it has no Host" */
    REASON_REQUEST_REFUSED,   /* nothing better is known */
    REASON_HEADER_TOO_LARGE,
    REASON_PREFLIGHT_TOO_LONG,
    REASON_NUMBER_INVALID, /* the parameter's name; the least and the most that it can be: reason_number */
    REASON_CURSOR_INVALID,
    REASON_CURSOR_OF_OTHER_ORDER,
    REASON_SEARCH_TOO_SHORT,
    REASON_USER_UNKNOWN,
    REASON_VIEW_UNKNOWN,
    REASON_ORDER_UNKNOWN,
    REASON_DIGEST_INVALID,
    REASON_EVENTS_PHOTO_MISSING,
    REASON_EMBED_FORMAT,
    REASON_EMBED_PAGE_MISSING,
    REASON_EMBED_PAGE_UNKNOWN,

    /* ---- Forms, captions and alternative texts ---- */
    REASON_REQUEST_TOO_LARGE,  /* its size: reason_bytes; what is allowed: reason_bytes_limit */
    REASON_REQUEST_OVER_LIMIT, /* what is allowed: reason_bytes_limit; where the size is not known */
    REASON_FORM_MALFORMED,     /* what is wrong with it: a sentence, for programmers */
    REASON_FORM_FIELD_TWICE,   /* the field's name */
    REASON_FORM_PHOTO_TWICE,
    REASON_FORM_PHOTO_MISSING,
    REASON_FORM_PHOTO_NOT_CHOSEN,
    REASON_BODY_PACKED, /* its Content-Encoding: "gzip" */
    REASON_CAPTION_ENCODING,
    REASON_ALT_TEXT_ENCODING,
    REASON_CAPTION_TOO_LONG,  /* characters, and how many are allowed: reason_number */
    REASON_ALT_TEXT_TOO_LONG, /* the same */
    REASON_CAPTION_CONTROL,   /* the control character: "U+0007" */
    REASON_ALT_TEXT_CONTROL,  /* the same */
    REASON_WORDS_MALFORMED,   /* what is wrong with the JSON, for programmers */
    REASON_WORDS_TYPE,
    REASON_WORDS_TOO_LARGE, /* what is allowed: reason_bytes_limit */

    /* ---- Uploads in pieces (tus) ---- */
    REASON_UPLOAD_VERSION, /* the version of tus that is spoken */
    REASON_UPLOAD_UNKNOWN,
    REASON_UPLOAD_NOT_YOURS,
    REASON_UPLOAD_LENGTH_INVALID,
    REASON_UPLOAD_METADATA_INVALID,
    REASON_UPLOAD_CREATED_WITH_BODY,
    REASON_UPLOAD_OFFSET_INVALID,
    REASON_UPLOAD_OFFSET_DIFFERS, /* where it continues, and where the piece begins: bytes */
    REASON_UPLOAD_TYPE,
    REASON_UPLOAD_CHECKSUM_INVALID,
    REASON_UPLOAD_CHECKSUM_DIFFERS,
    REASON_UPLOAD_BEYOND_LENGTH, /* bytes that were announced: reason_number */
    REASON_UPLOAD_IN_USE,
    REASON_UPLOAD_NOT_SENT,
    REASON_UPLOAD_SIZE_DIFFERS, /* bytes that came, and that were announced: reason_number */
    REASON_PRESIGNED_BYTES_INVALID,
    REASON_PRESIGNED_TYPE_INVALID,
    REASON_PRESIGNED_UNAVAILABLE,
    REASON_UPLOADS_TOO_MANY,   /* how many are allowed: reason_number */
    REASON_UPLOADS_TOO_LARGE,  /* how much is allowed: reason_bytes_limit */
    REASON_UPLOADS_OF_NETWORK, /* how much is allowed: reason_bytes_limit */
    REASON_UPLOADS_FULL,

    /* ---- The server's own trouble ---- */
    REASON_SERVER_FULL,
    REASON_SERVER_UNAVAILABLE,
    REASON_SERVER_BUSY,
    REASON_SERVER_CROWDED,  /* with connections */
    REASON_SERVER_STREAMS,  /* how many event streams are open: reason_number */
    REASON_ADDRESS_CROWDED, /* the caller's, with connections */
    REASON_ADDRESS_STREAMS, /* how many event streams it has open: reason_number */
    REASON_SERVER_FAULT,
    REASON_SERVER_GAVE_UP, /* on one photo, after several tries */
    REASON_SERVER_LOST_FILE,

    REASONS /* how many there are */
};
enum { REASON_VALUES_MAX = 3, REASON_SENTENCE_MAX = 239 /* bytes */ };

/* "image-incomplete". Static. */
const char *reason_code(enum reason reason);
/* How many values its sentence has: 0 to REASON_VALUES_MAX. */
unsigned reason_value_count(enum reason reason);

/* The sentence of a reason without values. Static. */
const char *reason_sentence(enum reason reason);
/* Replaces the content by the reason's sentence. As many strings follow as the reason has values, none of them NULL.
 * `why` may be NULL, as in text_setf. */
void reason_set(struct text *why, enum reason reason, ...);
void reason_vset(struct text *why, enum reason reason, va_list values);

struct reason_value {
    const char *start; /* within the sentence, without a NUL */
    size_t length;
};
struct reason_found {
    enum reason reason;
    struct reason_value values[REASON_VALUES_MAX];
};
/* The reason whose sentence this is; false when it is none of the table: an older version's, an operator's own
 * words. */
bool reason_find(const char *sentence, struct reason_found *ret_found);

/* Appends ,"error_code":…,"error_values":[…] for the sentence, which may be NULL: null and [] when it is none of the
 * table. */
void reason_add_json(struct text *out, const char *sentence);

/* Numbers for people. They return `buffer`. */
enum { REASON_NUMBER_SIZE = 32 };
/* "73 MB", "512 KB", "12 bytes"; a megabyte is 1,000,000 bytes, rounded up to whole ones */
const char *reason_bytes(char buffer[static REASON_NUMBER_SIZE], uint64_t bytes);
/* The same, rounded down: so that what is over a limit never reads as the limit itself. */
const char *reason_bytes_limit(char buffer[static REASON_NUMBER_SIZE], uint64_t bytes);
/* "94%" of 94.2 */
const char *reason_percent(char buffer[static REASON_NUMBER_SIZE], double percent);
/* "210 megapixels", "0.4 megapixels"; rounded up, and for a limit down, as bytes are */
const char *reason_pixels(char buffer[static REASON_NUMBER_SIZE], uint64_t pixels);
const char *reason_pixels_limit(char buffer[static REASON_NUMBER_SIZE], uint64_t pixels);
/* In groups of three digits: "16,383" */
const char *reason_number(char buffer[static REASON_NUMBER_SIZE], uint64_t number);

#endif
