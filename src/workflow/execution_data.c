#include "execution_data.h"

#include "memory.h"
#include "step.h"

#include <stdlib.h>
#include <string.h>

/* ---- Reading ---- */

static enum status read_cursor(struct interpreter *interpreter, json_t *data, struct text *why)
{
    json_t *value = json_object_get(data, "cursor");
    return value ? cursor_read(value, &interpreter->definition->top, NULL, &interpreter->root, why) : STATUS_OK;
}

static enum status read_data(struct interpreter *interpreter, json_t *data, struct text *why)
{
    json_t *input = json_object_get(data, "input");
    if (!input) {
        text_setf(why, "the data of the execution has no input");
        return STATUS_INVALID;
    }
    interpreter->input = json_incref(input);
    interpreter->started_ms = json_integer_value(json_object_get(data, "started_ms"));
    interpreter->redrives = json_integer_value(json_object_get(data, "redrives"));
    interpreter->redriven = json_is_true(json_object_get(data, "redriven"));
    interpreter->failed = json_incref(json_object_get(data, "failed"));
    return read_cursor(interpreter, data, why);
}

/* Never 0: it would stay 0. */
static uint64_t seed(const struct execution *execution)
{
    uint64_t bytes;
    memcpy(&bytes, execution->id.bytes + ID_BYTES - sizeof bytes, sizeof bytes);
    return (bytes ^ (execution->version * 0x9e3779b97f4a7c15U)) | 1;
}

/* A retry that was put off can be made due sooner in the store (store_photo_review): its word counts. */
static void hurry(struct interpreter *interpreter, int64_t due_ms)
{
    struct cursor *root = interpreter->root;
    if (root && root->phase == CURSOR_READY && due_ms < root->due_ms)
        root->due_ms = due_ms;
}

enum status interpreter_open(const struct definition *definition, const struct execution *execution,
                             struct interpreter **ret_interpreter, struct text *why)
{
    JSON_CLEANUP json_t *data = NULL;
    enum status status = json_parse(execution->data, strlen(execution->data), &data, why);
    if (status != STATUS_OK)
        return status;
    struct interpreter *interpreter = NEW(struct interpreter);
    interpreter->definition = definition;
    interpreter->workflow = memory_copy_string(execution->workflow);
    interpreter->status = execution->status;
    interpreter->was_lost = execution->was_lost;
    interpreter->random = seed(execution);
    id_format(&execution->id, interpreter->id);
    status = read_data(interpreter, data, why);
    if (status != STATUS_OK) {
        interpreter_free(interpreter);
        return status;
    }
    hurry(interpreter, execution->due_ms);
    *ret_interpreter = interpreter;
    return STATUS_OK;
}

void interpreter_free(struct interpreter *interpreter)
{
    if (!interpreter)
        return;
    cursor_free(interpreter->root);
    failure_release(&interpreter->failure);
    json_decref(interpreter->input);
    json_decref(interpreter->output);
    json_decref(interpreter->failed);
    arena_release(&interpreter->event_arena);
    free(interpreter->events);
    free(interpreter->workflow);
    free(interpreter);
}

/* ---- Writing ---- */

static void set_text(json_t *data, const char *field, const struct text *text)
{
    if (text->length)
        (void)json_object_set_new(data, field, json_string(text_get(text)));
}

static json_t *write_data(const struct interpreter *interpreter)
{
    json_t *data = json_object();
    (void)json_object_set(data, "input", interpreter->input);
    if (interpreter->started_ms)
        (void)json_object_set_new(data, "started_ms", json_integer(interpreter->started_ms));
    if (interpreter->root)
        (void)json_object_set_new(data, "cursor", cursor_write(interpreter->root));
    if (interpreter->failed && interpreter->status != EXECUTION_SUCCEEDED)
        (void)json_object_set(data, "failed", interpreter->failed);
    if (interpreter->redrives)
        (void)json_object_set_new(data, "redrives", json_integer(interpreter->redrives));
    if (interpreter->redriven)
        (void)json_object_set_new(data, "redriven", json_true());
    if (interpreter->output)
        (void)json_object_set(data, "output", interpreter->output);
    set_text(data, "error", &interpreter->failure.error);
    set_text(data, "cause", &interpreter->failure.cause);
    return data;
}

void interpreter_describe(const struct interpreter *interpreter, struct execution *execution, struct text *ret_data)
{
    JSON_CLEANUP json_t *data = write_data(interpreter);
    text_clear(ret_data);
    json_add(ret_data, data);
    int64_t due = interpreter_get_due(interpreter);
    execution->status = interpreter->status;
    execution->data = text_get(ret_data);
    /* With a task under way it is due at once for whoever takes it over. */
    execution->due_ms = interpreter_has_tasks(interpreter) || due < 0 ? interpreter->now_ms : due;
    if (interpreter->root)
        execution->state = interpreter->root->state->name;
    else if (interpreter->last_state)
        execution->state = interpreter->last_state;
}

void execution_data_initial(const json_t *input, struct text *ret_data)
{
    text_clear(ret_data);
    text_add(ret_data, "{\"input\":");
    json_add(ret_data, input);
    text_addc(ret_data, '}');
}

/* ---- Going on after a failure ---- */

static enum status find_failed(const struct definition *definition, json_t *old, const struct state **ret_state,
                               json_t **ret_input, struct text *why)
{
    json_t *failed = json_object_get(old, "failed");
    const char *name = json_string_value(json_object_get(failed, "state"));
    json_t *input = json_object_get(failed, "input");
    const struct state *state = name ? machine_find(&definition->top, name) : NULL;
    if (!state || !input) {
        text_setf(why,
                  name ? "the definition has no state \"%.100s\" now: start from the beginning"
                       : "no state has failed: start from the beginning%s",
                  name ? name : "");
        return STATUS_INVALID;
    }
    *ret_state = state;
    *ret_input = input;
    return STATUS_OK;
}

static json_t *cursor_at(const struct definition *definition, const struct state *state, json_t *input)
{
    struct cursor *cursor = cursor_new(&definition->top, NULL, input);
    cursor_move(cursor, state, json_incref(input));
    json_t *value = cursor_write(cursor);
    cursor_free(cursor);
    return value;
}

/* The parsed data, and the input of the execution in it (borrowed). */
static enum status read_old(const char *data, json_t **ret_old, json_t **ret_input, struct text *why)
{
    enum status status = json_parse(data, strlen(data), ret_old, why);
    if (status != STATUS_OK)
        return status;
    *ret_input = json_object_get(*ret_old, "input");
    if (*ret_input)
        return STATUS_OK;
    text_setf(why, "the data of the execution has no input");
    return STATUS_INVALID;
}

enum status execution_data_restart(const char *data, struct text *ret_data, struct text *why)
{
    JSON_CLEANUP json_t *old = NULL;
    json_t *input;
    enum status status = read_old(data, &old, &input, why);
    if (status == STATUS_OK)
        execution_data_initial(input, ret_data);
    return status;
}

enum status execution_data_resume(const struct definition *definition, const char *data, struct text *ret_data,
                                  struct text *why)
{
    JSON_CLEANUP json_t *old = NULL;
    json_t *input, *state_input;
    const struct state *state;
    enum status status = read_old(data, &old, &input, why);
    if (status == STATUS_OK)
        status = find_failed(definition, old, &state, &state_input, why);
    if (status != STATUS_OK)
        return status;
    JSON_CLEANUP json_t *again = json_pack("{s:O}", "input", input);
    int64_t redrives = json_integer_value(json_object_get(old, "redrives")) + 1;
    (void)json_object_set_new(again, "cursor", cursor_at(definition, state, state_input));
    (void)json_object_set_new(again, "redrives", json_integer(redrives));
    (void)json_object_set_new(again, "redriven", json_true());
    text_clear(ret_data);
    json_add(ret_data, again);
    return STATUS_OK;
}

enum status execution_data_divert(const struct definition *definition, const char *data, const char *name, json_t *more,
                                  struct text *ret_data, struct text *why)
{
    JSON_CLEANUP json_t *old = NULL;
    json_t *input;
    enum status status = read_old(data, &old, &input, why);
    const struct state *state = machine_find(&definition->top, name);
    if (status == STATUS_OK && !state) {
        text_setf(why, "the definition has no state \"%.100s\"", name);
        status = STATUS_INVALID;
    }
    if (status != STATUS_OK)
        return status;
    JSON_CLEANUP json_t *state_input = json_copy(input);
    (void)json_object_update(state_input, more);
    JSON_CLEANUP json_t *diverted = json_pack("{s:O}", "input", input);
    json_t *started = json_object_get(old, "started_ms");
    if (started)
        (void)json_object_set(diverted, "started_ms", started);
    (void)json_object_set_new(diverted, "cursor", cursor_at(definition, state, state_input));
    text_clear(ret_data);
    json_add(ret_data, diverted);
    return STATUS_OK;
}
