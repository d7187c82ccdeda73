/* What the endpoints share. */
#ifndef API_PRIVATE_H
#define API_PRIVATE_H

#include "api.h"
#include "metrics.h"
#include "post_cursor.h"
#include "reasons.h"

#include <stdatomic.h>

struct request_metrics;

struct api {
    struct api_settings settings;
    _Atomic(const struct http_server *) server;
    struct request_metrics *metrics;
    struct site_file page;   /* the app's, with the base path; path NULL: the app was not built */
    struct text page_text;   /* what it points to, where it isn't as built */
    struct site_file worker; /* the app's service worker; path NULL: as it was built */
    struct text worker_text, worker_etag;
    struct text policy; /* the page's Content-Security-Policy */
    struct text image_roots[BUCKETS];
};

/* images.c: where browsers find images. Open needs settings alone. */
void images_open(struct api *api);
void images_close(struct api *api);
bool images_are_elsewhere(const struct api *api);
/* A path or a URL, before the slash and the key. */
const char *images_root(const struct api *api, enum bucket bucket);
/* The same for other sites: a URL, unless nobody knows the name of this server. */
const char *images_absolute_root(struct http_request *request, enum bucket bucket);
/* For the page, and only where images are elsewhere: " https://cdn.example …", ` data-photos="…" …`. */
void images_add_origins(const struct api *api, struct text *out);
void images_add_attributes(const struct api *api, struct text *out);

/* site.c: what is served of the app. Needs images_open. */
void site_open(struct api *api);
void site_close(struct api *api);

/* The answer to a failure, as application/problem+json: the HTTP code of the status, and `why` when it is a sentence of
 * reasons.h. Any other sentence is for the operator: it goes to the log, and the client gets the reason that belongs to
 * the status. */
void api_answer_status(struct http_request *request, enum status status, const struct text *why);
/* The same with this HTTP code. */
void api_answer_failure(struct http_request *request, unsigned code, enum status status, const struct text *why);
unsigned api_code(enum status status);

struct caller {
    const char *name; /* checked; lives as long as the request */
};
/* Who asks, where the route's needs_caller wants to know: caller.c has found out before the handler runs. NULL where it
 * is optional and nobody is named. */
const struct caller *api_caller(const struct http_request *request);

/* {id} of the path; answers 404 and returns false when it is none. */
bool api_read_id(struct http_request *request, const char *text, struct id *ret_id);

/* The five fields of the original's photo object, without the braces. */
void api_add_photo_fields(struct text *out, const struct photo *photo);

/* Access-Control-Request-Headers, which a preflight's answer repeats: "" when absent; NULL when it is too long for
 * that. */
const char *api_read_requested_headers(const struct http_request *request);

/* Limits and cursors of listings. */
enum { LISTING_MAX = 10000 };
/* limit=1..LISTING_MAX (default: LISTING_MAX); answers 400 and returns false when it is something else. */
bool api_read_limit(struct http_request *request, int64_t *ret_limit);
/* Link: <path?username=…&limit=…&cursor=…>; rel="next" (RFC 8288). `username` is NULL where the path says whose. */
void api_add_next_link(struct http_request *request, const char *username, int64_t limit, const char *cursor);

/* The name as it is written in the store, of one that a person typed or a phone's keyboard made: in small letters. NULL
 * stays NULL. */
const char *api_fold_name(struct http_request *request, const char *name);

/* All that is known of a photo: photo.c. Nothing is appended on failure. */
enum status api_add_photo(struct api *api, const struct id *id, struct arena *arena, struct photo *ret_photo,
                          struct text *out, struct text *why);
void api_answer_photo(struct http_request *request, const struct id *id);
/* Answers a preflight of CORS. */
void api_allow_preflight(struct http_request *request);
/* GET /users/NAME?view=photos: photo_lists.c. */
void api_list_photos_of(struct http_request *request, const char *author);
/* {"photos":[…],"next_cursor":…}. Nothing is appended on failure. */
enum status api_add_photos(struct api *api, const struct photos_asked *asked, struct text *out, struct text *why);
/* Appends, each behind a comma: thumbhash, caption, alt_text and captured_at. */
void api_add_photo_description(struct text *out, const struct photo *photo);

struct request_metrics *request_metrics_new(void);
void request_metrics_free(struct request_metrics *metrics);
void request_metrics_count(struct request_metrics *metrics, const char *route, unsigned code, int64_t duration_ns);

/* The tables, one an endpoint file. */
extern const struct http_route users_routes[], uploads_routes[], photo_routes[], stages_routes[], bucket_routes[],
    health_routes[], metrics_routes[], preflight_routes[], site_routes[], photo_lists_routes[],
    photo_description_routes[], oembed_routes[], tus_routes[], presigned_routes[];

#endif
