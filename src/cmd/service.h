/* What serves photos, works on them, or does both, made from settings: store, buckets, darkroom, moderator, workflow
 * and HTTP. `cloudphotos serve` and `cloudphotos worker` share it. */
#ifndef SERVICE_H
#define SERVICE_H

#include "api.h"
#include "image_roots.h"
#include "pipeline.h"
#include "reach.h"
#include "serve_settings.h"

struct service {
    struct origin_list allowed_origins;
    struct proxy_list proxies;
    enum moderation_action when_unsure;
    struct store *store;
    struct blob *blob;
    struct image_roots images;
    struct darkroom *darkroom; /* these three: NULL where nothing works on photos */
    struct moderator *moderator;
    struct pipeline *pipeline;
    struct photos *photos;
    struct uploads *uploads;
    struct api *api; /* these two: NULL where nothing listens */
    struct http_server *server;
};

/* What settings alone can be wrong about, before anything is made or opened: INVALID names the setting. */
enum status service_read(struct serve_settings *settings, struct arena *arena, struct service *service,
                         struct text *why);
/* Fills in the settings that follow from others. After a failure the service is to be closed, too. */
enum status service_open(struct serve_settings *settings, struct arena *arena, struct service *service,
                         struct text *why);
void service_close(struct service *service);

#endif
