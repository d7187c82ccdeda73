/* cloudphotos fleet: HAProxy and servers behind it, and the commands to one that runs. */
#include "commands.h"
#include "control.h"
#include "dashboard.h"
#include "fleet_settings.h"
#include "json.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TICK_MS = 250 };

/* Until a signal to end has come and all have ended. A command is answered between two ticks. */
static void tick_until_told(struct fleet *fleet, struct control *control, struct dashboard *dashboard, int signals)
{
    struct pollfd events[] = {{.fd = signals, .events = POLLIN}, {.fd = control_fd(control), .events = POLLIN}};
    bool ends = false;
    while (!ends || !fleet_ends(fleet)) {
        fleet_tick(fleet);
        dashboard_show(dashboard, fleet);
        if (poll(events, 2, TICK_MS) <= 0)
            continue;
        if (events[0].revents & POLLIN) {
            struct signalfd_siginfo told;
            ends = read(signals, &told, sizeof told) == sizeof told || ends;
        }
        if (events[1].revents & POLLIN)
            control_serve(control, fleet);
    }
}

static enum status run_fleet(const struct fleet_settings *settings, const struct fleet_flags *flags, struct text *why)
{
    struct fleet *fleet = NULL;
    struct control *control = NULL;
    struct dashboard *dashboard = NULL;
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    if (mkdir(flags->serve.data, 0700) != 0 && errno != EEXIST) {
        text_setf(why, "the data folder %s can't be created: %s", flags->serve.data, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    enum status status = dashboard_open(flags->dashboard, &dashboard, why);
    if (status == STATUS_OK)
        status = fleet_open(settings, &fleet, why);
    if (status == STATUS_OK)
        status = control_open(settings->run_folder, &control, why);
    int signals = signalfd(-1, &ends, SFD_CLOEXEC);
    if (status == STATUS_OK && signals >= 0) {
        printf("Cloud Photos runs at %s://%s/, its fleet is shown at http://%s/\n",
               settings->balancer.certificate ? "https" : "http", settings->balancer.listen,
               dashboard_address(dashboard));
        (void)fflush(stdout);
        tick_until_told(fleet, control, dashboard, signals);
    }
    dashboard_close(dashboard);
    control_close(control);
    if (signals >= 0)
        (void)close(signals);
    fleet_close(fleet);
    return status;
}

static void print_instance(const json_t *instance)
{
    printf("  %-12s %-8s %-11s %-22s %7lld %s\n", json_string_value(json_object_get(instance, "name")),
           json_string_value(json_object_get(instance, "zone")), json_string_value(json_object_get(instance, "state")),
           json_string_value(json_object_get(instance, "address")),
           (long long)json_integer_value(json_object_get(instance, "pid")),
           json_string_value(json_object_get(instance, "since")));
}

static enum status print_status(const struct text *answer, struct text *why)
{
    enum { LAST = 10 };
    JSON_CLEANUP json_t *fleet = NULL;
    size_t i;
    json_t *entry;
    enum status status = json_parse(text_get(answer), answer->length, &fleet, why);
    if (status != STATUS_OK)
        return status;
    printf("%lld wanted (%lld to %lld, policy %s), %lld warm; %lld requests at work, %lld waiting\n\n",
           (long long)json_integer_value(json_object_get(fleet, "wanted")),
           (long long)json_integer_value(json_object_get(fleet, "minimum")),
           (long long)json_integer_value(json_object_get(fleet, "maximum")),
           json_string_value(json_object_get(fleet, "policy")),
           (long long)json_integer_value(json_object_get(fleet, "warm")),
           (long long)json_integer_value(json_object_get(fleet, "in_work")),
           (long long)json_integer_value(json_object_get(fleet, "queued")));
    printf("  %-12s %-8s %-11s %-22s %7s %s\n", "NAME", "ZONE", "STATE", "ADDRESS", "PID", "SINCE");
    json_array_foreach(json_object_get(fleet, "instances"), i, entry) print_instance(entry);
    const json_t *activity = json_object_get(fleet, "activity");
    size_t count = json_array_size(activity);
    printf("\n");
    for (i = count > LAST ? count - LAST : 0; i < count; i++) {
        entry = json_array_get(activity, i);
        printf("  %s  %s\n", json_string_value(json_object_get(entry, "at")),
               json_string_value(json_object_get(entry, "activity")));
    }
    return STATUS_OK;
}

static enum status tell(const struct fleet_settings *settings, const struct settings_words *words, bool json,
                        struct text *why)
{
    TEXT_CLEANUP struct text command = {0}, answer = {0};
    for (size_t i = 0; i < words->count; i++)
        text_addf(&command, "%s%s", i ? " " : "", words->words[i]);
    enum status status = control_ask(settings->run_folder, text_get(&command), &answer, why);
    if (status != STATUS_OK)
        return status;
    if (strcmp(words->words[0], "status") == 0 && !json)
        return print_status(&answer, why);
    printf("%s\n", text_get(&answer));
    return STATUS_OK;
}

static int run(int argc, char **argv)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct fleet_flags flags = {.serve.workers = WORKERS_BY_CORES};
    struct fleet_settings settings;
    struct settings_words words;
    bool help;
    enum status status = fleet_flags_read(argc - 1, argv + 1, &arena, &flags, &words, &help, &why);
    if (status == STATUS_OK && help)
        return 0;
    if (status == STATUS_OK)
        status = fleet_settings_make(&flags, &arena, &settings, &why);
    if (status == STATUS_OK)
        status = words.count ? tell(&settings, &words, flags.json, &why) : run_fleet(&settings, &flags, &why);
    if (status != STATUS_OK)
        (void)fprintf(stderr, "cloudphotos fleet: %s\n", text_get(&why));
    return status == STATUS_OK ? 0 : status == STATUS_INVALID ? 2 : 1;
}

const struct command fleet_command = {
    .name = "fleet",
    .summary = "run HAProxy and as many servers behind it as the load needs",
    .run = run,
};
