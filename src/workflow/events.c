#include "memory.h"
#include "step.h"

#include <stdlib.h>

json_t *event_text(const json_t *data)
{
    TEXT_CLEANUP struct text text = {0};
    json_add(&text, data);
    return json_stringn(text_get(&text), text.length);
}

void event_add(struct interpreter *interpreter, const char *type, json_t *detail)
{
    if (interpreter->event_count == interpreter->event_capacity) {
        interpreter->event_capacity = interpreter->event_capacity ? interpreter->event_capacity * 2 : 8;
        interpreter->events =
            memory_resize(interpreter->events, interpreter->event_capacity * sizeof *interpreter->events);
    }
    TEXT_CLEANUP struct text text = {0};
    json_add(&text, detail);
    json_decref(detail);
    interpreter->events[interpreter->event_count++] = (struct execution_event){
        .time_ms = interpreter->now_ms,
        .type = arena_copy_string(&interpreter->event_arena, type),
        .detail = arena_copy(&interpreter->event_arena, text_get(&text), text.length),
    };
}

void event_add_state(struct interpreter *interpreter, const struct state *state, const char *what, const char *field,
                     json_t *data)
{
    json_t *detail = json_object();
    (void)json_object_set_new(detail, "name", json_string(state->name));
    if (data)
        (void)json_object_set_new(detail, field, event_text(data));
    event_add(interpreter, arena_printf(&interpreter->event_arena, "%sState%s", state->type->name, what), detail);
}

void event_add_failure(struct interpreter *interpreter, const char *type, json_t *detail, const struct failure *failure)
{
    detail = detail ? detail : json_object();
    if (failure->error.length)
        (void)json_object_set_new(detail, "error", json_string(text_get(&failure->error)));
    if (failure->cause.length)
        (void)json_object_set_new(detail, "cause", json_string(text_get(&failure->cause)));
    event_add(interpreter, type, detail);
}

const struct execution_event *interpreter_get_events(const struct interpreter *interpreter, size_t *ret_count)
{
    *ret_count = interpreter->event_count;
    return interpreter->events;
}

bool interpreter_is_unsaved(const struct interpreter *interpreter)
{
    return interpreter->event_count || interpreter->is_unsaved;
}

void interpreter_forget_events(struct interpreter *interpreter)
{
    interpreter->event_count = 0;
    interpreter->is_unsaved = false;
    arena_release(&interpreter->event_arena);
}
