/* Whose page made a request (RFC 6454; fetch.spec.whatwg.org, 3.2). A browser sends whatever page it shows to any
 * address with what that page says: so a page that somebody looks at could change things in their name. A change must
 * come from a page of this server, from one of an origin that the operator allows, or from no page at all. */
#ifndef ORIGIN_H
#define ORIGIN_H

#include "arena.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

/* What tells; NULL when it is absent. */
struct origin_evidence {
    const char *origin;
    const char *host;   /* for which the browser asked: http_host */
    const char *scheme; /* by which it asked, where a named proxy says so */
    const char
        *fetch_site; /* Sec-Fetch-Site: the browser's own word, which no page can write; only to https and localhost */
};

/* Whether no page made the request, or one of this server: its origin is that of Host. Over http a public name doesn't
 * count, because its owner can make it lead here ("DNS rebinding"); addresses, localhost and the names of a local
 * network ("nas", "nas.local", "nas.lan") do. */
bool origin_is_own(const struct origin_evidence *evidence);

enum { ORIGINS_MAX = 64, ORIGIN_MAX = 300 };
struct origin_list {
    bool any;
    size_t count;
    const char *origins[ORIGINS_MAX]; /* as origin_read leaves them */
};

/* Adds what an operator writes: origins ("https://photos.example:8443"), commas between, or "*" for any. INVALID names
 * what is none. */
enum status origin_list_add(struct origin_list *list, const char *words, struct arena *arena, struct text *why);
bool origin_list_has(const struct origin_list *list, const char *origin);

/* Whether the text is a host, with or without a port. */
bool origin_is_host(const char *text, size_t length);
/* Whether both name one host and port; a port that is left out is the scheme's ("http", "https"). */
bool origin_is_same_host(const char *scheme, const char *left, const char *right);

#endif
