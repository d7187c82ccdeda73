/* Steps: how an execution goes from state to state. */
#include "interpreter.h"

#include "memory.h"
#include "step.h"
#include "timestamp.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 200 /* before what was done is kept */ };

/* ---- The ends ---- */

static void end(struct interpreter *interpreter, enum execution_status status)
{
    interpreter->status = status;
    cursor_free(interpreter->root);
    interpreter->root = NULL;
}

static void end_well(struct interpreter *interpreter, json_t *output)
{
    interpreter->output = json_incref(output);
    event_add(interpreter, "ExecutionSucceeded", json_pack("{s:o}", "output", event_text(output)));
    end(interpreter, EXECUTION_SUCCEEDED);
}

static void end_badly(struct interpreter *interpreter, const char *event, const struct failure *failure)
{
    text_setf(&interpreter->failure.error, "%s", text_get(&failure->error));
    text_setf(&interpreter->failure.cause, "%s", text_get(&failure->cause));
    event_add_failure(interpreter, event, NULL, failure);
    end(interpreter, EXECUTION_FAILED);
}

/* ---- What states need ---- */

json_t *step_context(const struct interpreter *interpreter, const struct cursor *cursor)
{
    char started[TIMESTAMP_SIZE], entered[TIMESTAMP_SIZE];
    timestamp_format(interpreter->started_ms, started);
    timestamp_format(cursor->entered_ms, entered);
    return json_pack("{s:{s:s,s:O,s:s,s:s},s:{s:s,s:s,s:I},s:{s:s,s:s}}", "Execution", "Id", interpreter->id, "Input",
                     interpreter->input, "Name", interpreter->id, "StartTime", started, "State", "Name",
                     cursor->state->name, "EnteredTime", entered, "RetryCount", (json_int_t)cursor->retries,
                     "StateMachine", "Id", interpreter->workflow, "Name", interpreter->workflow);
}

json_t *step_select(struct interpreter *interpreter, struct cursor *cursor, json_t *context)
{
    FAILURE_CLEANUP struct failure failure = {0};
    json_t *selected = data_flow_select(&cursor->state->flow, cursor->data, context, &failure);
    if (!selected)
        step_fail(interpreter, cursor, &failure);
    return selected;
}

json_t *step_input(struct interpreter *interpreter, struct cursor *cursor)
{
    JSON_CLEANUP json_t *context = step_context(interpreter, cursor);
    JSON_CLEANUP json_t *selected = step_select(interpreter, cursor, context);
    if (!selected)
        return NULL;
    FAILURE_CLEANUP struct failure failure = {0};
    json_t *input = data_flow_fill(&cursor->state->flow, selected, context, &failure);
    if (!input)
        step_fail(interpreter, cursor, &failure);
    return input;
}

/* xorshift64* (Vigna, 2016): spreads retries, guards nothing. */
double step_random(struct interpreter *interpreter)
{
    uint64_t x = interpreter->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    interpreter->random = x;
    return (double)((x * 0x2545f4914f6cdd1dU) >> 11) / (double)(1ULL << 53);
}

/* ---- Leaving a state ---- */

/* With its output (taken). */
static void leave(struct interpreter *interpreter, struct cursor *cursor, json_t *output, const struct state *next)
{
    event_add_state(interpreter, cursor->state, "Exited", "output", output);
    if (next) {
        cursor_move(cursor, next, output);
        return;
    }
    cursor_free_branches(cursor);
    json_decref(cursor->data);
    cursor->data = output;
    cursor->phase = CURSOR_ENDED;
    if (cursor == interpreter->root)
        end_well(interpreter, output);
}

void step_choose(struct interpreter *interpreter, struct cursor *cursor, json_t *result, const struct state *next)
{
    FAILURE_CLEANUP struct failure failure = {0};
    JSON_CLEANUP json_t *taken = result;
    JSON_CLEANUP json_t *context = step_context(interpreter, cursor);
    json_t *output = data_flow_output(&cursor->state->flow, cursor->data, taken, context, &failure);
    if (output)
        leave(interpreter, cursor, output, next);
    else
        step_fail(interpreter, cursor, &failure);
}

void step_succeed(struct interpreter *interpreter, struct cursor *cursor, json_t *result)
{
    step_choose(interpreter, cursor, result, cursor->state->next);
}

/* A task whose process died is retried even if its definition has no retrier for that. A few times only, because the
 * task itself may be what kills the process; and after random delays, so that the other tasks of that process don't die
 * with it each time. */
static const struct retrier lost_task_retrier = {
    .interval_seconds = 1, .max_attempts = 4, .backoff_rate = 2, .full_jitter = true};

/* The retrier that still has attempts left, and how many it has used; NULL: there is none. */
static const struct retrier *find_retrier(const struct cursor *cursor, const char *error, bool from_branch,
                                          int64_t **ret_attempts)
{
    const struct recovery *recovery = &cursor->state->recovery;
    const struct retrier *retrier = recovery_find_retrier(recovery, error, from_branch);
    size_t place = retrier ? (size_t)(retrier - recovery->retriers) : recovery->retrier_count;
    if (!retrier && strcmp(error, ERROR_TASK_LOST) == 0)
        retrier = &lost_task_retrier;
    *ret_attempts = &cursor->attempts[place];
    return retrier && **ret_attempts < retrier->max_attempts ? retrier : NULL;
}

bool step_will_retry(const struct cursor *cursor, const char *error)
{
    int64_t *attempts;
    return find_retrier(cursor, error, false, &attempts) != NULL;
}

static bool retry(struct interpreter *interpreter, struct cursor *cursor, const char *error, bool from_branch)
{
    int64_t *attempts;
    const struct retrier *retrier = find_retrier(cursor, error, from_branch, &attempts);
    if (!retrier)
        return false;
    int64_t delay_ms = retrier_delay_ms(retrier, *attempts, step_random(interpreter));
    bool is_first_loss = retrier == &lost_task_retrier && *attempts == 0; /* most likely by no fault of its own */
    cursor->due_ms = interpreter->now_ms + (is_first_loss ? 0 : delay_ms);
    cursor->phase = CURSOR_READY;
    cursor->again = false;
    cursor->ticket = 0;
    cursor->retries++;
    (*attempts)++;
    return true;
}

/* Goes to the catcher's state with the error output. When that cannot be, the failure becomes the reason, and false. */
static bool catch_error(struct interpreter *interpreter, struct cursor *cursor, struct failure *failure,
                        bool from_branch)
{
    const char *error = text_get(&failure->error);
    const struct catcher *catcher = recovery_find_catcher(&cursor->state->recovery, error, from_branch);
    if (!catcher)
        return false;
    JSON_CLEANUP json_t *caught = json_pack("{s:s,s:s}", "Error", error, "Cause", text_get(&failure->cause));
    JSON_CLEANUP json_t *output = data_flow_put(&catcher->result, cursor->data, caught, failure);
    if (!output || !data_flow_fits(output, "the output of the catcher", failure))
        return false;
    leave(interpreter, cursor, json_incref(output), catcher->next);
    return true;
}

/* For those who make a failed execution go on: from the last state whose own work failed. A Fail state only passes
 * sentence on what went wrong before. */
static void remember_failed(struct interpreter *interpreter, const struct cursor *cursor)
{
    if (cursor != interpreter->root || (cursor->state->type->ends && interpreter->failed))
        return;
    json_decref(interpreter->failed);
    interpreter->failed = json_pack("{s:s,s:O}", "state", cursor->state->name, "input", cursor->data);
}

void step_fail(struct interpreter *interpreter, struct cursor *cursor, struct failure *failure)
{
    bool from_branch = cursor->phase == CURSOR_FORKED;
    cursor_free_branches(cursor);
    remember_failed(interpreter, cursor);
    if (retry(interpreter, cursor, text_get(&failure->error), from_branch)
        || catch_error(interpreter, cursor, failure, from_branch))
        return;
    if (cursor == interpreter->root) {
        end_badly(interpreter, "ExecutionFailed", failure);
        return;
    }
    cursor->phase = CURSOR_FAILED;
    text_setf(&cursor->failure.error, "%s", text_get(&failure->error));
    text_setf(&cursor->failure.cause, "%s", text_get(&failure->cause));
}

/* ---- Staying in it ---- */

void step_wait(struct interpreter *interpreter, struct cursor *cursor, int64_t due_ms)
{
    (void)interpreter;
    cursor->phase = CURSOR_WAITING;
    cursor->due_ms = due_ms;
}

void step_work(struct interpreter *interpreter, struct cursor *cursor, json_t *input, int64_t timeout_ms)
{
    json_decref(cursor->task_input);
    cursor->phase = CURSOR_WORKING;
    cursor->task_input = input;
    cursor->timeout_ms = timeout_ms;
    cursor->ticket = ++interpreter->last_ticket;
    interpreter->is_unsaved |= !cursor->again;
    cursor->handed_out = cursor->again = false;
}

/* ---- Advancing ---- */

static bool step(struct interpreter *interpreter, struct cursor *cursor);

static void enter(struct interpreter *interpreter, struct cursor *cursor)
{
    event_add_state(interpreter, cursor->state, "Entered", "input", cursor->data);
    cursor->entered_ms = cursor->due_ms = interpreter->now_ms;
    cursor->phase = CURSOR_READY;
}

/* Says which states were cut off because another branch failed. */
static void abort_states(struct interpreter *interpreter, const struct cursor *cursor)
{
    for (size_t i = 0; i < cursor->branch_count; i++) {
        const struct cursor *branch = cursor->branches[i];
        abort_states(interpreter, branch);
        if (branch->phase != CURSOR_ENTERING && branch->phase != CURSOR_ENDED && branch->phase != CURSOR_FAILED)
            event_add_state(interpreter, branch->state, "Aborted", NULL, NULL);
    }
}

static void fail_fork(struct interpreter *interpreter, struct cursor *cursor, const struct cursor *branch)
{
    FAILURE_CLEANUP struct failure failure = {0};
    text_setf(&failure.error, "%s", text_get(&branch->failure.error));
    text_setf(&failure.cause, "%s", text_get(&branch->failure.cause));
    abort_states(interpreter, cursor);
    char *event = arena_printf(&interpreter->event_arena, "%sStateFailed", cursor->state->type->name);
    event_add_failure(interpreter, event, NULL, &failure);
    step_fail(interpreter, cursor, &failure);
}

static bool step_branches(struct interpreter *interpreter, struct cursor *cursor)
{
    bool moved = false;
    size_t ended = 0;
    for (size_t i = 0; i < cursor->branch_count; i++) {
        struct cursor *branch = cursor->branches[i];
        moved = step(interpreter, branch) || moved;
        if (branch->phase == CURSOR_FAILED) {
            fail_fork(interpreter, cursor, branch);
            return true;
        }
        ended += branch->phase == CURSOR_ENDED;
    }
    if (ended < cursor->branch_count)
        return moved;
    cursor->state->type->join(interpreter, cursor);
    return true;
}

/* Whether anything moved. */
static bool step(struct interpreter *interpreter, struct cursor *cursor)
{
    const struct state_type *type = cursor->state->type;
    switch (cursor->phase) {
    case CURSOR_ENTERING:
        enter(interpreter, cursor);
        return true;
    case CURSOR_READY:
        if (cursor->due_ms > interpreter->now_ms)
            return false;
        type->run(interpreter, cursor);
        return true;
    case CURSOR_WAITING:
        if (cursor->due_ms > interpreter->now_ms)
            return false;
        type->resume(interpreter, cursor);
        return true;
    case CURSOR_FORKED:
        return step_branches(interpreter, cursor);
    case CURSOR_WORKING:
    case CURSOR_ENDED:
    case CURSOR_FAILED:
        break;
    }
    return false;
}

static void start(struct interpreter *interpreter)
{
    FAILURE_CLEANUP struct failure failure = {0};
    interpreter->started_ms = interpreter->now_ms;
    if (interpreter->redriven)
        event_add(interpreter, "ExecutionRedriven",
                  json_pack("{s:I}", "redriveCount", (json_int_t)interpreter->redrives));
    else
        event_add(interpreter, "ExecutionStarted", json_pack("{s:o}", "input", event_text(interpreter->input)));
    interpreter->redriven = false;
    if (!data_flow_fits(interpreter->input, "the input of the execution", &failure)) {
        end_badly(interpreter, "ExecutionFailed", &failure);
        return;
    }
    if (!interpreter->root)
        interpreter->root = cursor_new(&interpreter->definition->top, NULL, interpreter->input);
}

/* 0: there is none. */
static int64_t deadline(const struct interpreter *interpreter)
{
    int64_t seconds = interpreter->definition->timeout_seconds;
    return seconds && interpreter->started_ms ? interpreter->started_ms + seconds * 1000 : 0;
}

static void time_out(struct interpreter *interpreter)
{
    FAILURE_CLEANUP struct failure failure = {0};
    failure_set(&failure, ERROR_TIMEOUT, "the execution took longer than %lld s",
                (long long)interpreter->definition->timeout_seconds);
    remember_failed(interpreter, interpreter->root);
    end_badly(interpreter, "ExecutionTimedOut", &failure);
}

void interpreter_advance(struct interpreter *interpreter, int64_t now_ms)
{
    interpreter->now_ms = now_ms;
    if (interpreter->status == EXECUTION_RUNNING && !interpreter->started_ms)
        start(interpreter);
    if (interpreter->root && deadline(interpreter) && now_ms >= deadline(interpreter))
        time_out(interpreter);
    for (int steps = 0; interpreter->root && steps < STEPS_MAX; steps++) {
        interpreter->last_state = interpreter->root->state->name;
        if (!step(interpreter, interpreter->root))
            break;
    }
}

/* ---- Tasks ---- */

static struct cursor *find_task(struct cursor *cursor, bool (*fits)(const struct cursor *, uint64_t), uint64_t ticket)
{
    if (!cursor)
        return NULL;
    if (cursor->phase == CURSOR_WORKING && fits(cursor, ticket))
        return cursor;
    for (size_t i = 0; i < cursor->branch_count; i++) {
        struct cursor *found = find_task(cursor->branches[i], fits, ticket);
        if (found)
            return found;
    }
    return NULL;
}

static bool is_new(const struct cursor *cursor, uint64_t ticket)
{
    (void)ticket;
    return !cursor->handed_out;
}

static bool has_ticket(const struct cursor *cursor, uint64_t ticket)
{
    return cursor->ticket == ticket;
}

static bool is_any(const struct cursor *cursor, uint64_t ticket)
{
    (void)cursor, (void)ticket;
    return true;
}

bool interpreter_next_task(struct interpreter *interpreter, struct interpreter_task *ret_task)
{
    struct cursor *cursor = find_task(interpreter->root, is_new, 0);
    if (!cursor)
        return false;
    cursor->handed_out = true;
    *ret_task = (struct interpreter_task){
        .ticket = cursor->ticket,
        .state = cursor->state->name,
        .resource = cursor->state->type->resource(cursor->state),
        .input = json_deep_copy(cursor->task_input),
        .timeout_ms = cursor->timeout_ms,
    };
    return true;
}

bool interpreter_has_tasks(const struct interpreter *interpreter)
{
    return find_task(interpreter->root, is_any, 0) != NULL;
}

void interpreter_finish_task(struct interpreter *interpreter, uint64_t ticket, struct task_outcome *outcome,
                             int64_t elapsed_ms, int64_t now_ms)
{
    struct cursor *cursor = find_task(interpreter->root, has_ticket, ticket);
    interpreter->now_ms = now_ms;
    if (cursor) {
        if (elapsed_ms > cursor->timeout_ms) {
            text_setf(&outcome->error, ERROR_TIMEOUT);
            text_setf(&outcome->cause, "%s took longer than %lld s", cursor->state->type->resource(cursor->state),
                      (long long)cursor->timeout_ms / 1000);
        }
        cursor->state->type->finish(interpreter, cursor, outcome);
    }
    json_decref(outcome->output);
    text_release(&outcome->error);
    text_release(&outcome->cause);
    *outcome = (struct task_outcome){0};
}

/* ---- What is known from outside ---- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

static int64_t cursor_due(const struct interpreter *interpreter, const struct cursor *cursor)
{
    int64_t due = -1;
    switch (cursor->phase) {
    case CURSOR_ENTERING:
        return interpreter->now_ms;
    case CURSOR_READY:
    case CURSOR_WAITING:
        return cursor->due_ms;
    case CURSOR_FORKED:
        for (size_t i = 0; i < cursor->branch_count; i++)
            due = sooner(due, cursor_due(interpreter, cursor->branches[i]));
        return due;
    default:
        return -1;
    }
}

int64_t interpreter_get_due(const struct interpreter *interpreter)
{
    if (interpreter->status != EXECUTION_RUNNING)
        return -1;
    if (!interpreter->root)
        return interpreter->now_ms;
    int64_t due = cursor_due(interpreter, interpreter->root);
    return deadline(interpreter) ? sooner(due, deadline(interpreter)) : due;
}

enum execution_status interpreter_get_status(const struct interpreter *interpreter)
{
    return interpreter->status;
}

json_t *interpreter_get_output(const struct interpreter *interpreter)
{
    return interpreter->output;
}

const char *interpreter_get_error(const struct interpreter *interpreter)
{
    return interpreter->failure.error.data;
}

const char *interpreter_get_cause(const struct interpreter *interpreter)
{
    return interpreter->failure.cause.data;
}
