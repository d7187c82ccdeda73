/* An HTTP client for the services that the server itself asks (RFC 9110): one request, one answer. Bodies come from
 * memory or from a file, and go into memory or, piece by piece, to whom the caller names. On libcurl.
 *
 * Connections are kept and used again. Proxies come from the environment (https_proxy, no_proxy; curl(1)). Nothing is
 * retried, and a redirect is an answer like any other: whether to go there is the caller's business. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_client;
struct http_client_settings {
    int64_t connect_timeout_ms; /* for finding, reaching and, with TLS, trusting the host */
    unsigned idle_connections;  /* kept at most */
    const char *ca_file;        /* certificates that are trusted instead of the system's; NULL: those */
};

/* BUSY when there is no memory or no random numbers for TLS. */
enum status http_client_open(const struct http_client_settings *settings, struct http_client **ret_client,
                             struct text *why);
/* No call may be under way. NULL is allowed. */
void http_client_close(struct http_client *client);

struct http_field {
    const char *name, *value;
};
enum { HTTP_FIELDS_MAX = 24 };

/* A body that is sent from a file; the descriptor stays the caller's, and its position isn't used. */
struct http_file {
    int fd;
    uint64_t offset, size;
};
/* A piece of an answer's body; false ends the call. */
typedef bool http_take(void *context, const void *bytes, size_t size);

struct http_call {
    const char *method, *url; /* http or https; the path and the query go out as they are written here */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t field_count;
    const void *body; /* NULL: none */
    size_t body_size;
    const struct http_file *file; /* instead of body; NULL: none */
    http_take *take;              /* gets the body of a 200 or 206 instead of the reply; NULL: nobody */
    void *context;                /* of take */
    int64_t timeout_ms;           /* for all of it */
    int64_t stall_timeout_ms;     /* without a byte either way, to a second; 0: not looked at */
    size_t answer_max;            /* bytes of the answer's body that go into memory */
    uint64_t take_max;            /* and to take */
    bool goes_direct;             /* past any proxy */
};
/* Adds a field; what it points to must live as long as the call. */
void http_call_add(struct http_call *call, const char *name, const char *value);

struct http_reply {
    unsigned code;
    struct text head; /* the fields as they came, a line each */
    struct text body;
};
#define HTTP_REPLY_CLEANUP __attribute__((cleanup(http_reply_release)))
void http_reply_release(struct http_reply *reply);
/* The value of the first field of that name, whatever its case, in *ret_value; false: there is none. */
bool http_reply_field(const struct http_reply *reply, const char *name, struct text *ret_value);

/* Blocks; safe from any thread. OK whatever the code of the answer. Else *why names the host and the cause: INVALID
 * (the URL or a field), TOO_LARGE (the answer), TIMEOUT (of the answer), UNPROCESSABLE (the file is shorter than its
 * size), UNAVAILABLE (no such host, no connection in time, refused, cut off, not trusted, ended by `take`). */
enum status http_client_ask(struct http_client *client, const struct http_call *call, struct http_reply *ret_reply,
                            struct text *why);

/* Where a URL leads: "example.org:8080", without user and password; in *ret_authority. *ret_target points to what
 * follows, "" or from the first / or ? on. False when it is no http or https URL. */
bool http_url_split(const char *url, struct text *ret_authority, const char **ret_target);

#endif
