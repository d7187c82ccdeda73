/* The proxies that an operator names: what they say of a client is believed. */
#ifndef PROXIES_H
#define PROXIES_H

#include "status.h"
#include "text.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/* An address of IPv4 or IPv6, "192.0.2.7" or "2001:db8::1", as one of IPv6: IPv4 is mapped (RFC 4291, 2.5.5.2), so that
 * it is the same address however it was written. False for anything else. */
bool address_read(const char *text, size_t length, struct in6_addr *ret_address);
void address_of_socket(const struct sockaddr *socket, struct in6_addr *ret_address);
/* In letters; a mapped one as IPv4. */
void address_write(const struct in6_addr *address, char ret_text[static INET6_ADDRSTRLEN]);

enum { PROXIES_MAX = 64 };
struct proxy_list {
    size_t count;
    struct proxy_range {
        struct in6_addr address;
        unsigned bits; /* the first so many are the same for all in the range */
    } ranges[PROXIES_MAX];
};

/* Adds what an operator writes: addresses, ranges ("10.0.0.0/8", "fd00::/8"), "loopback" or "private", commas between.
 * INVALID says which of them is none, and why. */
enum status proxy_list_add(struct proxy_list *list, const char *words, struct text *why);
bool proxy_list_has(const struct proxy_list *list, const struct in6_addr *address); /* list NULL: nobody */

#endif
