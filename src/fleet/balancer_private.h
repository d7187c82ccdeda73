/* What the files of the balancer share. */
#ifndef BALANCER_PRIVATE_H
#define BALANCER_PRIVATE_H

#include "balancer.h"

struct balancer {
    struct balancer_settings settings;
    struct text socket, configuration, pid_file; /* paths */
};

struct back_end {
    const char *name;
    bool is_checked; /* HAProxy asks its servers for their health */
    bool is_bounded; /* at most max_requests at once in a server */
    const char *settings;
};
enum { BACK_ENDS = 3 };
extern const struct back_end back_ends[BACK_ENDS];

/* Appends what stands behind a server's address, in the configuration and in `add server` alike. */
void back_end_options(const struct balancer *balancer, const struct back_end *back_end, int weight, struct text *out);

/* One command to the socket at `path`, and all of its answer. UNAVAILABLE when nobody answers. */
enum status haproxy_ask(const char *path, const char *command, struct text *ret_answer, struct text *why);
/* The answer to `show stat`. INVALID when it has not the columns that are read. */
enum status haproxy_read_stat(const char *answer, struct balancer_view *ret_view, struct text *why);

#endif
