#include "behave_steps.h"

#include "path.h"
#include "timestamp.h"

#include <stdlib.h>
#include <string.h>

static void mismatch(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void mismatch(struct world *world, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_vaddf(&world->mismatch, format, arguments);
    va_end(arguments);
    text_add(&world->mismatch, "; ");
}

static json_t *parse(const char *text)
{
    json_t *value = NULL;
    (void)json_parse(text, strlen(text), &value, NULL);
    return value;
}

static void replace(json_t **value, json_t *with)
{
    json_decref(*value);
    *value = with;
}

/* ---- Given ---- */

static void define(struct world *world, const char *const *words, const char *document)
{
    (void)words;
    replace(&world->definition, parse(document));
}

static void set_data(struct world *world, const char *const *words, const char *document)
{
    (void)words;
    replace(&world->data, parse(document));
}

static void set_input(struct world *world, const char *const *words, const char *document)
{
    (void)words;
    replace(&world->input, parse(document));
}

static void set_state(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    world->state = words[0];
}

static void set_retries(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    world->retries = strtol(words[0], NULL, 10);
}

static void answer_error(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    (void)json_object_set_new(world->answers, words[0], json_pack("[{s:s,s:s}]", "error", words[1], "cause", "told"));
}

static void answer_output(struct world *world, const char *const *words, const char *document)
{
    (void)json_object_set_new(world->answers, words[0], json_pack("[{s:o}]", "output", parse(document)));
}

static void expect_call(struct world *world, const char *const *words, const char *document)
{
    (void)words;
    replace(&world->wanted_input, parse(document));
}

/* The branch becomes a state that gives this. */
static void answer_branch(struct world *world, const char *const *words, const char *document)
{
    const char *name;
    json_t *state;
    TEXT_CLEANUP struct text mock = {0};
    text_addf(&mock, "branch %s", words[0]);
    json_object_foreach(json_object_get(world->definition, "States"), name, state)
    {
        json_t *branch = json_pack("{s:s,s:{s:{s:s,s:o,s:b}}}", "StartAt", text_get(&mock), "States", text_get(&mock),
                                   "Type", "Pass", "Result", parse(document), "End", 1);
        (void)json_array_set_new(json_object_get(state, "Branches"), strtoul(words[0], NULL, 10), branch);
    }
}

/* ---- When ---- */

static json_t *write_data(const struct world *world)
{
    const char *state = world->state ? world->state : json_string_value(json_object_get(world->definition, "StartAt"));
    JSON_CLEANUP json_t *empty = json_object();
    json_t *input = world->input ? world->input : empty;
    json_t *cursor = json_pack("{s:s,s:s,s:O,s:I,s:[I]}", "state", state ? state : "", "phase",
                               world->retries ? "ready" : "entering", "data", world->data ? world->data : input,
                               "retries", (json_int_t)world->retries, "attempts", (json_int_t)world->retries);
    return json_pack("{s:O,s:I,s:o}", "input", input, "started_ms", (json_int_t)DRIVE_START_MS, "cursor", cursor);
}

static void load(struct world *world, const char *const *words, const char *document)
{
    (void)words, (void)document;
    if (world->loaded)
        return;
    TEXT_CLEANUP struct text definition = {0};
    TEXT_CLEANUP struct text data = {0};
    JSON_CLEANUP json_t *kept = write_data(world);
    if (world->definition)
        json_add(&definition, world->definition);
    json_add(&data, kept);
    world->loaded = true;
    world->status = drive_open(&world->drive, text_get(&definition), text_get(&data), world->answers, &world->why);
}

static const char *event_name(const json_t *event)
{
    return json_string_value(json_object_get(json_object_get(event, "detail"), "name"));
}

/* The event of that kind at the top level with this number, from 1; NULL: there is none yet. */
static const json_t *find_event(const struct world *world, const char *kind, size_t number)
{
    const json_t *states = json_object_get(world->definition, "States");
    for (size_t i = 0; i < json_array_size(world->drive.events); i++) {
        const json_t *event = json_array_get(world->drive.events, i);
        const char *name = event_name(event);
        if (name && json_object_get(states, name) && strstr(json_string_value(json_object_get(event, "type")), kind)
            && --number == 0)
            return event;
    }
    return NULL;
}

static bool waits_for_retry(const struct world *world)
{
    JSON_CLEANUP json_t *kept = parse(world->drive.execution.data);
    const char *phase = json_string_value(json_object_get(json_object_get(kept, "cursor"), "phase"));
    return phase && strcmp(phase, "ready") == 0;
}

static void execute(struct world *world, const char *const *words, const char *document)
{
    load(world, words, document);
    world->executed++;
    while (world->status == STATUS_OK && !find_event(world, "StateExited", world->executed)) {
        if (drive_step(&world->drive))
            continue;
        int64_t due = interpreter_get_due(world->drive.interpreter);
        if (due < 0 || waits_for_retry(world))
            break;
        world->drive.now_ms = due;
    }
    JSON_CLEANUP json_t *called = json_incref(json_array_get(world->drive.inputs, 0));
    if (world->wanted_input && !json_equal(called, world->wanted_input))
        mismatch(world, "the resource was called otherwise");
}

/* ---- Then ---- */

/* What the state that was executed last gave; NULL: nothing. */
static json_t *find_result(const struct world *world)
{
    const json_t *exited = find_event(world, "StateExited", world->executed);
    const char *output = json_string_value(json_object_get(json_object_get(exited, "detail"), "output"));
    return output ? parse(output) : NULL;
}

static json_t *select_result(const struct world *world, const char *text)
{
    ARENA_CLEANUP struct arena arena = {0};
    JSON_CLEANUP json_t *result = find_result(world);
    const struct path *path;
    json_t *value = NULL;
    if (result && path_parse(text, &arena, &path, NULL) == STATUS_OK)
        (void)path_get(path, result, &value, NULL);
    return value;
}

static bool is_text(const json_t *value, const char *wanted)
{
    TEXT_CLEANUP struct text text = {0};
    if (json_is_string(value))
        return strcmp(json_string_value(value), wanted) == 0;
    if (value)
        json_add(&text, value);
    return strcmp(text_get(&text), wanted) == 0;
}

static void check_next(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    const json_t *entered = find_event(world, "StateEntered", world->executed + 1);
    const char *next = entered ? event_name(entered) : world->drive.execution.state;
    if (strcmp(next ? next : "", words[0]) != 0)
        mismatch(world, "the next state is \"%s\"", next);
}

static void check_ended(struct world *world, const char *const *words, const char *document)
{
    (void)words, (void)document;
    if (world->drive.execution.status == EXECUTION_RUNNING)
        mismatch(world, "it runs");
}

static void check_succeeded(struct world *world, const char *const *words, const char *document)
{
    (void)words, (void)document;
    if (world->drive.execution.status != EXECUTION_SUCCEEDED)
        mismatch(world, "it did not succeed");
}

static void check_failed(struct world *world, const char *const *words, const char *document)
{
    (void)words, (void)document;
    if (world->drive.execution.status != EXECUTION_FAILED)
        mismatch(world, "it did not fail");
}

static const char *or_empty(const char *string)
{
    return string ? string : "";
}

static void check_error(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    if (world->status != STATUS_OK || strcmp(or_empty(interpreter_get_error(world->drive.interpreter)), words[0]) != 0)
        mismatch(world, "the error is another one");
}

static void check_cause(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    if (world->status != STATUS_OK || strcmp(or_empty(interpreter_get_cause(world->drive.interpreter)), words[0]) != 0)
        mismatch(world, "the cause is another one");
}

static void check_no_error(struct world *world, const char *const *words, const char *document)
{
    check_error(world, (const char *const[]){"", words[0]}, document);
}

static void check_no_cause(struct world *world, const char *const *words, const char *document)
{
    check_cause(world, (const char *const[]){"", words[0]}, document);
}

static void check_cause_part(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    if (world->status != STATUS_OK || !strstr(or_empty(interpreter_get_cause(world->drive.interpreter)), words[0]))
        mismatch(world, "the cause is another one");
}

static void check_path(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    JSON_CLEANUP json_t *value = select_result(world, words[0]);
    if (!value || !is_text(value, words[1]))
        mismatch(world, "%s is not \"%s\"", words[0], words[1]);
}

static void check_missing(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    JSON_CLEANUP json_t *value = select_result(world, words[0]);
    if (value)
        mismatch(world, "%s is there", words[0]);
}

static void check_type(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    JSON_CLEANUP json_t *value = select_result(world, words[0]);
    bool is = strcmp(words[1], "a string") == 0 ? json_is_string(value)
              : strcmp(words[1], "an int") == 0 ? json_is_integer(value)
              : strcmp(words[1], "a list") == 0 ? json_is_array(value)
              : strcmp(words[1], "a dict") == 0 ? json_is_object(value)
                                                : false;
    if (!is)
        mismatch(world, "%s is not %s", words[0], words[1]);
}

static void check_contains(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    JSON_CLEANUP json_t *value = select_result(world, words[0]);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (is_text(json_array_get(value, i), words[1]))
            return;
    if (!json_is_string(value) || !strstr(json_string_value(value), words[1]))
        mismatch(world, "%s has no \"%s\"", words[0], words[1]);
}

static void check_entries(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    JSON_CLEANUP json_t *value = select_result(world, words[0]);
    if (json_array_size(value) != strtoul(words[1], NULL, 10))
        mismatch(world, "%s has another number of entries", words[0]);
}

static void check_result(struct world *world, const char *const *words, const char *document)
{
    (void)words;
    JSON_CLEANUP json_t *result = find_result(world);
    JSON_CLEANUP json_t *wanted = parse(document);
    if (!result || !json_equal(result, wanted))
        mismatch(world, "the result is another one");
}

static void check_waited(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    const json_t *entered = find_event(world, "StateEntered", world->executed);
    const json_t *exited = find_event(world, "StateExited", world->executed);
    int64_t ms = json_integer_value(json_object_get(exited, "ms")) - json_integer_value(json_object_get(entered, "ms"));
    if (!exited || ms != strtol(words[0], NULL, 10) * 1000)
        mismatch(world, "it waited for %lld ms", (long long)ms);
}

static void check_waited_until(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    struct timestamp until = {0};
    const json_t *exited = find_event(world, "StateExited", world->executed);
    if (!timestamp_parse(words[0], &until)
        || json_integer_value(json_object_get(exited, "ms")) != timestamp_to_ms(&until))
        mismatch(world, "it waited until another time");
}

static void check_retry_count(struct world *world, const char *const *words, const char *document)
{
    (void)document;
    JSON_CLEANUP json_t *kept = parse(world->drive.execution.data);
    if (!is_text(json_object_get(json_object_get(kept, "cursor"), "retries"), words[0]))
        mismatch(world, "the retry count is another one");
}

static void check_branches(struct world *world, const char *const *words, const char *document)
{
    (void)words;
    JSON_CLEANUP json_t *wanted = parse(document);
    for (size_t i = 0; i < json_array_size(world->drive.events); i++) {
        const json_t *event = json_array_get(world->drive.events, i);
        const char *name = event_name(event);
        const char *input = json_string_value(json_object_get(json_object_get(event, "detail"), "input"));
        if (!name || !input || strncmp(name, "branch ", 7) != 0)
            continue;
        JSON_CLEANUP json_t *called = parse(input);
        if (!json_equal(called, wanted))
            mismatch(world, "%s was called otherwise", name);
    }
}

static void check_refused(struct world *world, const char *const *words, const char *document)
{
    load(world, words, document);
    if (world->status == STATUS_OK)
        mismatch(world, "it was loaded");
}

static void check_loaded(struct world *world, const char *const *words, const char *document)
{
    load(world, words, document);
    if (world->status != STATUS_OK)
        mismatch(world, "it was refused");
}

/* ---- The steps, a star for each word ---- */

static const struct {
    const char *pattern;
    void (*take)(struct world *world, const char *const *words, const char *document);
} steps[] = {
    {"a state machine defined by*", define},
    {"an invalid state machine defined by*", define},
    {"the current state data is*", set_data},
    {"the execution input is*", set_input},
    {"the state machine is current at the state \"*\"", set_state},
    {"the execution is currently at the state \"*\"", set_state},
    {"the retry count is \"*\"", set_retries},
    {"the resource \"*\" will be called with any parameters and fail with error \"*\"", answer_error},
    {"the resource \"*\" will be called with any parameters and return*", answer_output},
    {"the resource \"*\" will return*", answer_output},
    {"the resource \"*\" will be called with:", expect_call},
    {"branch * will return", answer_branch},
    {"the state machine executes", execute},
    {"the parser runs", load},
    {"the next state is \"*\"", check_next},
    {"the execution ended", check_ended},
    {"the execution succeeded", check_succeeded},
    {"the execution failed", check_failed},
    {"the execution error was null", check_no_error},
    {"the execution error was \"*\"", check_error},
    {"the execution error cause was null", check_no_cause},
    {"the execution error cause was \"*\"", check_cause},
    {"the execution error cause contained \"*\"", check_cause_part},
    {"the step result data path \"*\" matches \"*\"", check_path},
    {"the step result data path \"*\" does not exist", check_missing},
    {"the step result data path \"*\" contains \"*\"", check_contains},
    {"the step result data path \"*\" has \"*\" entr*", check_entries},
    {"the step result data path \"*\" is *", check_type},
    {"the step result data is*", check_result},
    {"the last state waited for \"*\" seconds", check_waited},
    {"the last state waited until \"*\"", check_waited_until},
    {"the context path \"$.State.RetryCount\" matches \"*\"", check_retry_count},
    {"branches were called with*", check_branches},
    {"the state machine failed to compile", check_refused},
    {"the parser fails", check_refused},
    {"a \"StateMachineModel\" is created", check_loaded},
    {"the \"*\" step is a \"*\" object", check_loaded},
};

enum { WORDS = 3 };

/* Takes the words out of the text (which is cut up) that stand for the stars. */
static bool match(const char *pattern, char *text, const char **ret_words)
{
    size_t words = 0;
    for (; *pattern; pattern++) {
        if (*pattern != '*') {
            if (*text++ != *pattern)
                return false;
            continue;
        }
        char *end = pattern[1] ? strchr(text, pattern[1]) : text + strlen(text);
        if (!end || words == WORDS)
            return false;
        ret_words[words++] = text;
        if (pattern[1]) {
            *end = '\0';
            text = end + 1;
            pattern++;
        } else {
            text = end;
        }
    }
    return *text == '\0';
}

void world_take_step(struct world *world, json_t *step, struct arena *arena)
{
    const char *text = json_string_value(json_object_get(step, "text"));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const char *words[WORDS] = {NULL};
        if (!match(steps[i].pattern, arena_copy_string(arena, text), words))
            continue;
        steps[i].take(world, words, json_string_value(json_object_get(step, "document")));
        return;
    }
    world->unknown = text;
}

void world_init(struct world *world)
{
    *world = (struct world){.answers = json_object()};
}

void world_release(struct world *world)
{
    if (world->loaded)
        drive_release(&world->drive);
    json_decref(world->definition);
    json_decref(world->input);
    json_decref(world->data);
    json_decref(world->answers);
    json_decref(world->wanted_input);
    text_release(&world->why);
    text_release(&world->mismatch);
}
