/* The scaling policies on tables of histories: a load a second for each stretch of time, an instance's share of it, and
 * what was wanted when. */
#include "check.h"
#include "scaling.h"

#include <math.h>

/* The settings of the original, and the defaults of the rest. */
static const struct scaling_settings original = {
    .minimum = 1,
    .maximum = 4,
    .period_ms = 60000,
    .out_above = 2400,
    .in_below = 1200,
    .out_datapoints = 1,
    .in_datapoints = 2,
    .out_warm_up_ms = 240000,
    .in_warm_up_ms = 180000,
    .target_requests = 1800,
    .target_concurrency = 8,
    .stable_ms = 60000,
    .panic_ms = 6000,
    .panic_threshold = 2,
    .jobs_per_instance = 100,
};

struct stretch {
    int seconds;
    int64_t requests;   /* a second, in total */
    double concurrency; /* of all instances */
    int64_t jobs;
    bool unmeasured;
};

#define REQUESTS(count_seconds, a_second)                                                                              \
    {                                                                                                                  \
        .seconds = (count_seconds), .requests = (a_second)                                                             \
    }
#define WORK(count_seconds, in_work)                                                                                   \
    {                                                                                                                  \
        .seconds = (count_seconds), .concurrency = (in_work)                                                           \
    }
#define UNMEASURED(count_seconds)                                                                                      \
    {                                                                                                                  \
        .seconds = (count_seconds), .unmeasured = true                                                                 \
    }

enum { STRETCHES = 6, POINTS = 4000, ACTIONS = 64 };

/* Plays the stretches, deciding at each second; instances are in service as soon as they are wanted. Writes the numbers
 * wanted one after the other: "1 2 3". */
static void play(const struct scaling_policy *policy, const struct scaling_settings *settings,
                 const struct stretch stretches[STRETCHES], int begin, struct text *ret_wanted,
                 struct text *ret_last_why)
{
    static struct scaling_point points[POINTS];
    static struct scaling_action actions[ACTIONS];
    struct scaling_history history = {.points = points, .actions = actions};
    TEXT_CLEANUP struct text why = {0};
    int wanted = begin;
    int64_t now_ms = 0;
    text_addf(ret_wanted, "%d", wanted);
    for (int i = 0; i < STRETCHES; i++)
        for (int second = 0; second < stretches[i].seconds; second++) {
            const struct stretch *stretch = &stretches[i];
            now_ms += 1000;
            if (!stretch->unmeasured)
                points[history.point_count++] = (struct scaling_point){.at_ms = now_ms,
                                                                       .requests = stretch->requests,
                                                                       .concurrency = stretch->concurrency,
                                                                       .jobs = stretch->jobs,
                                                                       .in_service = wanted};
            int decided = scaling_decide(policy, settings, &history, now_ms, wanted, &why);
            CHECK_INT(why.length > 0, decided != wanted);
            if (decided == wanted)
                continue;
            actions[history.action_count++] = (struct scaling_action){now_ms, wanted, decided};
            wanted = decided;
            text_addf(ret_wanted, " %d", wanted);
            text_setf(ret_last_why, "%s", text_get(&why));
        }
}

struct scene {
    const char *name;
    struct stretch stretches[STRETCHES];
    int begin;
    const char *wanted;
    const char *why; /* words in the last sentence; NULL: any */
};

static void play_scenes(const struct scaling_policy *policy, const struct scene *scenes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TEXT_CLEANUP struct text wanted = {0}, why = {0};
        check_case("%s: %s", policy->name, scenes[i].name);
        play(policy, &original, scenes[i].stretches, scenes[i].begin, &wanted, &why);
        CHECK_STR(text_get(&wanted), scenes[i].wanted);
        if (scenes[i].why && !CHECK(strstr(text_get(&why), scenes[i].why) != NULL))
            CHECK_STR(text_get(&why), scenes[i].why);
    }
}

static void steps_follow_the_alarms(void)
{
    static const struct scene scenes[] = {
        {"between the lines, nothing happens", {REQUESTS(600, 30)}, 1, "1", NULL},
        {"on the line is not above it", {REQUESTS(600, 40)}, 1, "1", NULL},
        {"one datapoint above adds one",
         {REQUESTS(61, 41)},
         1,
         "1 2",
         "2460 requests a minute per instance in 1 datapoint, above"},
        {"and nothing more while that one warms up", {REQUESTS(60 + 239, 200)}, 1, "1 2", NULL},
        {"then the next", {REQUESTS(60 + 300, 200)}, 1, "1 2 3", NULL},
        {"the maximum holds", {REQUESTS(3000, 2000)}, 1, "1 2 3 4", NULL},
        {"one datapoint below doesn't remove", {REQUESTS(60, 50), REQUESTS(60, 30), REQUESTS(60, 60)}, 2, "2", NULL},
        {"two do", {REQUESTS(60, 50), REQUESTS(120, 30)}, 2, "2 1", "in 2 datapoints, below the alarm's 1200"},
        {"the minimum holds", {REQUESTS(3000, 0)}, 2, "2 1", NULL},
        {"fewer, then fewer only after 180 s and two datapoints", {REQUESTS(120 + 60 + 120 - 1, 10)}, 4, "4 3", NULL},
        {"a datapoint of which half is missing says nothing",
         {UNMEASURED(35), REQUESTS(25, 100), UNMEASURED(30)},
         1,
         "1",
         NULL},
        {"one of which less is missing does", {UNMEASURED(25), REQUESTS(35, 100)}, 1, "1 2", NULL},
        {"below the minimum comes back at once", {REQUESTS(1, 0)}, 0, "0 1", "the minimum is 1"},
        {"above the maximum as well", {REQUESTS(1, 1000)}, 9, "9 4", "the maximum is 4"},
        /* The ramp of the paper: 20, 60, 100, 60, 20 users. */
        {"the paper's ramp",
         {REQUESTS(300, 20), REQUESTS(600, 60), REQUESTS(600, 100), REQUESTS(600, 60), REQUESTS(900, 20)},
         1,
         "1 2 3 2 1",
         NULL},
    };
    play_scenes(&policy_step, scenes, sizeof scenes / sizeof scenes[0]);
}

static void targets_are_tracked(void)
{
    static const struct scene scenes[] = {
        {"at the target, nothing happens", {REQUESTS(600, 30)}, 1, "1", NULL},
        {"above it, the number that is needed, at once",
         {REQUESTS(60, 100)},
         1,
         "1 4",
         "6000 requests a minute per instance, the target is 1800"},
        {"a little below, nothing", {REQUESTS(600, 55)}, 2, "2", NULL},
        {"well below for two datapoints, fewer", {REQUESTS(120, 29)}, 4, "4 1", NULL},
        {"by the busier of them", {REQUESTS(60, 29), REQUESTS(60, 59), REQUESTS(60, 29)}, 4, "4 2", NULL},
        {"not while the last one warms up", {REQUESTS(60, 100), REQUESTS(230, 0)}, 1, "1 4", NULL},
        {"nothing measured, nothing decided", {UNMEASURED(600)}, 3, "3", NULL},
    };
    play_scenes(&policy_target, scenes, sizeof scenes / sizeof scenes[0]);
}

static void concurrency_is_followed(void)
{
    static const struct scene scenes[] = {
        {"at the target, nothing happens", {WORK(600, 8)}, 1, "1", NULL},
        {"nothing to do leaves the minimum", {WORK(600, 0)}, 1, "1", NULL},
        {"a little more than one can do needs two, by the long window",
         {WORK(60, 8), WORK(60, 10)},
         1,
         "1 2",
         "requests in work on average of 60 s"},
        {"a burst is answered within its window by what it needs",
         {WORK(60, 8), WORK(6, 32)},
         1,
         "1 2 3 4",
         "a burst needs 4"},
        {"a burst at the first second jumps", {WORK(1, 32)}, 1, "1 4", "average of 60 s"},
        {"after a burst, nothing is removed until the long window has passed",
         {WORK(60, 8), WORK(10, 32), WORK(50, 0)},
         1,
         "1 2 3 4",
         NULL},
        {"then it is", {WORK(60, 8), WORK(10, 32), WORK(120, 0)}, 1, "1 2 3 4 1", NULL},
        {"waiting executions count", {{.seconds = 60, .concurrency = 1, .jobs = 250}}, 1, "1 3", "250 executions wait"},
        {"nothing measured, nothing decided", {UNMEASURED(600)}, 3, "3", NULL},
        {"little measured, nothing removed", {WORK(29, 1)}, 3, "3", NULL},
        {"half of the long window is enough", {WORK(30, 1)}, 3, "3 1", NULL},
    };
    play_scenes(&policy_concurrency, scenes, sizeof scenes / sizeof scenes[0]);
}

static void policies_have_names(void)
{
    TEXT_CLEANUP struct text names = {0};
    scaling_policy_names(&names);
    CHECK_STR(text_get(&names), "step, target, concurrency");
    CHECK(scaling_policy_find("step") == &policy_step);
    CHECK(scaling_policy_find("steps") == NULL);
}

CHECK_MAIN({"the step policy follows the alarms of the original", steps_follow_the_alarms},
           {"the target policy keeps the requests of each at the target", targets_are_tracked},
           {"the concurrency policy follows what is in work", concurrency_is_followed},
           {"a policy is found by its name", policies_have_names})
