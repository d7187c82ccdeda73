/* Walks the JSON files in asl: a definition with its input and the answers of its tasks, against the exact history of
 * events. Each case runs twice: in one go, and with another interpreter taking over after every transition. */
#include "asl_drive.h"
#include "check.h"
#include "execution_data.h"
#include "recovery.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *load(const char *path)
{
    json_error_t error;
    json_t *value = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        printf("# %s: line %d: %s\n", path, error.line, error.text);
    return value;
}

static void check_json(const json_t *actual, const json_t *expected, const char *what)
{
    TEXT_CLEANUP struct text actual_text = {0};
    TEXT_CLEANUP struct text expected_text = {0};
    if (actual)
        json_add(&actual_text, actual);
    if (expected)
        json_add(&expected_text, expected);
    bool same = actual && expected ? json_equal(actual, expected) : actual == expected;
    if (!CHECK(same))
        printf("# %s: %s, not %s\n", what, text_get(&actual_text), text_get(&expected_text));
}

/* Expected events are lines, or {"event": line, "detail": all of it}. */
static void check_events(const json_t *events, const json_t *expected)
{
    TEXT_CLEANUP struct text line = {0};
    size_t count = json_array_size(expected);
    CHECK_INT(json_array_size(events), count);
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i), *wanted = json_array_get(expected, i);
        const json_t *detail = json_object_get(wanted, "detail");
        const char *wanted_line = json_string_value(detail ? json_object_get(wanted, "event") : wanted);
        drive_line(event, &line);
        CHECK_STR(text_get(&line), wanted_line ? wanted_line : "(nothing more)");
        if (detail)
            check_json(json_object_get(event, "detail"), detail, wanted_line);
    }
}

static void check_end(const struct drive *drive, const json_t *expected)
{
    const struct interpreter *interpreter = drive->interpreter;
    const json_t *output = json_object_get(expected, "output"), *cause = json_object_get(expected, "cause");
    bool succeeds = output != NULL;
    CHECK_INT(interpreter_get_status(interpreter), succeeds ? EXECUTION_SUCCEEDED : EXECUTION_FAILED);
    check_json(interpreter_get_output(interpreter), output, "output");
    const char *error = interpreter_get_error(interpreter);
    if (!succeeds)
        CHECK_STR(error ? error : "", json_string_value(json_object_get(expected, "error")));
    if (cause)
        CHECK_STR(interpreter_get_cause(interpreter), json_string_value(cause));
    const json_t *inputs = json_object_get(expected, "inputs");
    if (inputs)
        check_json(drive->inputs, inputs, "inputs of the tasks");
}

static void run_case(const json_t *row, bool takes_over)
{
    TEXT_CLEANUP struct text definition = {0};
    TEXT_CLEANUP struct text data = {0};
    TEXT_CLEANUP struct text why = {0};
    JSON_CLEANUP json_t *empty = json_object();
    const json_t *input = json_object_get(row, "input");
    struct drive drive;
    json_add(&definition, json_object_get(row, "definition"));
    execution_data_initial(input ? input : empty, &data);
    enum status status =
        drive_open(&drive, text_get(&definition), text_get(&data), json_object_get(row, "tasks"), &why);
    drive.takes_over = takes_over;
    if (CHECK_STR(text_get(&why), "") && status == STATUS_OK && CHECK(drive_run(&drive))) {
        check_events(drive.events, json_object_get(row, "events"));
        check_end(&drive, row);
    }
    drive_release(&drive);
}

static void run_file(const char *name)
{
    char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", ASL_CASES, name);
    JSON_CLEANUP json_t *rows = load(path);
    CHECK(json_array_size(rows) > 0);
    for (size_t i = 0; i < json_array_size(rows); i++)
        for (int takes_over = 0; takes_over < 2; takes_over++) {
            const json_t *row = json_array_get(rows, i);
            check_case("%s: %s%s", name, json_string_value(json_object_get(row, "name")),
                       takes_over ? " (taken over)" : "");
            run_case(row, takes_over);
        }
}

static int is_history(const struct dirent *entry)
{
    const char *suffix = strrchr(entry->d_name, '.');
    return suffix && strcmp(suffix, ".json") == 0 && strncmp(entry->d_name, "refused", 7) != 0;
}

static void test_histories(void)
{
    struct dirent **files;
    int count = scandir(ASL_CASES, &files, is_history, alphasort);
    CHECK(count > 0);
    for (int i = 0; i < count; i++) {
        run_file(files[i]->d_name);
        free(files[i]);
    }
    free(files);
}

/* ---- Going on after a failure ---- */

#define TWO_TASKS                                                                                                      \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"a\",\"ResultPath\":\"$.a\",\"Next\":"      \
    "\"B\"},"                                                                                                          \
    "\"B\":{\"Type\":\"Task\",\"Resource\":\"b\",\"ResultPath\":\"$.b\",\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"]," \
    "\"Next\":\"Sorry\"}],\"End\":true},\"Sorry\":{\"Type\":\"Fail\",\"Error\":\"Sorry\"}}}"

static void fail_at_b(struct drive *drive)
{
    JSON_CLEANUP json_t *answers = json_pack("{s:[{s:i}],s:[{s:s}]}", "a", "output", 1, "b", "error", "Broken");
    CHECK_INT(drive_open(drive, TWO_TASKS, "{\"input\":{\"x\":0}}", answers, NULL), STATUS_OK);
    CHECK(drive_run(drive));
    CHECK_STR(interpreter_get_error(drive->interpreter), "Sorry");
}

static void go_on(const char *data, const char *first_event, size_t calls_of_a)
{
    JSON_CLEANUP json_t *answers = json_pack("{s:[{s:i}],s:[{s:i}]}", "a", "output", 1, "b", "output", 2);
    JSON_CLEANUP json_t *expected = json_pack("{s:i,s:i,s:i}", "x", 0, "a", 1, "b", 2);
    struct drive drive;
    CHECK_INT(drive_open(&drive, TWO_TASKS, data, answers, NULL), STATUS_OK);
    CHECK(drive_run(&drive));
    check_json(interpreter_get_output(drive.interpreter), expected, "output");
    CHECK_STR(json_string_value(json_object_get(json_array_get(drive.events, 0), "type")), first_event);
    CHECK_INT(json_integer_value(json_object_get(drive.calls, "a")), calls_of_a);
    drive_release(&drive);
}

static void test_retrying(void)
{
    TEXT_CLEANUP struct text data = {0};
    TEXT_CLEANUP struct text why = {0};
    struct drive drive;
    fail_at_b(&drive);
    check_case("from the start, with the input of the execution");
    CHECK_INT(execution_data_restart(drive.execution.data, &data, &why), STATUS_OK);
    go_on(text_get(&data), "ExecutionStarted", 1);
    check_case("from the state whose work failed, not from the Fail state that its catcher led to");
    CHECK_INT(execution_data_resume(drive.definition, drive.execution.data, &data, &why), STATUS_OK);
    go_on(text_get(&data), "ExecutionRedriven", 0);
    check_case("nothing has failed yet");
    CHECK_INT(execution_data_resume(drive.definition, "{\"input\":{}}", &data, &why), STATUS_INVALID);
    CHECK_STR(text_get(&why), "no state has failed: start from the beginning");
    check_case("broken data");
    CHECK_INT(execution_data_restart("{\"input\":", &data, &why), STATUS_INVALID);
    CHECK_INT(execution_data_restart("{}", &data, &why), STATUS_INVALID);
    drive_release(&drive);
}

/* ---- The limit of data ---- */

/* A string that with its quotes has so many bytes as JSON. */
static json_t *string_of(size_t bytes)
{
    TEXT_CLEANUP struct text text = {0};
    while (text.length < bytes - 2)
        text_addc(&text, 'x');
    return json_string(text_get(&text));
}

static const struct {
    const char *name, *state;
    size_t input, output; /* bytes */
    const char *error;    /* NULL: it succeeds */
} sizes[] = {
    {"an output that just fits", "\"Resource\":\"a\"", 2, 262144, NULL},
    {"an output that does not", "\"Resource\":\"a\"", 2, 262145, "States.DataLimitExceeded"},
    {"an input of the execution that just fits", "\"Resource\":\"a\"", 262144, 2, NULL},
    {"an input of the execution that does not", "\"Resource\":\"a\"", 262145, 2, "States.DataLimitExceeded"},
    {"Parameters that make it larger", "\"Resource\":\"a\",\"Parameters\":{\"a.$\":\"$\",\"b.$\":\"$\"}", 140000, 2,
     "States.DataLimitExceeded"},
    {"a result beside the input", "\"Resource\":\"a\",\"Parameters\":{},\"InputPath\":null,\"ResultPath\":\"$.y\"",
     140000, 140000, "States.DataLimitExceeded"},
    {"an output that is dropped", "\"Resource\":\"a\",\"ResultPath\":null", 2, 262145, "States.DataLimitExceeded"},
};

static void test_sizes(void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        TEXT_CLEANUP struct text definition = {0};
        TEXT_CLEANUP struct text data = {0};
        JSON_CLEANUP json_t *answers = json_pack("{s:[{s:o}]}", "a", "output", string_of(sizes[i].output));
        bool in_object = strstr(sizes[i].state, "$.y") != NULL; /* where something can be put */
        JSON_CLEANUP json_t *input =
            in_object ? json_pack("{s:o}", "x", string_of(sizes[i].input)) : string_of(sizes[i].input);
        struct drive drive;
        check_case("%s", sizes[i].name);
        text_addf(&definition, "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",%s,\"End\":true}}}",
                  sizes[i].state);
        execution_data_initial(input, &data);
        CHECK_INT(drive_open(&drive, text_get(&definition), text_get(&data), answers, NULL), STATUS_OK);
        CHECK(drive_run(&drive));
        CHECK_STR(interpreter_get_error(drive.interpreter), sizes[i].error);
        drive_release(&drive);
    }
}

/* ---- The delays of retriers ---- */

static void test_delays(void)
{
    static const struct {
        struct retrier retrier;
        int64_t attempts;
        double random;
        int64_t delay_ms;
    } delays[] = {
        {{.interval_seconds = 1, .backoff_rate = 2}, 0, 0.5, 1000},
        {{.interval_seconds = 1, .backoff_rate = 2}, 3, 0.5, 8000},
        {{.interval_seconds = 3, .backoff_rate = 1.5}, 1, 0.5, 4500},
        {{.interval_seconds = 1, .backoff_rate = 2, .max_delay_seconds = 30}, 40, 0.5, 30000},
        {{.interval_seconds = 1, .backoff_rate = 2, .max_delay_seconds = 30}, 99999998, 0.5, 30000},
        {{.interval_seconds = 1, .backoff_rate = 2}, 99999998, 0.5, 31622400000},
        {{.interval_seconds = 4, .backoff_rate = 2, .full_jitter = true}, 1, 0.5, 4000},
        {{.interval_seconds = 4, .backoff_rate = 2, .full_jitter = true}, 1, 0, 0},
        {{.interval_seconds = 4, .backoff_rate = 2, .full_jitter = true, .max_delay_seconds = 5}, 1, 0.5, 2500},
    };
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        check_case("row %zu", i);
        CHECK_INT(retrier_delay_ms(&delays[i].retrier, delays[i].attempts, delays[i].random), delays[i].delay_ms);
    }
}

/* Full jitter in a running machine: between nothing and the whole delay, and not always the same. */
static void test_jitter(void)
{
    JSON_CLEANUP json_t *answers = json_pack("{s:[{s:s}]}", "a", "error", "E");
    struct drive drive;
    CHECK_INT(
        drive_open(&drive,
                   "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"a\",\"End\":true,\"Retry\":["
                   "{\"ErrorEquals\":[\"E\"],\"BackoffRate\":1,\"IntervalSeconds\":10,\"MaxAttempts\":50,"
                   "\"JitterStrategy\":\"FULL\"}]}}}",
                   "{\"input\":{}}", answers, NULL),
        STATUS_OK);
    CHECK(drive_run(&drive));
    int64_t took_ms = drive.now_ms - DRIVE_START_MS;
    CHECK(took_ms > 50 * 10000 / 4 && took_ms < 50 * 10000 * 3 / 4);
    drive_release(&drive);
}

/* ---- Processes that end ---- */

/* Goes on from *data until a task is under way, and keeps that; false: the execution has ended. */
static bool run_to_task(const struct definition *definition, bool was_lost, int64_t *now_ms, struct text *data,
                        struct interpreter **ret_interpreter)
{
    struct interpreter_task task;
    struct execution execution = {
        .workflow = "tested", .data = text_get(data), .due_ms = *now_ms, .was_lost = was_lost};
    CHECK_INT(interpreter_open(definition, &execution, ret_interpreter, NULL), STATUS_OK);
    do {
        *now_ms = interpreter_get_due(*ret_interpreter) > *now_ms ? interpreter_get_due(*ret_interpreter) : *now_ms;
        interpreter_advance(*ret_interpreter, *now_ms);
    } while (interpreter_get_due(*ret_interpreter) >= 0);
    TEXT_CLEANUP struct text kept = {0};
    interpreter_describe(*ret_interpreter, &execution, &kept);
    text_setf(data, "%s", text_get(&kept));
    if (!interpreter_next_task(*ret_interpreter, &task))
        return false;
    json_decref(task.input);
    return true;
}

static void test_lost(void)
{
    static const struct {
        const char *name, *retry;
        bool was_lost;
        unsigned runs;
        int64_t within_ms;
    } rows[] = {
        {"without a retrier, five times", "", true, 5, 15000},
        {"with a retrier for another error, five times", ",\"Retry\":[{\"ErrorEquals\":[\"E\"],\"MaxAttempts\":9}]",
         true, 5, 15000},
        {"with a retrier for it, as that says",
         ",\"Retry\":[{\"ErrorEquals\":[\"E\"]},{\"ErrorEquals\":[\"Task.Lost\"],\"MaxAttempts\":1}]", true, 2, 1000},
        {"given back, as often as it takes", "", false, 20, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text definition_text = {0};
        TEXT_CLEANUP struct text data = {0};
        struct definition *definition = NULL;
        struct interpreter *interpreter = NULL;
        int64_t now_ms = DRIVE_START_MS;
        unsigned runs = 0;
        check_case("%s", rows[i].name);
        text_setf(&definition_text,
                  "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"a\",\"End\":true%s}}}",
                  rows[i].retry);
        CHECK_INT(definition_parse(text_get(&definition_text), definition_text.length, &definition, NULL), STATUS_OK);
        text_setf(&data, "{\"input\":{}}");
        while (runs < 20 && run_to_task(definition, rows[i].was_lost, &now_ms, &data, &interpreter)) {
            runs++;
            interpreter_free(interpreter);
            interpreter = NULL;
        }
        CHECK_INT(runs, rows[i].runs);
        CHECK(now_ms - DRIVE_START_MS <= rows[i].within_ms);
        CHECK_STR(interpreter ? interpreter_get_error(interpreter) : NULL, rows[i].was_lost ? "Task.Lost" : NULL);
        interpreter_free(interpreter);
        definition_free(definition);
    }
}

/* ---- Data that was kept ---- */

static void test_broken_data(void)
{
    static const char *const broken[] = {
        "",
        "[]",
        "{}",
        "{\"input\":{},\"cursor\":{}}",
        "{\"input\":{},\"cursor\":{\"state\":\"Gone\",\"phase\":\"ready\",\"data\":{}}}",
        "{\"input\":{},\"cursor\":{\"state\":\"A\",\"phase\":\"lost\",\"data\":{}}}",
        "{\"input\":{},\"cursor\":{\"state\":\"A\",\"phase\":\"forked\",\"data\":{},\"branches\":[]}}",
        "{\"input\":{},\"cursor\":{\"state\":\"A\",\"phase\":\"ready\"}}",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        TEXT_CLEANUP struct text why = {0};
        struct drive drive;
        check_case("%s", broken[i]);
        CHECK_INT(drive_open(&drive, TWO_TASKS, broken[i], NULL, &why), STATUS_INVALID);
        CHECK(why.length > 0);
        drive_release(&drive);
    }
}

static void test_circle(void)
{
    struct drive drive;
    CHECK_INT(drive_open(&drive,
                         "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Choice\",\"Default\":\"A\",\"Choices\":["
                         "{\"Variable\":\"$.stop\",\"IsPresent\":true,\"Next\":\"B\"}]},\"B\":{\"Type\":\"Succeed\"}}}",
                         "{\"input\":{}}", NULL, NULL),
              STATUS_OK);
    interpreter_advance(drive.interpreter, drive.now_ms);
    size_t count;
    (void)interpreter_get_events(drive.interpreter, &count);
    CHECK(count > 100 && count < 1000);
    CHECK_INT(interpreter_get_due(drive.interpreter), drive.now_ms);
    CHECK_INT(interpreter_get_status(drive.interpreter), EXECUTION_RUNNING);
    drive_release(&drive);
}

CHECK_MAIN({"a state machine writes this history", test_histories},
           {"a failed execution can be made to go on", test_retrying}, {"data is limited", test_sizes},
           {"a retrier waits for so long", test_delays}, {"full jitter spreads retries", test_jitter},
           {"a task whose process ends each time is run so often", test_lost},
           {"data that does not fit the definition is refused", test_broken_data},
           {"states in a circle stop to be kept", test_circle})
