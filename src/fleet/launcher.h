/* Starts and ends instances. Back ends: processes of this machine, and containers. */
#ifndef LAUNCHER_H
#define LAUNCHER_H

#include "instance.h"
#include "zone.h"

struct instance_limits {
    int cpu_percent;      /* of one core; 0: none */
    int64_t memory_bytes; /* 0: none */
};

struct launcher_settings {
    const char *run_folder;
    const char *program;          /* the path of cloudphotos: a newer version that was put there is what starts next */
    const char *const *arguments; /* of `serve`, besides --listen; ends with NULL */
    struct instance_limits limits;
    const char *data;   /* containers: the folder they share with this machine, at the same place */
    const char *image;  /* containers: what to run */
    const char *engine; /* containers: podman or docker */
};

struct launcher_ops {
    const char *name;
    /* Whether instances with these limits can be started here; else UNSUPPORTED, with what is missing and what to do.
     * Nothing has been started then. */
    enum status (*check)(const struct launcher_settings *settings, struct text *why);
    /* Fills in what the launcher knows of the instance: process, address with a free port of the zone's, container.
     * What it writes to its standard output and error goes to RUN/instances/NAME.log. */
    enum status (*start)(const struct launcher_settings *settings, const struct zone *zone, struct instance *instance,
                         struct text *why);
    /* Whether it still runs. Collects its exit status, if it is a child. */
    bool (*runs)(const struct instance *instance);
    /* Asks it to end after what it has in work; `now`: at once. Its limits go when it has ended. */
    void (*stop)(const struct launcher_settings *settings, const struct instance *instance, bool now);
    void (*clean_up)(const struct launcher_settings *settings, const struct instance *instance);
};

extern const struct launcher_ops launcher_process, launcher_container;

struct instance_kind {
    const struct launcher_ops *launcher;
    struct instance_limits limits;
};
/* "process", "container", "t2.micro" (one core and 1 GB), "container,cpu=20%,memory=256M". INVALID names the word that
 * isn't understood. */
enum status instance_kind_parse(const char *text, struct instance_kind *ret_kind, struct text *why);

#endif
