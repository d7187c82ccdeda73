/* cloudphotos serve: reads the settings, opens the service, and drains it at the end; the same for cloudphotos
 * worker. */
#include "serve.h"
#include "clock.h"
#include "commands.h"
#include "greeting.h"
#include "log.h"
#include "restart.h"
#include "service.h"
#include "service_manager.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void warn_of_programs(const struct service *service)
{
    const char *unsupported_labels = service->moderator->unsupported_labels;
    const char *caution = darkroom_caution(service->darkroom);
    if (caution[0])
        log_warning("darkroom", LOG_S("message", caution));
    if (unsupported_labels)
        log_warning("moderation", LOG_S("moderator", service->moderator->ops->name),
                    LOG_S("cannot_see", unsupported_labels));
}

static void announce(const struct serve_settings *settings, const struct service *service)
{
    TEXT_CLEANUP struct text store = {0};
    const char *address = service->server ? http_server_address(service->server) : NULL;
    store_show_address(settings->store, &store);
    log_info(settings->is_worker ? "working" : "serving", LOG_S("address", address),
             LOG_S("base_path", settings->base_path), LOG_S("data", settings->data), LOG_S("store", text_get(&store)),
             LOG_S("buckets", settings->buckets), LOG_S("version", CLOUDPHOTOS_VERSION));
    if (!settings->is_worker)
        log_warning("login", LOG_S("message", "No passwords: anyone who can reach this server can act as any user."));
    if (service->pipeline)
        warn_of_programs(service);
    log_flush(); /* so that the address is the last thing on the screen */
    if (!service_manager_tell("READY=1") && !settings->is_worker)
        greeting_print(address, settings->base_path, settings->data);
}

/* Requests first, then the photos under way: what is not done by then goes on with the next start. True when all that
 * was under way has ended. */
static bool drain(const struct serve_settings *settings, struct service *service)
{
    int64_t begin = clock_monotonic_ns(), until = begin + settings->drain_timeout_ms * 1000000;
    (void)service_manager_tell("STOPPING=1");
    log_info("draining", LOG_D("at_most_ms", settings->drain_timeout_ms * 1000000));
    unsigned cut = service->server ? http_server_drain(service->server, settings->drain_timeout_ms) : 0;
    int64_t left = (until - clock_monotonic_ns()) / 1000000;
    if (service->pipeline)
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
    if (service->server)
        http_server_close(service->server);
    log_close();
    _exit(0);
}

static int serve(struct serve_settings *settings, const sigset_t *ends, struct arena *arena)
{
    TEXT_CLEANUP struct text why = {0};
    struct service service = {0};
    int signal_number;
    enum status status = service_read(settings, arena, &service, &why);
    if (status == STATUS_OK)
        status = service_open(settings, arena, &service, &why);
    if (status == STATUS_OK) {
        announce(settings, &service);
        (void)sigwait(ends, &signal_number);
        if (!drain(settings, &service))
            end_at_once(&service);
    } else {
        (void)fprintf(stderr, "cloudphotos %s: %s\n", settings->is_worker ? "worker" : "serve", text_get(&why));
    }
    service_close(&service);
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

int serve_run(const struct settings_table *table, struct serve_settings *settings, int argc, char **argv)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    sigset_t ends;
    bool help;
    enum status status = settings_read(table, argc - 1, argv + 1, &arena, settings, NULL, &help, &why);
    int level = status == STATUS_OK && !help ? read_level(settings->log_level) : LOG_INFO;
    if (level < 0) {
        text_setf(&why, "--log-level: \"%s\" is not debug, info, warning or error", settings->log_level);
        status = STATUS_INVALID;
    }
    if (status != STATUS_OK)
        (void)fprintf(stderr, "cloudphotos %s: %s\n", table->command, text_get(&why));
    if (status != STATUS_OK || help)
        return status == STATUS_OK ? 0 : 2;
    bound_heap();
    restart_on_cut_files();
    block_signals(&ends);
    log_open(STDOUT_FILENO, (enum log_level)level);
    int code = serve(settings, &ends, &arena);
    log_close();
    return code;
}

static int run_serve(int argc, char **argv)
{
    struct serve_settings settings = {.listen = "127.0.0.1:8080", .workers = WORKERS_BY_CORES};
    return serve_run(&serve_table, &settings, argc, argv);
}

const struct command serve_command = {
    .name = "serve",
    .summary = "serves photos over HTTP",
    .run = run_serve,
};
