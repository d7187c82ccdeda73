#include "trouble.h"

#include "reasons.h"

#include <string.h>

enum status trouble_set(struct text *why, const struct job *job, enum trouble trouble, const char *kind)
{
    char number[REASON_NUMBER_SIZE];
    const char *format = image_format_spelling(job->format);
    switch (trouble) {
    case TROUBLE_INCOMPLETE:
        reason_set(why, REASON_IMAGE_INCOMPLETE, format);
        return STATUS_UNPROCESSABLE;
    case TROUBLE_KIND:
        reason_set(why, REASON_IMAGE_KIND_UNSUPPORTED, format, kind);
        return STATUS_UNSUPPORTED;
    case TROUBLE_MEMORY:
        reason_set(why, REASON_IMAGE_NEEDS_MEMORY, format, reason_bytes(number, job->memory_bytes));
        return STATUS_TOO_LARGE;
    case TROUBLE_DAMAGED:
        break;
    }
    reason_set(why, REASON_IMAGE_DAMAGED, format);
    return STATUS_UNPROCESSABLE;
}

/* What libvips, libtiff, libpng and libjpeg say, in small letters. */
static const struct {
    const char *words;
    enum trouble trouble;
} sayings[] = {
    {"memory", TROUBLE_MEMORY},
    {"premature end", TROUBLE_INCOMPLETE},
    {"ends in the middle", TROUBLE_INCOMPLETE},
    {"truncated", TROUBLE_INCOMPLETE},
    {"unexpected end", TROUBLE_INCOMPLETE},
    {"eof", TROUBLE_INCOMPLETE},
    {"end of file", TROUBLE_INCOMPLETE},
    {"read error on", TROUBLE_INCOMPLETE},
    {"not enough data", TROUBLE_INCOMPLETE},
};

enum trouble trouble_of_words(const char *said)
{
    for (size_t i = 0; i < sizeof sayings / sizeof sayings[0]; i++) {
        if (strcasestr(said, sayings[i].words))
            return sayings[i].trouble;
    }
    return TROUBLE_DAMAGED;
}
