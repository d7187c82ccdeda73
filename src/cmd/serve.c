/* cloudphotos serve: wires store, buckets, darkroom, moderator, workflow and HTTP together, and takes them down in
 * order. */
#include "api.h"
#include "clock.h"
#include "commands.h"
#include "data_folder.h"
#include "descriptors.h"
#include "greeting.h"
#include "log.h"
#include "pipeline.h"
#include "reach.h"
#include "restart.h"
#include "resumable.h"
#include "settings.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct serve_settings {
    const char *listen, *data, *store, *buckets, *uploads, *moderator, *models, *when_unsure, *refuse_labels,
        *log_level;
    const char *rekognition_region, *rekognition_endpoint, *rekognition_label_only, *rekognition_hold;
    bool open_login;
    const char *base_path;
    struct settings_list allow_origin, trusted_proxy;
    int64_t event_threads, pool_threads, workers, darkrooms;
    int64_t connections, connections_each, streams, streams_each, answers_memory;
    int64_t max_upload, max_partials, max_partials_bytes, disk_reserve, max_pixels, max_side, max_frames;
    int64_t max_pending;
    int64_t idle_timeout_ms, header_timeout_ms, drain_timeout_ms;
    int64_t darkroom_timeout_ms, darkroom_memory;
    int64_t moderators, moderator_timeout_ms, moderator_memory;
    int64_t history_ms, keep_failed_ms;
};

#define FIELD(name) offsetof(struct serve_settings, name)
static const struct setting rows[] = {
    {"listen", SETTING_STRING, FIELD(listen), "127.0.0.1:8080", 0, 0, "ADDRESS:PORT",
     "address to listen on; port 0: any free port"},
    {"data", SETTING_STRING, FIELD(data), "./data", 0, 0, "FOLDER", "folder for photos and database"},
    {"store", SETTING_STRING, FIELD(store), NULL, 0, 0, "ADDRESS", "metadata store; default: sqlite:FOLDER/photos.db"},
    {"buckets", SETTING_STRING, FIELD(buckets), NULL, 0, 0, "ADDRESS",
     "image store: file:FOLDER, or s3://PREFIX?region=REGION (docs/operations.md); default: file:FOLDER/buckets"},
    {"moderator", SETTING_STRING, FIELD(moderator), "onnx", 0, 0, "NAME",
     "what moderates photos before they are published: onnx (models on this machine), rekognition (Amazon) or none"},
    {"models", SETTING_STRING, FIELD(models), NULL, 0, 0, "FOLDER",
     "folder of the local moderator's models; default: next to the program"},
    {"moderators", SETTING_INTEGER, FIELD(moderators), "0", 0, 256, "N",
     "moderator processes; 0: one per core. With Rekognition, concurrent requests; 0: 16"},
    {"moderator-timeout", SETTING_SECONDS, FIELD(moderator_timeout_ms), "20s", 100, 3600000, "TIME",
     "time limit for moderating one photo"},
    {"moderator-memory", SETTING_BYTES, FIELD(moderator_memory), "256M", 64 << 20, 64LL << 30, "SIZE",
     "memory limit for moderating one photo, on top of the models"},
    {"when-unsure", SETTING_STRING, FIELD(when_unsure), "refuse", 0, 0, "ACTION",
     "what happens to photos refused with less than 75% confidence: refuse, hold (a person decides) or publish"},
    {"refuse-labels", SETTING_STRING, FIELD(refuse_labels), NULL, 0, 0, "NAMES",
     "labels of the local moderator, comma-separated, that refuse a photo although they are only recorded by default"},
    {"rekognition-region", SETTING_STRING, FIELD(rekognition_region), NULL, 0, 0, "NAME",
     "AWS region; default: AWS_REGION, then ~/.aws/config"},
    {"rekognition-endpoint", SETTING_STRING, FIELD(rekognition_endpoint), NULL, 0, 0, "URL",
     "use this Rekognition-compatible service instead"},
    {"rekognition-label-only", SETTING_STRING, FIELD(rekognition_label_only), NULL, 0, 0, "NAMES",
     "Rekognition labels, comma-separated, that are recorded only; covers the labels below them"},
    {"rekognition-hold", SETTING_STRING, FIELD(rekognition_hold), NULL, 0, 0, "NAMES",
     "Rekognition labels, comma-separated, that hold a photo for review; covers the labels below them"},
    {"open-login", SETTING_SWITCH, FIELD(open_login), "no", 0, 0, NULL,
     "allow --listen on addresses other than loopback, although there are no passwords"},
    {"allow-origin", SETTING_LIST, FIELD(allow_origin), NULL, 0, 0, "ORIGIN",
     "other origins whose pages may make changes: https://photos.example, or * for any; may be repeated"},
    {"base-path", SETTING_STRING, FIELD(base_path), "/", 0, 0, "PATH",
     "the path below which everything is served: /photos; a proxy passes it on unchanged"},
    {"trusted-proxy", SETTING_LIST, FIELD(trusted_proxy), NULL, 0, 0, "ADDRESSES",
     "proxies whose X-Forwarded headers are believed: addresses, ranges such as 10.0.0.0/8, loopback or private, "
     "comma-separated; may be repeated"},
    {"max-upload", SETTING_BYTES, FIELD(max_upload), "64M", 1024, 4LL << 30, "SIZE", "maximum size of a photo"},
    {"max-partials", SETTING_INTEGER, FIELD(max_partials), "32", 1, 1 << 20, "N",
     "maximum unfinished resumable uploads per author"},
    {"max-partials-bytes", SETTING_BYTES, FIELD(max_partials_bytes), "16G", 1 << 20, 1LL << 50, "SIZE",
     "space for unfinished resumable uploads; one address can take half of it, one author a quarter"},
    {"disk-reserve", SETTING_BYTES, FIELD(disk_reserve), "0", 0, 1LL << 50, "SIZE",
     "disk space that new photos leave free; 0: 5% of the disk, at most 1G"},
    {"max-pending", SETTING_INTEGER, FIELD(max_pending), "1000", 1, 1 << 20, "N",
     "maximum photos in processing per author"},
    {"max-pixels", SETTING_INTEGER, FIELD(max_pixels), "250000000", 1, 1LL << 40, "N",
     "maximum pixels of a photo, all frames together; memory and time limits also apply"},
    {"max-side", SETTING_INTEGER, FIELD(max_side), "100000", 1, 1LL << 31, "N",
     "maximum pixels on a photo's longer side"},
    {"max-frames", SETTING_INTEGER, FIELD(max_frames), "1000", 1, 1 << 20, "N", "maximum frames of an animation"},
    {"event-threads", SETTING_INTEGER, FIELD(event_threads), "0", 0, 256, "N", "event-loop threads; 0: one per core"},
    {"pool-threads", SETTING_INTEGER, FIELD(pool_threads), "32", 1, 1024, "N",
     "threads for requests that wait for a disk or another machine"},
    {"connections", SETTING_INTEGER, FIELD(connections), "8192", 16, 1 << 20, "N", "maximum open connections"},
    {"connections-per-address", SETTING_INTEGER, FIELD(connections_each), "0", 0, 1 << 20, "N",
     "maximum from one address; 0: no limit. Clients of a trusted proxy count by their requests"},
    {"event-streams", SETTING_INTEGER, FIELD(streams), "0", 0, 1 << 20, "N",
     "maximum open event streams; 0: a quarter of the connections"},
    {"event-streams-per-address", SETTING_INTEGER, FIELD(streams_each), "0", 0, 1 << 20, "N",
     "maximum to one address; 0: a quarter of all"},
    {"answers-memory", SETTING_BYTES, FIELD(answers_memory), "64M", 1 << 20, 64LL << 30, "SIZE",
     "memory for responses that clients haven't read yet, in total"},
    {"idle-timeout", SETTING_SECONDS, FIELD(idle_timeout_ms), "30s", 100, 3600000, "TIME",
     "how long a connection may be idle between requests"},
    {"header-timeout", SETTING_SECONDS, FIELD(header_timeout_ms), "10s", 100, 3600000, "TIME",
     "time limit for a request's header"},
    {"drain-timeout", SETTING_SECONDS, FIELD(drain_timeout_ms), "30s", 0, 3600000, "TIME",
     "how long SIGTERM waits for requests and photos in progress"},
    {"darkrooms", SETTING_INTEGER, FIELD(darkrooms), "0", 0, 256, "N",
     "darkroom processes, which decode and resize photos; 0: one per core"},
    {"darkroom-timeout", SETTING_SECONDS, FIELD(darkroom_timeout_ms), "20s", 100, 3600000, "TIME",
     "time limit for one photo in a darkroom"},
    {"darkroom-memory", SETTING_BYTES, FIELD(darkroom_memory), "512M", 64 << 20, 64LL << 30, "SIZE",
     "memory limit for one photo in a darkroom"},
    {"history", SETTING_SECONDS, FIELD(history_ms), "7d", 0, 0, "TIME",
     "how long finished workflow executions are kept"},
    {"keep-failed", SETTING_SECONDS, FIELD(keep_failed_ms), "1d", 0, 0, "TIME",
     "how long to keep originals that failed through a server fault, so that you can retry them"},
    {"log-level", SETTING_STRING, FIELD(log_level), "info", 0, 0, "LEVEL",
     "least severe level to log: debug, info, warning or error"},
};
static const struct settings_table table = {
    .command = "serve",
    .summary =
        "Usage: cloudphotos serve [OPTIONS]\n\nServes photos until SIGTERM or SIGINT. Logs JSON lines to stdout.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

struct service {
    struct origin_list allowed_origins;
    struct proxy_list proxies;
    enum moderation_action when_unsure;
    struct store *store;
    struct blob *blob;
    int data_lock_fd; /* or -1 */
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
    if (!settings->store)
        settings->store = arena_printf(arena, "sqlite:%s/photos.db", settings->data);
    if (!settings->buckets)
        settings->buckets = arena_printf(arena, "file:%s/buckets", settings->data);
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
    log_info("serving", LOG_S("address", address), LOG_S("base_path", settings->base_path),
             LOG_S("data", settings->data), LOG_S("store", settings->store), LOG_S("buckets", settings->buckets),
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
 * cut in order, for they take their files with them. */
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
    enum status status = settings_read(&table, argc - 1, argv + 1, &arena, &settings, NULL, &help, &why);
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
