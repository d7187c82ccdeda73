/* Limits of a process by control groups: version 2 (cgroups(7), cpu.max and memory.max) or version 1 (cpu.cfs_quota_us
 * and memory.limit_in_bytes), whichever this machine has. */
#ifndef CGROUP_H
#define CGROUP_H

#include "launcher.h"

/* UNSUPPORTED when there are no control groups that this user may make; the sentence says what to do. */
enum status cgroup_check(struct text *why);
/* Makes the groups of that name, with these limits, in the fleet's own. */
enum status cgroup_make(const char *name, const struct instance_limits *limits, struct text *why);
/* Moves the calling process into them; async-signal-safe, for a child between fork and exec: all that it needs has been
 * opened by cgroup_open. */
struct cgroup_entry {
    int files[2]; /* of cgroup.procs; -1: none */
};
enum status cgroup_open(const char *name, struct cgroup_entry *ret_entry, struct text *why);
void cgroup_enter(const struct cgroup_entry *entry);
void cgroup_close(struct cgroup_entry *entry);
/* Once nobody is in it. */
void cgroup_remove(const char *name);

#endif
