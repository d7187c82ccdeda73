/* Succeed: ends its machine with its input. */
#include "state_types.h"
#include "step.h"

static void run_succeed(struct interpreter *interpreter, struct cursor *cursor)
{
    json_t *input = step_input(interpreter, cursor);
    if (input)
        step_succeed(interpreter, cursor, input);
}

const struct state_type state_succeed = {
    .name = "Succeed",
    .features = TAKES_PATHS,
    .ends = true,
    .run = run_succeed,
};
