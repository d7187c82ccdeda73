#include "cursor.h"

#include "memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The names in the data; CURSOR_FAILED is never kept. */
static const char *const phase_names[] = {
    [CURSOR_ENTERING] = "entering", [CURSOR_READY] = "ready",   [CURSOR_WAITING] = "waiting",
    [CURSOR_WORKING] = "working",   [CURSOR_FORKED] = "forked", [CURSOR_ENDED] = "ended",
};
enum { PHASES = sizeof phase_names / sizeof phase_names[0] };

static struct cursor *make(const struct machine *machine, struct cursor *parent)
{
    struct cursor *cursor = NEW(struct cursor);
    cursor->machine = machine;
    cursor->parent = parent;
    return cursor;
}

struct cursor *cursor_new(const struct machine *machine, struct cursor *parent, json_t *input)
{
    struct cursor *cursor = make(machine, parent);
    cursor_move(cursor, machine->start, json_incref(input));
    return cursor;
}

static void forget_task(struct cursor *cursor)
{
    json_decref(cursor->task_input);
    cursor->task_input = NULL;
    cursor->handed_out = cursor->again = false;
    cursor->ticket = 0;
}

void cursor_free_branches(struct cursor *cursor)
{
    for (size_t i = 0; i < cursor->branch_count; i++)
        cursor_free(cursor->branches[i]);
    free(cursor->branches);
    cursor->branches = NULL;
    cursor->branch_count = 0;
}

void cursor_free(struct cursor *cursor)
{
    if (!cursor)
        return;
    cursor_free_branches(cursor);
    forget_task(cursor);
    failure_release(&cursor->failure);
    json_decref(cursor->data);
    free(cursor->attempts);
    free(cursor);
}

void cursor_move(struct cursor *cursor, const struct state *state, json_t *input)
{
    cursor_free_branches(cursor);
    forget_task(cursor);
    json_decref(cursor->data);
    free(cursor->attempts);
    cursor->data = input;
    cursor->state = state;
    cursor->phase = CURSOR_ENTERING;
    cursor->retries = 0;
    cursor->attempts = NEW_ARRAY(state->recovery.retrier_count + 1, int64_t);
}

void cursor_fork(struct cursor *cursor, json_t *input)
{
    const struct state *state = cursor->state;
    cursor->phase = CURSOR_FORKED;
    cursor->branches = NEW_ARRAY(state->branch_count, struct cursor *);
    cursor->branch_count = state->branch_count;
    for (size_t i = 0; i < state->branch_count; i++)
        cursor->branches[i] = cursor_new(state->branches[i], cursor, input);
}

/* ---- Kept as JSON ---- */

static json_t *write_attempts(const struct cursor *cursor)
{
    json_t *attempts = json_array();
    for (size_t i = 0; i <= cursor->state->recovery.retrier_count; i++)
        (void)json_array_append_new(attempts, json_integer(cursor->attempts[i]));
    return attempts;
}

static json_t *write_branches(const struct cursor *cursor)
{
    json_t *branches = json_array();
    for (size_t i = 0; i < cursor->branch_count; i++)
        (void)json_array_append_new(branches, cursor_write(cursor->branches[i]));
    return branches;
}

json_t *cursor_write(const struct cursor *cursor)
{
    assert(cursor->phase != CURSOR_FAILED);
    json_t *value = json_object();
    (void)json_object_set_new(value, "state", json_string(cursor->state->name));
    (void)json_object_set_new(value, "phase", json_string(phase_names[cursor->phase]));
    (void)json_object_set(value, "data", cursor->data);
    (void)json_object_set_new(value, "entered_ms", json_integer(cursor->entered_ms));
    if (cursor->phase == CURSOR_READY || cursor->phase == CURSOR_WAITING)
        (void)json_object_set_new(value, "due_ms", json_integer(cursor->due_ms));
    if (cursor->retries) {
        (void)json_object_set_new(value, "retries", json_integer(cursor->retries));
        (void)json_object_set_new(value, "attempts", write_attempts(cursor));
    }
    if (cursor->phase == CURSOR_FORKED)
        (void)json_object_set_new(value, "branches", write_branches(cursor));
    return value;
}

static int64_t read_number(json_t *value, const char *field)
{
    return json_integer_value(json_object_get(value, field));
}

static enum status refuse(struct text *why, const char *what, const char *name)
{
    text_setf(why, "%s: \"%.100s\"", what, name ? name : "");
    return STATUS_INVALID;
}

static bool read_phase(json_t *value, enum cursor_phase *ret_phase)
{
    const char *name = json_string_value(json_object_get(value, "phase"));
    for (size_t i = 0; name && i < PHASES; i++)
        if (strcmp(phase_names[i], name) == 0)
            return *ret_phase = (enum cursor_phase)i, true;
    return false;
}

static enum status read_branches(json_t *value, struct cursor *cursor, struct text *why)
{
    json_t *branches = json_object_get(value, "branches");
    const struct state *state = cursor->state;
    if (json_array_size(branches) != state->branch_count || !state->branch_count)
        return refuse(why, "the state has other branches now", state->name);
    cursor->branches = NEW_ARRAY(state->branch_count, struct cursor *);
    for (size_t i = 0; i < state->branch_count; i++) {
        enum status status =
            cursor_read(json_array_get(branches, i), state->branches[i], cursor, &cursor->branches[i], why);
        if (status != STATUS_OK)
            return status;
        cursor->branch_count++;
    }
    return STATUS_OK;
}

static enum status read_fields(json_t *value, struct cursor *cursor, struct text *why)
{
    const char *name = json_string_value(json_object_get(value, "state"));
    const struct state *state = name ? machine_find(cursor->machine, name) : NULL;
    json_t *data = json_object_get(value, "data");
    if (!state || !data)
        return refuse(why, "the definition has no such state now", name);
    cursor_move(cursor, state, json_incref(data));
    if (!read_phase(value, &cursor->phase))
        return refuse(why, "the data of the execution is broken at the state", name);
    cursor->entered_ms = read_number(value, "entered_ms");
    cursor->due_ms = read_number(value, "due_ms");
    cursor->retries = read_number(value, "retries");
    json_t *attempts = json_object_get(value, "attempts");
    for (size_t i = 0; i <= state->recovery.retrier_count; i++)
        cursor->attempts[i] = json_integer_value(json_array_get(attempts, i));
    if (cursor->phase == CURSOR_WORKING) {
        cursor->phase = CURSOR_READY;
        cursor->again = true;
    }
    if (cursor->phase == CURSOR_WAITING && !state->type->resume)
        cursor->phase = CURSOR_READY; /* its type has changed since */
    return cursor->phase == CURSOR_FORKED ? read_branches(value, cursor, why) : STATUS_OK;
}

enum status cursor_read(json_t *value, const struct machine *machine, struct cursor *parent, struct cursor **ret_cursor,
                        struct text *why)
{
    struct cursor *cursor = make(machine, parent);
    enum status status = read_fields(value, cursor, why);
    if (status == STATUS_OK)
        *ret_cursor = cursor;
    else
        cursor_free(cursor);
    return status;
}
