/* Choice: goes to the state of the first rule that holds. */
#include "choice_rule.h"
#include "state_types.h"
#include "step.h"

struct choice {
    const struct choice_rule *rule;
    const struct state *next;
};

struct choice_fields {
    struct choice *choices;
    size_t count;
    const struct state *otherwise; /* Default; NULL: none */
};

static bool read_choice_rule(struct reader *reader, json_t *object, struct choice *choice)
{
    if (!json_is_object(object))
        return reader_refuse(reader, STATUS_INVALID, "must be an object");
    return choice_rule_read(reader, object, true, &choice->rule)
           && read_target(reader, object, "Next", true, &choice->next);
}

static bool read_choice(struct reader *reader, json_t *object, struct state *state)
{
    struct choice_fields *fields = arena_new(reader->arena, sizeof *fields);
    json_t *choices = json_object_get(object, "Choices");
    if (!json_is_array(choices) || json_array_size(choices) == 0)
        return reader_refuse(reader, STATUS_INVALID, "\"Choices\" must be a list of at least one rule");
    fields->count = json_array_size(choices);
    fields->choices = arena_new(reader->arena, sizeof *fields->choices * fields->count);
    state->fields = fields;
    for (size_t i = 0; i < fields->count; i++) {
        size_t mark = reader_enter(reader, "Choices[%zu]", i);
        bool read = read_choice_rule(reader, json_array_get(choices, i), &fields->choices[i]);
        reader_leave(reader, mark);
        if (!read)
            return false;
    }
    return read_target(reader, object, "Default", false, &fields->otherwise);
}

static void choice_targets(const struct state *state, void (*visit)(void *context, const struct state *target),
                           void *context)
{
    const struct choice_fields *fields = state->fields;
    for (size_t i = 0; i < fields->count; i++)
        visit(context, fields->choices[i].next);
    if (fields->otherwise)
        visit(context, fields->otherwise);
}

/* NULL with the failure: no rule holds, or one cannot be decided. */
static const struct state *choose(const struct choice_fields *fields, json_t *input, json_t *context,
                                  struct failure *failure)
{
    for (size_t i = 0; i < fields->count; i++) {
        bool holds;
        if (!choice_rule_decide(fields->choices[i].rule, input, context, &holds, failure))
            return NULL;
        if (holds)
            return fields->choices[i].next;
    }
    if (!fields->otherwise)
        failure_set(failure, ERROR_NO_CHOICE, "no rule holds, and there is no Default");
    return fields->otherwise;
}

static void run_choice(struct interpreter *interpreter, struct cursor *cursor)
{
    FAILURE_CLEANUP struct failure failure = {0};
    JSON_CLEANUP json_t *context = step_context(interpreter, cursor);
    JSON_CLEANUP json_t *input = step_select(interpreter, cursor, context);
    if (!input)
        return;
    const struct state *next = choose(cursor->state->fields, input, context, &failure);
    if (next)
        step_choose(interpreter, cursor, json_incref(input), next);
    else
        step_fail(interpreter, cursor, &failure);
}

const struct state_type state_choice = {
    .name = "Choice",
    .features = TAKES_PATHS,
    .fields = (const char *const[]){"Choices", "Default", NULL},
    .read = read_choice,
    .targets = choice_targets,
    .run = run_choice,
};
