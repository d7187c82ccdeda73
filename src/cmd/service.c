#include "service.h"

#include "data_folder.h"
#include "descriptors.h"
#include "log.h"
#include "resumable.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned cores(int64_t wanted)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return wanted > 0 ? (unsigned)wanted : online > 0 ? (unsigned)online : 1;
}

static void log_trouble(void *context, const char *sentence)
{
    (void)context;
    log_warning("trouble", LOG_S("message", sentence));
}

static enum status open_data(struct serve_settings *settings, struct arena *arena, struct text *why)
{
    if (mkdir(settings->data, 0700) != 0 && errno != EEXIST) {
        text_setf(why, "the data folder %s can't be created: %s", settings->data, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    data_default_addresses(settings->data, arena, &settings->store, &settings->buckets);
    settings->uploads = arena_printf(arena, "%s/uploads", settings->data);
    return STATUS_OK;
}

static enum status secure_descriptors(struct serve_settings *settings, struct text *why)
{
    enum { WORKERS_SPARE = 2 };
    const struct descriptor_needs needs = {
        .event_threads = cores(settings->event_threads),
        .workers = cores(settings->darkrooms) + WORKERS_SPARE,
        .darkrooms = cores(settings->darkrooms),
        .moderators = cores(settings->moderators),
        .connections = (unsigned)settings->connections,
    };
    unsigned connections = needs.connections;
    enum status status = descriptors_secure(&needs, &connections, why);
    if (status == STATUS_OK && connections < needs.connections)
        log_warning("connections", LOG_I("possible", connections), LOG_I("wanted", needs.connections),
                    LOG_S("message", "there aren't enough file descriptors for all connections; raise ulimit -n"));
    settings->connections = connections;
    return status;
}

static struct image_limits image_limits(const struct serve_settings *settings)
{
    return (struct image_limits){
        .pixels = (uint64_t)settings->max_pixels,
        .frames = (uint32_t)settings->max_frames,
        .side = (uint32_t)settings->max_side,
        .memory = (uint64_t)settings->darkroom_memory,
        .work_ms = (uint32_t)settings->darkroom_timeout_ms,
    };
}

static enum status open_darkroom(const struct serve_settings *settings, struct service *service, struct text *why)
{
    struct darkroom_settings darkroom = {
        .processes = cores(settings->darkrooms),
        .timeout_ms = settings->darkroom_timeout_ms,
        .memory_bytes = (uint64_t)settings->darkroom_memory,
        .limits = image_limits(settings),
        .trouble = log_trouble,
    };
    return darkroom_open(&darkroom, &service->darkroom, why);
}

static enum status open_moderator(const struct serve_settings *settings, struct service *service, struct text *why)
{
    const struct moderation_settings moderation = {
        .models = settings->models,
        .processes = cores(settings->moderators),
        .timeout_ms = settings->moderator_timeout_ms,
        .memory_bytes = (uint64_t)settings->moderator_memory,
        .refuse = settings->refuse_labels,
        .region = settings->rekognition_region,
        .endpoint = settings->rekognition_endpoint,
        .label_only = settings->rekognition_label_only,
        .hold = settings->rekognition_hold,
    };
    return moderator_open(settings->moderator, &moderation, &service->moderator, why);
}

/* So many that checking goes on while every darkroom is busy, and while photos wait for a moderator elsewhere. */
static unsigned count_workers(const struct serve_settings *settings, const struct moderator *moderator)
{
    enum { SPARE = 2, REMOTE = 16 };
    if (settings->workers > 0)
        return (unsigned)settings->workers;
    unsigned remote = settings->moderators ? (unsigned)settings->moderators : REMOTE;
    return cores(settings->darkrooms) + SPARE + (moderator->ops->is_remote ? remote : 0);
}

static void wake_pipeline(void *context)
{
    struct service *service = context;
    if (service->pipeline)
        pipeline_wake(service->pipeline);
}

static enum status open_uploads(const struct serve_settings *settings, struct service *service, struct text *why)
{
    const struct uploads_settings uploads = {
        .store = service->store,
        .blob = service->blob,
        .earlier_folder = settings->uploads,
        .max_upload = (uint64_t)settings->max_upload,
        .max_pending = (uint64_t)settings->max_pending,
        .max_partials = (unsigned)settings->max_partials,
        .max_partials_bytes = (uint64_t)settings->max_partials_bytes,
        .disk_reserve = (uint64_t)settings->disk_reserve,
        .limits = image_limits(settings),
        .arrived = wake_pipeline,
        .trouble = log_trouble,
        .context = service,
    };
    return uploads_open(&uploads, &service->uploads, why);
}

static void clean_uploads(void *context, struct failures *failures)
{
    struct service *service = context;
    resumables_sweep(uploads_resumables(service->uploads), failures);
}

static enum status open_pipeline(const struct serve_settings *settings, struct service *service, struct text *why)
{
    const struct pipeline_settings pipeline = {
        .photos = service->photos,
        .store = service->store,
        .blob = service->blob,
        .darkroom = service->darkroom,
        .moderator = service->moderator,
        .when_unsure = service->when_unsure,
        .workers = count_workers(settings, service->moderator),
        .limits = image_limits(settings),
        .history_ms = settings->history_ms,
        .keep_failed_ms = settings->keep_failed_ms,
        .clean_up = clean_uploads,
        .trouble = log_trouble,
        .context = service,
    };
    return pipeline_open(&pipeline, &service->pipeline, why);
}

/* Uploads first, because the pipeline's janitor cleans up among them; none arrives before the server is open. */
static enum status open_photos(const struct serve_settings *settings, struct service *service, struct text *why)
{
    service->photos = photos_new(service->store, service->blob);
    enum status status = open_uploads(settings, service, why);
    if (status == STATUS_OK && settings->workers != 0)
        status = open_pipeline(settings, service, why);
    return status == STATUS_OK ? photos_listen(service->photos, wake_pipeline, service, why) : status;
}

static enum status open_server(const struct serve_settings *settings, struct service *service, struct text *why)
{
    struct api_settings api = {
        .photos = service->photos,
        .uploads = service->uploads,
        .darkroom = service->darkroom,
        .moderator = service->moderator,
        .site = &site_built_in,
        .base_path = settings->base_path,
        .allowed_origins = &service->allowed_origins,
        .image_roots = settings->images_url ? service->images.roots : NULL,
        .redirects_images = settings->images_url && !blob_has_files(service->blob),
    };
    service->api = api_open(&api);
    struct http_settings http = {
        .listen = settings->listen,
        .event_threads = cores(settings->event_threads),
        .pool_threads = (unsigned)settings->pool_threads,
        .is_remote = photos_are_remote(service->photos),
        .connections = (unsigned)settings->connections,
        .connections_each = (unsigned)settings->connections_each,
        .streams = (unsigned)settings->streams,
        .streams_each = (unsigned)settings->streams_each,
        .answers_memory = (uint64_t)settings->answers_memory,
        .idle_timeout_ms = settings->idle_timeout_ms,
        .header_timeout_ms = settings->header_timeout_ms,
        .body_bytes_per_second = 4096,
        .max_body = (uint64_t)settings->max_upload + API_BODY_OVERHEAD,
        .tables = settings->is_worker ? api_worker_tables : api_tables,
        .vital = api_vital,
        .context = service->api,
        .headers = api_headers,
        .origin_headers = api_origin_headers,
        .missing = settings->is_worker ? NULL : &api_missing,
        .base_path = settings->base_path,
        .outside = api_answer_outside,
        .proxies = &service->proxies,
        .admit = api_admit,
        .identify = api_identify,
        .done = api_done,
    };
    enum status status = http_server_open(&http, &service->server, why);
    if (status == STATUS_OK)
        api_set_server(service->api, service->server);
    return status;
}

/* The buckets first: their lock keeps an earlier version away from the database too, which wants the folder alone. */
static enum status open_stores(const struct serve_settings *settings, struct service *service, struct text *why)
{
    bool is_whole = true;
    enum status status = blob_open(settings->buckets, BLOB_OWN, &service->blob, why);
    if (status == STATUS_OK)
        status = image_roots_find(service->blob, &service->images, why);
    if (status == STATUS_OK)
        status = data_check_before(settings->store, settings->buckets, service->blob, why);
    if (status == STATUS_OK)
        status = store_open(settings->store, &service->store, why);
    if (status == STATUS_OK)
        status = data_check_after(service->store, settings->store, settings->buckets, service->blob, &is_whole, why);
    if (!is_whole)
        log_info("database-check", LOG_S("message", "the database is large: not all of it was checked for damage"));
    return status;
}

/* ---- All of it ---- */

/* The darkroom first, because its first process is a fork of this one; it and the moderator are for those who work. */
static enum status open_service(const struct serve_settings *settings, struct service *service, struct text *why)
{
    bool works = settings->workers != 0;
    enum status status = works ? open_darkroom(settings, service, why) : STATUS_OK;
    if (status == STATUS_OK)
        status = open_stores(settings, service, why);
    if (status == STATUS_OK && works)
        status = open_moderator(settings, service, why);
    if (status == STATUS_OK)
        status = open_photos(settings, service, why);
    if (status == STATUS_OK && settings->listen)
        status = open_server(settings, service, why);
    return status;
}

enum status service_open(struct serve_settings *settings, struct arena *arena, struct service *service,
                         struct text *why)
{
    enum status status = secure_descriptors(settings, why);
    if (status == STATUS_OK)
        status = open_data(settings, arena, why);
    return status == STATUS_OK ? open_service(settings, service, why) : status;
}

void service_close(struct service *service)
{
    if (service->server)
        http_server_close(service->server);
    if (service->api)
        api_close(service->api);
    if (service->photos)
        photos_unlisten(service->photos);
    pipeline_close(service->pipeline);
    uploads_close(service->uploads);
    photos_free(service->photos);
    if (service->moderator)
        moderator_close(service->moderator);
    if (service->darkroom)
        darkroom_close(service->darkroom);
    if (service->blob)
        blob_close(service->blob);
    store_close(service->store);
}

/* ---- Settings ---- */

static enum status read_unsure(const char *name, enum moderation_action *ret_action, struct text *why)
{
    if (moderation_read_unsure(name, ret_action))
        return STATUS_OK;
    text_setf(why, "--when-unsure: \"%s\" is not refuse, hold or publish", name);
    return STATUS_INVALID;
}

static enum status check_workers(const struct serve_settings *settings, struct text *why)
{
    if (!settings->is_worker || settings->workers != 0)
        return STATUS_OK;
    text_setf(why, "--workers: a worker does nothing but work, so 0 is too few");
    return STATUS_INVALID;
}

enum status service_read(struct serve_settings *settings, struct arena *arena, struct service *service,
                         struct text *why)
{
    enum status status = check_workers(settings, why);
    if (status == STATUS_OK && settings->listen)
        status = reach_check_login(settings->listen, settings->open_login, why);
    if (status == STATUS_OK)
        status = reach_read_origins(&settings->allow_origin, arena, &service->allowed_origins, why);
    if (status == STATUS_OK)
        status = reach_read_proxies(&settings->trusted_proxy, &service->proxies, why);
    if (status == STATUS_OK)
        status = reach_read_base_path(settings->base_path, arena, &settings->base_path, why);
    if (status == STATUS_OK)
        status = read_unsure(settings->when_unsure, &service->when_unsure, why);
    if (status == STATUS_OK)
        status = image_roots_read(settings->images_url, arena, &service->images, why);
    return status;
}
