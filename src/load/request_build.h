/* The bytes of requests: a head for a target, and bodies from a file or from a folder of photos. */
#ifndef REQUEST_BUILD_H
#define REQUEST_BUILD_H

#include "engine.h"

enum { BODIES_MAX = 4096 };
#define BODIES_BYTES_MAX (INT64_C(512) << 20)

struct request_body {
    const char *data;
    size_t length;
};

struct request_bodies {
    struct request_body *rows;
    size_t count;
    const char *content_type; /* NULL: the caller's headers say it, or nothing does */
};

/* The file as it is. All in the arena; INVALID names the file and what is wrong. */
enum status bodies_from_file(const char *path, struct arena *arena, struct request_bodies *ret_bodies,
                             struct text *why);
/* Each regular file of the folder, by name, as the field of a multipart form (RFC 7578). */
enum status bodies_from_photos(const char *folder, const char *field, struct arena *arena,
                               struct request_bodies *ret_bodies, struct text *why);

struct request_form {
    const char *method;
    const char *const *headers; /* "Name: value" */
    size_t header_count;
    const char *content_type; /* or NULL */
    bool closes_each;
};

/* INVALID when the method is no token or a header isn't "Name: value" on one line. */
enum status request_check_form(const struct request_form *form, struct text *why);
/* Appends the head up to and with its empty line. `path` may differ from the target's. */
void request_add_head(const struct request_form *form, const struct load_target *target, const char *path,
                      size_t body_length, struct text *out);
struct request request_build(const struct request_form *form, const struct load_target *target, unsigned place,
                             const struct request_body *body, struct arena *arena);

#endif
