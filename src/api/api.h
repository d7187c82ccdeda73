/* The HTTP interface: every endpoint of docs/openapi.yaml, and the buckets. Each file of this folder ends in its route
 * table; statuses.c is the one place where a status becomes an HTTP code. */
#ifndef API_H
#define API_H

#include "darkroom.h"
#include "http.h"
#include "moderator.h"
#include "photos.h"
#include "site_file.h"
#include "uploads.h"

struct api;
struct origin_list;

struct api_settings { /* all borrowed, and outlive api_close */
    struct photos *photos;
    struct uploads *uploads;
    struct darkroom *darkroom; /* these two: NULL where other processes work on the photos */
    struct moderator *moderator;
    const struct site *site;                   /* the web app */
    const char *base_path;                     /* as http_settings has it */
    const struct origin_list *allowed_origins; /* whose pages may change things, beside our own; NULL: nobody's */
    /* Where browsers find the images of each bucket: URLs without a slash at their end; NULL: here, under /buckets. */
    const char *const *image_roots;
    bool redirects_images; /* who comes for one here is sent there */
};

struct api *api_open(const struct api_settings *settings);
void api_close(struct api *api);

/* For http_settings: the tables, the patterns that are served in any crowd, the headers that every answer carries,
 * those for pages of other origins, who may ask at all (403 for a change that a page of another site asks for, 415 for
 * a packed body), who asks (401 or 403 where a route needs to know), and what to do with a finished request (counts it
 * for /metrics and logs it). The context of all of them is the struct api. */
extern const struct http_route *const api_tables[];
extern const struct http_route *const api_worker_tables[]; /* of a process that only works: how it is */
extern const char *const api_vital[];
extern const char *const api_headers[];
extern const char *const api_origin_headers[];
/* For http_settings: missing, an address that leads nowhere; outside, one that isn't below the base path. */
extern const struct http_route api_missing;
void api_answer_outside(struct http_request *request);
void api_admit(struct http_request *request, const struct http_route *route);
void api_identify(struct http_request *request, const struct http_route *route);
void api_done(void *context, const struct http_done *done);
/* The bytes of a request's body besides the photo: what max_body allows beyond max_upload. */
enum { API_BODY_OVERHEAD = 64 << 10 };

/* So that /metrics can tell of connections; after http_server_open. */
void api_set_server(struct api *api, const struct http_server *server);

#endif
