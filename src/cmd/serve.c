/* cloudphotos serve: wires store, buckets, darkroom, moderator, workflow and HTTP together, and takes them down in
 * order. */
#include "api.h"
#include "clock.h"
#include "commands.h"
#include "data_folder.h"
#include "descriptors.h"
#include "greeting.h"
#include "image_roots.h"
#include "log.h"
#include "pipeline.h"
#include "reach.h"
#include "restart.h"
#include "resumable.h"
#include "serve_settings.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct service {
    struct origin_list allowed_origins;
    struct proxy_list proxies;
    enum moderation_action when_unsure;
    struct store *store;
    struct blob *blob;
    int data_lock_fd; /* or -1 */
    struct image_roots images;
    struct darkroom *darkroom;
    struct moderator *moderator;
    struct photos *photos;
    struct uploads *uploads;
    struct pipeline *pipeline;
    struct api *api;
    struct http_server *server;
};

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
    unsigned remote = settings->moderators ? (unsigned)settings->moderators : REMOTE;
    return cores(settings->darkrooms) + SPARE + (moderator->ops->is_remote ? remote : 0);
}

static void wake_pipeline(void *context)
{
    struct service *service = context;
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

static void clean_uploads(void *context)
{
    struct service *service = context;
    resumables_sweep(uploads_resumables(service->uploads));
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
    if (status == STATUS_OK)
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
        .tables = api_tables,
        .vital = api_vital,
        .context = service->api,
        .headers = api_headers,
        .origin_headers = api_origin_headers,
        .missing = &api_missing,
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

/* The buckets first: their lock keeps a second server away from the database too; or one of the folder's own does. */
static enum status open_stores(const struct serve_settings *settings, struct service *service, struct text *why)
{
    bool is_whole = true;
    enum status status = blob_open(settings->buckets, BLOB_OWN, &service->blob, why);
    if (status == STATUS_OK)
        status = image_roots_find(service->blob, &service->images, why);
    if (status == STATUS_OK && !blob_has_files(service->blob))
        status = data_lock(settings->data, &service->data_lock_fd, why);
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

static enum status open_service(const struct serve_settings *settings, struct service *service, struct text *why)
{
    enum status status = open_darkroom(settings, service, why);
    if (status == STATUS_OK)
        status = open_stores(settings, service, why);
    if (status == STATUS_OK)
        status = open_moderator(settings, service, why);
    if (status == STATUS_OK)
        status = open_photos(settings, service, why);
    if (status == STATUS_OK)
        status = open_server(settings, service, why);
    return status;
}

static void close_service(struct service *service)
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
    moderator_close(service->moderator);
    if (service->darkroom)
        darkroom_close(service->darkroom);
    if (service->blob)
        blob_close(service->blob);
    store_close(service->store);
    if (service->data_lock_fd >= 0)
        (void)close(service->data_lock_fd);
}

static void announce(const struct serve_settings *settings, const struct service *service)
{
    const char *address = http_server_address(service->server);
    const char *unsupported_labels = service->moderator->unsupported_labels;
    const char *caution = darkroom_caution(service->darkroom);
    TEXT_CLEANUP struct text store = {0};
    store_show_address(settings->store, &store);
    log_info("serving", LOG_S("address", address), LOG_S("base_path", settings->base_path),
             LOG_S("data", settings->data), LOG_S("store", text_get(&store)), LOG_S("buckets", settings->buckets),
             LOG_S("version", CLOUDPHOTOS_VERSION));
    log_warning("login", LOG_S("message", "No passwords: anyone who can reach this server can act as any user."));
    if (caution[0])
        log_warning("darkroom", LOG_S("message", caution));
    if (unsupported_labels)
        log_warning("moderation", LOG_S("moderator", service->moderator->ops->name),
                    LOG_S("cannot_see", unsupported_labels));
    log_flush(); /* so that the address is the last thing on the screen */
    greeting_print(address, settings->base_path, settings->data);
}

/* Requests first, then the photos under way: what is not done by then goes on with the next start. True when all that
 * was under way has ended. */
static bool drain(const struct serve_settings *settings, struct service *service)
{
    int64_t begin = clock_monotonic_ns(), until = begin + settings->drain_timeout_ms * 1000000;
    log_info("draining", LOG_D("at_most_ms", settings->drain_timeout_ms * 1000000));
    unsigned cut = http_server_drain(service->server, settings->drain_timeout_ms);
    int64_t left = (until - clock_monotonic_ns()) / 1000000;
    pipeline_drain(service->pipeline, left > 0 ? left : 0);
    int64_t end = clock_monotonic_ns();
    log_info("drained", LOG_I("requests_cut", cut), LOG_D("ms", end - begin));
    return end < until;
}

/* A thread of the workflow may still wait, for a darkroom or a disk that hangs, and that for minutes. Its work was
 * given back to the store, which takes a sudden end as it takes a crash: nothing is lost. Requests that are left are
 * cut in order, because they take their files with them. */
static void end_at_once(struct service *service)
{
    http_server_close(service->server);
    log_close();
    _exit(0);
}

static enum status read_unsure(const char *name, enum moderation_action *ret_action, struct text *why)
{
    if (moderation_read_unsure(name, ret_action))
        return STATUS_OK;
    text_setf(why, "--when-unsure: \"%s\" is not refuse, hold or publish", name);
    return STATUS_INVALID;
}

/* What settings alone can be wrong about, before anything is made or opened. */
static enum status read_service(struct serve_settings *settings, struct arena *arena, struct service *service,
                                struct text *why)
{
    enum status status = reach_check_login(settings->listen, settings->open_login, why);
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

static int serve(struct serve_settings *settings, const sigset_t *ends, struct arena *arena)
{
    TEXT_CLEANUP struct text why = {0};
    struct service service = {.data_lock_fd = -1};
    int signal_number;
    enum status status = read_service(settings, arena, &service, &why);
    if (status == STATUS_OK)
        status = secure_descriptors(settings, &why);
    if (status == STATUS_OK)
        status = open_data(settings, arena, &why);
    if (status == STATUS_OK)
        status = open_service(settings, &service, &why);
    if (status == STATUS_OK) {
        announce(settings, &service);
        (void)sigwait(ends, &signal_number);
        if (!drain(settings, &service))
            end_at_once(&service);
    } else {
        (void)fprintf(stderr, "cloudphotos serve: %s\n", text_get(&why));
    }
    close_service(&service);
    return status == STATUS_OK ? 0 : status == STATUS_INVALID ? 2 : 1;
}

static int read_level(const char *name)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* Before any thread starts, the log's too, so that every thread leaves them to sigwait: one that did not would let a
 * second SIGTERM cut a drain short. */
static void block_signals(sigset_t *ret_ends)
{
    (void)sigemptyset(ret_ends);
    (void)sigaddset(ret_ends, SIGTERM);
    (void)sigaddset(ret_ends, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, ret_ends, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* By default the C library maps only ever larger blocks on their own, once one was freed, and keeps the others. */
static void bound_heap(void)
{
    enum { MAPPED = 128 << 10, KEPT = 4 << 20 };
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
}

static int run_serve(int argc, char **argv)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct serve_settings settings = {0}; /* a setting without a default stays NULL */
    sigset_t ends;
    bool help;
    enum status status = settings_read(&serve_table, argc - 1, argv + 1, &arena, &settings, NULL, &help, &why);
    int level = status == STATUS_OK && !help ? read_level(settings.log_level) : LOG_INFO;
    if (level < 0) {
        text_setf(&why, "--log-level: \"%s\" is not debug, info, warning or error", settings.log_level);
        status = STATUS_INVALID;
    }
    if (status != STATUS_OK)
        (void)fprintf(stderr, "cloudphotos serve: %s\n", text_get(&why));
    if (status != STATUS_OK || help)
        return status == STATUS_OK ? 0 : 2;
    bound_heap();
    restart_on_cut_files();
    block_signals(&ends);
    log_open(STDOUT_FILENO, (enum log_level)level);
    int code = serve(&settings, &ends, &arena);
    log_close();
    return code;
}

const struct command serve_command = {
    .name = "serve",
    .summary = "serves photos over HTTP",
    .run = run_serve,
};
