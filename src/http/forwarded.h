/* What proxies say of a client, as X-Forwarded-For, -Proto and -Host are commonly written: each proxy adds to the end
 * of a list by whom it was asked. So a list is read from its end, as long as the proxies that wrote it are named
 * (proxies.h): the last address that is none of theirs is the client's, and what stands before it the client may have
 * made up. The standard header Forwarded (RFC 7239) is not read: proxies that write X-Forwarded-For leave it as the
 * client sent it. */
#ifndef FORWARDED_H
#define FORWARDED_H

#include "proxies.h"

/* Values of headers, NULL when absent; those of a repeated header with a comma between. */
struct forwarded_evidence {
    struct in6_addr peer; /* who has connected: a named proxy */
    const char *addresses, *schemes, *hosts;
};

struct forwarded {
    struct in6_addr client; /* the last known proxy, where it says nothing that is an address */
    const char *scheme;     /* "http", "https"; NULL: unknown */
    const char *host;       /* with its port; not terminated. NULL: unknown */
    size_t host_length;
};

void forwarded_read(const struct proxy_list *proxies, const struct forwarded_evidence *evidence,
                    struct forwarded *ret_forwarded);

#endif
