/* Pass: hands on its input, or a fixed Result. */
#include "state_types.h"
#include "step.h"

struct pass_fields {
    json_t *result; /* NULL: the input */
};

static bool read_pass(struct reader *reader, json_t *object, struct state *state)
{
    struct pass_fields *fields = arena_new(reader->arena, sizeof *fields);
    fields->result = json_object_get(object, "Result");
    state->fields = fields;
    return true;
}

static void run_pass(struct interpreter *interpreter, struct cursor *cursor)
{
    const struct pass_fields *fields = cursor->state->fields;
    JSON_CLEANUP json_t *input = step_input(interpreter, cursor);
    if (input)
        step_succeed(interpreter, cursor, fields->result ? json_deep_copy(fields->result) : json_incref(input));
}

const struct state_type state_pass = {
    .name = "Pass",
    .features = TAKES_NEXT | TAKES_PATHS | TAKES_PARAMETERS | TAKES_RESULT_PATH,
    .fields = (const char *const[]){"Result", NULL},
    .read = read_pass,
    .run = run_pass,
};
