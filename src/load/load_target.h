/* Where requests go: a URL with the address that its host has, looked up once. */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include "arena.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct load_target {
    const char *url;  /* as it was given */
    const char *host; /* for the Host field: with the port, unless it is 80 */
    const char *path; /* with the query; "/" at least */
    struct sockaddr_storage address;
    socklen_t address_length;
};

/* Strings live in the arena. INVALID for what is no http:// URL, UNAVAILABLE when the host has no address. */
enum status load_target_parse(const char *url, struct arena *arena, struct load_target *ret_target, struct text *why);
bool load_target_is_same_place(const struct load_target *a, const struct load_target *b);
/* Loopback, or an address of one of this machine's interfaces. */
bool load_target_is_this_machine(const struct load_target *target);
/* Connects once. UNAVAILABLE with the reason when that fails or takes longer. */
enum status load_target_reach(const struct load_target *target, int64_t timeout_ms, struct text *why);

#endif
