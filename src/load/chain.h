/* Users as a Markov chain, read from JSON: states with a request each, the chances of what comes after, and the time in
 * between. docs/load.md describes the file; users/original.json is the shipped one. */
#ifndef CHAIN_H
#define CHAIN_H

#include "arena.h"
#include "dice.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

enum { CHAIN_STATES = 64, CHAIN_HEADERS = 8 };

struct chain_header {
    const char *name, *value;
};

/* Paths, header values and bodies are templates: ${user} is this user's name, ${somebody} one that is there, ${nobody}
 * one that isn't, ${FIELD} what that field held in the user's last answer that was to be kept; all states keep the
 * same one. */
struct chain_request {
    const char *method, *path;
    struct chain_header headers[CHAIN_HEADERS];
    size_t header_count;
    const char *body;   /* or NULL */
    const char *photos; /* a folder inside that of the photos, "" itself; or NULL */
};

struct chain_next {
    unsigned state;
    double share;
};

struct chain_state {
    const char *name;
    bool has_request;
    struct chain_request request;
    const char *keep; /* the answer's field that the user remembers, or NULL */
    const char *again_field,
        *again_while; /* stays here while the field has that value, asking every so often; or NULL */
    int64_t again_ms;
    int if_empty;     /* the state after an answer of [], -1: like any other */
    int64_t think_ms; /* before the state is entered */
    struct chain_next next[CHAIN_STATES];
    size_t next_count;
};

struct chain {
    const char *description;
    unsigned start;
    struct chain_state states[CHAIN_STATES];
    size_t count;
};

/* Strings live in the arena. INVALID is "NAME:LINE: what is wrong"; `name` is the file's, for that. A chain is refused
 * when shares don't add up to 1, a state is unknown, or from a state no way leads back to the start. */
enum status chain_parse(const char *name, const char *json, size_t length, struct arena *arena, struct chain *ret_chain,
                        struct text *why);
/* The shipped chain, users/original.json. */
extern const char original_chain_text[];
extern const size_t original_chain_length;

/* Rolls the dice: the state after this one. */
unsigned chain_next(const struct chain *chain, unsigned state, struct dice *dice);

#endif
