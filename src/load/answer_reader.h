/* Reads an HTTP/1.1 answer (RFC 9112) as it comes in pieces: where it ends, its code, whether the connection stays. The
 * body is counted, and kept only if asked for. */
#ifndef ANSWER_READER_H
#define ANSWER_READER_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ANSWER_HEAD_MAX = 64 << 10, ANSWER_KEEP_MAX = 1 << 20 };

enum answer_part {
    ANSWER_HEAD,
    ANSWER_BODY,       /* so many bytes are left */
    ANSWER_UNTIL_END,  /* the body ends with the connection */
    ANSWER_CHUNK_SIZE, /* a line in hex */
    ANSWER_CHUNK,
    ANSWER_CHUNK_END, /* the empty line after it */
    ANSWER_TRAILER,
    ANSWER_WHOLE,
    ANSWER_BROKEN, /* no HTTP */
};

struct answer_reader {
    enum answer_part part;
    int code;
    bool closes;       /* the connection can't be used again */
    bool has_begun;    /* a byte has come */
    bool is_bodyless;  /* set before: the answer to a HEAD */
    struct text *keep; /* set before: gets the body, up to ANSWER_KEEP_MAX; or NULL */
    uint64_t left;
    struct text line; /* a head or line that did not come in one piece */
};

/* For the next answer: memory is kept. */
void answer_reader_begin(struct answer_reader *reader, bool is_bodyless, struct text *keep);
void answer_reader_release(struct answer_reader *reader);
/* Takes bytes until they are used up, or the answer is whole or broken; returns how many it took. */
size_t answer_reader_feed(struct answer_reader *reader, const char *data, size_t length);
/* The connection has ended: true if that makes the answer whole. */
bool answer_reader_end(struct answer_reader *reader);

#endif
