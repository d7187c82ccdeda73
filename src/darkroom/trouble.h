/* What a decoder found wrong with a file, in words for the photo's owner (reasons.h). The library's own words are for
 * nobody: they name its parts, and not what is to be done. */
#ifndef TROUBLE_H
#define TROUBLE_H

#include "protocol.h"

enum trouble {
    TROUBLE_INCOMPLETE, /* bytes are missing at its end */
    TROUBLE_DAMAGED,
    TROUBLE_KIND, /* it may be right, but we don't decode such */
    TROUBLE_MEMORY,
};

/* `kind`: with TROUBLE_KIND, what the file has: "12-bit samples". Else NULL. Returns the status that goes with it. */
enum status trouble_set(struct text *why, const struct job *job, enum trouble trouble, const char *kind);

/* By the words of a library that has no better way to say it. */
enum trouble trouble_of_words(const char *said);

#endif
