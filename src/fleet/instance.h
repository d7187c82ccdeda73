/* One server of the fleet: a process or a container that runs `cloudphotos serve`. It is written down in a file of its
 * own in the run folder, so that a fleet that was killed finds again what runs. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum instance_state {
    INSTANCE_STARTING,   /* not healthy yet */
    INSTANCE_WARM,       /* healthy, and given no requests */
    INSTANCE_IN_SERVICE, /* given requests */
    INSTANCE_DRAINING,   /* given no new ones; those in work go on */
    INSTANCE_STOPPING,   /* told to end */
};
enum {
    INSTANCE_STATES = INSTANCE_STOPPING + 1,
    INSTANCE_NAME_SIZE = 32,
    INSTANCE_ADDRESS_SIZE = 64,
    ZONE_NAME_SIZE = 16
};

struct instance {
    char name[INSTANCE_NAME_SIZE]; /* ZONE-NUMBER; never used again in a run folder */
    char zone[ZONE_NAME_SIZE];
    char address[INSTANCE_ADDRESS_SIZE]; /* ADDRESS:PORT, where it listens */
    pid_t pid;
    uint64_t begun; /* of the process, in ticks since the machine began (proc(5), starttime): numbers are used again */
    int64_t started_ms; /* by the wall clock */
    int64_t since_ms;   /* of its state */
    enum instance_state state;
    bool is_old; /* a rolling restart replaces it */
};

/* "starting", "warm", "in service", "draining", "stopping". */
const char *instance_state_name(enum instance_state state);

/* False when the process has ended, or its number is another's now. */
bool process_is(pid_t pid, uint64_t begun);
/* 0: there is no such process. */
uint64_t process_begun(pid_t pid);

/* RUN/instances/NAME. Writing is atomic: what is there is whole. */
enum status instance_write(const char *run_folder, const struct instance *instance, struct text *why);
void instance_forget(const char *run_folder, const struct instance *instance);
/* Those that were written down, whether they still run or not. Files that can't be read are left alone; `why` names the
 * last. */
enum status instances_read(const char *run_folder, struct instance *ret_instances, size_t most, size_t *ret_count,
                           struct text *why);

#endif
