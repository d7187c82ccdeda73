/* HAProxy in front of the instances: its configuration, and control of it through its runtime socket alone, never by a
 * reload (haproxy 2.6, management.txt, section 9.3). Each instance is a server of three back ends, because requests of
 * three kinds need three kinds of limit:
 *
 *   requests   short ones; at most `max_requests` of them at once in an instance, the others wait in HAProxy's queue
 *   uploads    bodies, which may take minutes on a slow network and must not take the places of short requests
 *   streams    event streams, which stay open for hours
 *
 * HAProxy checks the health of a server in `requests` alone; the fleet takes an instance that fails out of all
 * three. */
#ifndef BALANCER_H
#define BALANCER_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct balancer_settings {
    const char *run_folder;  /* for haproxy.cfg, haproxy.sock and haproxy.pid */
    const char *listen;      /* ADDRESS:PORT */
    const char *certificate; /* PEM with its key: TLS and HTTP/2; NULL: plain HTTP */
    int64_t connections;     /* at most open at once */
    int64_t max_requests;    /* short requests an instance works on at once */
    int64_t queue_timeout_ms;
    int64_t request_timeout_ms; /* without a sign of an answer; then a short request is tried elsewhere */
    int64_t check_interval_ms;
};

/* An instance as the balancer knows it. */
struct balancer_server {
    const char *name;
    const char *address; /* 127.0.0.1:18081 */
    int weight;          /* 1 to 256 */
};

/* Counts since HAProxy started. */
struct balancer_figures {
    char name[32];           /* "" for the balancer itself */
    uint64_t requests;       /* that were given to it (the balancer: that arrived) */
    uint64_t errors;         /* 5xx answers */
    int64_t in_work, queued; /* now, without event streams; the balancer's in_work counts those that wait, too */
    int64_t streams;
    bool is_up, is_draining;
};
enum { BALANCER_SERVERS = 256 };
struct balancer_view {
    struct balancer_figures total;
    struct balancer_figures servers[BALANCER_SERVERS];
    size_t count;
};

struct balancer;
struct balancer *balancer_new(const struct balancer_settings *settings);
void balancer_free(struct balancer *balancer);

/* Appends the configuration, with these servers in it. */
void balancer_configuration(const struct balancer *balancer, const struct balancer_server *servers, size_t count,
                            struct text *out);
/* Writes the configuration and starts HAProxy, which outlives this process. UNAVAILABLE, with what HAProxy says of it:
 * not installed, a port that is taken, a certificate that can't be read. */
enum status balancer_start(struct balancer *balancer, const struct balancer_server *servers, size_t count,
                           pid_t *ret_pid, struct text *why);
/* True if one answers at the socket, started by whomever; its process. */
bool balancer_runs(struct balancer *balancer, pid_t *ret_pid);

/* UNAVAILABLE when HAProxy doesn't answer; CONFLICT, with its words, when it refuses. */
enum status balancer_view(struct balancer *balancer, struct balancer_view *ret_view, struct text *why);
/* Adds it to all back ends and gives it requests. Adding what is there changes its weight alone. */
enum status balancer_add(struct balancer *balancer, const struct balancer_server *server, struct text *why);
enum status balancer_set_weight(struct balancer *balancer, const char *name, int weight, struct text *why);
/* No new requests; those in work go on. */
enum status balancer_drain(struct balancer *balancer, const char *name, struct text *why);
/* Neither new ones nor those in its queue: those go to others. */
enum status balancer_stop(struct balancer *balancer, const char *name, struct text *why);
/* Ends event streams and uploads that an instance will never answer; their clients try again. Short requests are tried
 * again by the balancer. */
enum status balancer_cut(struct balancer *balancer, const char *name, struct text *why);
/* BUSY while a connection is open; it is stopped before. NOT_FOUND is OK. */
enum status balancer_remove(struct balancer *balancer, const char *name, struct text *why);

#endif
