/* The parts of a fleet that need no processes: what HAProxy and a server say, and what is written down. */
#include "activity.h"
#include "balancer_private.h"
#include "check.h"
#include "instance.h"
#include "launcher.h"
#include "server_metrics.h"
#include "zone.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void zones_are_read(void)
{
    static const struct {
        const char *text, *name, *address, *network; /* name NULL: refused */
    } cases[] = {
        {"a", "a", "127.0.0.1", ""},
        {"north-1@10.1.2.3", "north-1", "10.1.2.3", ""},
        {"b@10.77.2.2%zone-b", "b", "10.77.2.2", "zone-b"},
        {"", NULL, NULL, NULL},
        {"a b", NULL, NULL, NULL},
        {"A", NULL, NULL, NULL},
        {"a@", NULL, NULL, NULL},
        {"a@localhost", NULL, NULL, NULL},
        {"a@10.1.2.3%", NULL, NULL, NULL},
        {"a@10.1.2.3%../x", NULL, NULL, NULL},
        {"a-name-of-17-char", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct zone zone;
        TEXT_CLEANUP struct text why = {0};
        check_case("zone \"%s\"", cases[i].text);
        if (!CHECK_INT(zone_parse(cases[i].text, &zone, &why), cases[i].name ? STATUS_OK : STATUS_INVALID)
            || !cases[i].name)
            continue;
        CHECK_STR(zone.name, cases[i].name);
        CHECK_STR(zone.address, cases[i].address);
        CHECK_STR(zone.network, cases[i].network);
    }
}

static void kinds_are_read(void)
{
    static const struct {
        const char *text;
        const struct launcher_ops *launcher; /* NULL: refused */
        int cpu_percent;
        int64_t memory_bytes;
    } cases[] = {
        {"process", &launcher_process, 0, 0},
        {"container", &launcher_container, 0, 0},
        {"t2.micro", &launcher_process, 100, 1LL << 30},
        {"container,t2.medium", &launcher_container, 200, 4LL << 30},
        {"cpu=20%", &launcher_process, 20, 0},
        {"process,cpu=15%,memory=256M", &launcher_process, 15, 256LL << 20},
        {"vm", NULL, 0, 0},
        {"cpu=20", NULL, 0, 0},
        {"cpu=0%", NULL, 0, 0},
        {"memory=much", NULL, 0, 0},
        {"process,", NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct instance_kind kind = {0};
        TEXT_CLEANUP struct text why = {0};
        check_case("kind \"%s\"", cases[i].text);
        CHECK_INT(instance_kind_parse(cases[i].text, &kind, &why), cases[i].launcher ? STATUS_OK : STATUS_INVALID);
        CHECK(kind.launcher == cases[i].launcher);
        CHECK_INT(kind.limits.cpu_percent, cases[i].cpu_percent);
        CHECK_INT(kind.limits.memory_bytes, cases[i].memory_bytes);
    }
}

static void statistics_are_read(void)
{
    static const char answer[] = "# pxname,svname,qcur,scur,stot,status,hrsp_5xx,req_tot,\n"
                                 "photos,FRONTEND,,7,100,OPEN,3,250,\n"
                                 "requests,a-1,0,2,120,UP,1,,\n"
                                 "requests,b-2,0,1,90,DRAIN 1/2,0,,\n"
                                 "requests,BACKEND,4,7,210,UP,1,,\n"
                                 "uploads,a-1,0,1,10,no check,2,,\n"
                                 "uploads,BACKEND,0,1,10,UP,2,,\n"
                                 "streams,b-2,0,5,30,no check,0,,\n"
                                 "streams,BACKEND,0,5,30,UP,0,,\n";
    static struct balancer_view view;
    TEXT_CLEANUP struct text why = {0};
    CHECK_INT(haproxy_read_stat(answer, &view, &why), STATUS_OK);
    CHECK_INT(view.total.requests, 250);
    CHECK_INT(view.total.errors, 3);
    CHECK_INT(view.total.in_work, 8);
    CHECK_INT(view.total.queued, 4);
    CHECK_INT(view.total.streams, 5);
    CHECK_INT(view.count, 2);
    CHECK_STR(view.servers[0].name, "a-1");
    CHECK_INT(view.servers[0].requests, 130);
    CHECK_INT(view.servers[0].errors, 3);
    CHECK_INT(view.servers[0].in_work, 3);
    CHECK(view.servers[0].is_up && !view.servers[0].is_draining);
    CHECK_INT(view.servers[1].streams, 5);
    CHECK(!view.servers[1].is_up && view.servers[1].is_draining);
    CHECK_INT(haproxy_read_stat("# pxname,svname,\n", &view, &why), STATUS_INVALID);
    CHECK_INT(haproxy_read_stat("", &view, &why), STATUS_INVALID);
}

static void metrics_of_a_server_are_read(void)
{
    TEXT_CLEANUP struct text page = {0};
    static const char *const bounds[] = {"0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",
                                         "0.25",  "0.5",    "1",     "2.5",  "5",     "10",   "+Inf"};
    static const char *const routes[] = {"/users", "/photos/{id}", "/photos/{id}/events"};
    text_add(&page, "# HELP cloudphotos_http_request_duration_seconds x\n");
    for (size_t route = 0; route < 3; route++)
        for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
            text_addf(&page, "cloudphotos_http_request_duration_seconds_bucket{route=\"%s\",le=\"%s\"} %zu\n",
                      routes[route], bounds[i], i < 3 ? 10 * i : 50);
    text_add(&page, "cloudphotos_queue_depth 17\n");
    struct server_metrics metrics = server_metrics_read(text_get(&page));
    CHECK_INT(metrics.queue_depth, 17);
    CHECK_INT(metrics.buckets[0], 0);
    CHECK_INT(metrics.buckets[2], 40);
    CHECK_INT(metrics.buckets[HISTOGRAM_BUCKETS - 1], 100);
    CHECK(fabs(server_metrics_percentile(metrics.buckets, 0.2) - 2.5) < 1e-9);
    CHECK(fabs(server_metrics_percentile(metrics.buckets, 0.7) - 7.5) < 1e-9);
    CHECK(fabs(server_metrics_percentile(metrics.buckets, 1) - 10) < 1e-9);
    metrics = server_metrics_read("not a page of metrics");
    CHECK(server_metrics_percentile(metrics.buckets, 0.5) == 0);
}

static void instances_are_written_down(void)
{
    struct instance read[4];
    size_t count;
    TEXT_CLEANUP struct text folder = {0}, path = {0}, why = {0};
    const char *run_folder = check_folder();
    text_addf(&folder, "%s/instances", run_folder);
    CHECK_INT(mkdir(text_get(&folder), 0700), 0);
    const struct instance written = {.name = "a-7",
                                     .zone = "a",
                                     .address = "127.0.0.1:18081",
                                     .pid = getpid(),
                                     .begun = process_begun(getpid()),
                                     .started_ms = 1000,
                                     .since_ms = 2000,
                                     .state = INSTANCE_DRAINING,
                                     .is_old = true};
    CHECK_INT(instance_write(run_folder, &written, &why), STATUS_OK);
    text_addf(&path, "%s/b-8", text_get(&folder));
    FILE *file = fopen(text_get(&path), "we");
    CHECK(file && fputs("{\"name\":\"b-8\"", file) >= 0 && fclose(file) == 0);
    CHECK_INT(instances_read(run_folder, read, 4, &count, &why), STATUS_OK);
    CHECK_INT(count, 1);
    CHECK_STR(read[0].name, "a-7");
    CHECK_STR(read[0].zone, "a");
    CHECK_STR(read[0].address, "127.0.0.1:18081");
    CHECK_INT(read[0].started_ms, 1000);
    CHECK_INT(read[0].since_ms, 2000);
    CHECK_INT(read[0].state, INSTANCE_DRAINING);
    CHECK(read[0].is_old);
    CHECK(process_is(read[0].pid, read[0].begun));
    CHECK(!process_is(read[0].pid, read[0].begun + 1));
    instance_forget(run_folder, &written);
    CHECK_INT(instances_read(run_folder, read, 4, &count, &why), STATUS_OK);
    CHECK_INT(count, 0);
}

static void activity_outlives_the_fleet(void)
{
    struct activity *activity;
    const char *run_folder = check_folder();
    size_t count;
    TEXT_CLEANUP struct text why = {0}, path = {0};
    CHECK_INT(activity_open(run_folder, &activity, &why), STATUS_OK);
    activity_add(activity, 1000, 1, 2, "From %d to %d: \"busy\".", 1, 2);
    activity_add(activity, 2000, 2, 2, "a-1 has ended.");
    activity_close(activity);
    text_addf(&path, "%s/activity.ndjson", run_folder);
    FILE *file = fopen(text_get(&path), "ae");
    CHECK(file && fputs("{\"at_ms\":3000,\"fr", file) >= 0 && fclose(file) == 0); /* cut by a crash */
    CHECK_INT(activity_open(run_folder, &activity, &why), STATUS_OK);
    const struct activity_entry *entries = activity_entries(activity, &count);
    CHECK_INT(count, 2);
    CHECK_STR(entries[0].sentence, "From 1 to 2: \"busy\".");
    CHECK_INT(entries[1].at_ms, 2000);
    const struct scaling_action *actions = activity_actions(activity, &count);
    CHECK_INT(count, 1);
    CHECK_INT(actions[0].to, 2);
    activity_add(activity, 4000, 2, 2, "b-2 has ended.");
    activity_close(activity);
    CHECK_INT(activity_open(run_folder, &activity, &why), STATUS_OK);
    (void)activity_entries(activity, &count);
    CHECK_INT(count, 3);
    activity_close(activity);
}

CHECK_MAIN({"a zone is a name, an address and a network", zones_are_read},
           {"a kind of instance is a launcher and limits", kinds_are_read},
           {"HAProxy's statistics become figures of each server", statistics_are_read},
           {"a server's metrics become latencies and a queue", metrics_of_a_server_are_read},
           {"an instance that was written down is found again", instances_are_written_down},
           {"the activity history outlives the fleet", activity_outlives_the_fleet})
