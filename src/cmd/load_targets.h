/* What load and simulate ask before they send anything. */
#ifndef LOAD_TARGETS_H
#define LOAD_TARGETS_H

#include "load_target.h"

#include <stddef.h>

/* Each target must be reachable; one that isn't on this machine needs the owner's yes. UNAVAILABLE or INVALID with one
 * line. */
enum status load_targets_check(const struct load_target *targets, size_t count, bool said_yes, struct text *why);

/* Raises the limit on open descriptors as far as it may; returns how many connections that allows, of those wanted. */
unsigned load_targets_allow_connections(unsigned wanted);

#endif
