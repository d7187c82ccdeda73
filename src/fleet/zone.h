/* A zone: instances that fail together, because they share a machine, a rack or a network. On one machine a zone is an
 * address and, in tests, a network namespace that can be cut off. */
#ifndef ZONE_H
#define ZONE_H

#include "instance.h"

enum { ZONE_ADDRESS_SIZE = 48 };
struct zone {
    char name[ZONE_NAME_SIZE];
    char address[ZONE_ADDRESS_SIZE]; /* IPv4, without a port */
    char network[32]; /* the network namespace its instances run in (ip-netns(8)); "": that of the fleet */
};

/* NAME, NAME@ADDRESS or NAME@ADDRESS%NETWORK; the address is 127.0.0.1 if there is none. */
enum status zone_parse(const char *text, struct zone *ret_zone, struct text *why);
/* The namespace; -1: the zone has none of its own. The caller closes it. */
enum status zone_open_network(const struct zone *zone, int *ret_fd, struct text *why);
/* ADDRESS:PORT with a port that is free now. */
enum status zone_find_port(const struct zone *zone, int network, char ret_address[static INSTANCE_ADDRESS_SIZE],
                           struct text *why);

#endif
