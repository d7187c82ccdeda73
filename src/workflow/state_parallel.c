/* Parallel: runs its branches side by side, each with its input, and gives their outputs as a list. */
#include "state_types.h"
#include "step.h"

static bool read_branch(struct reader *reader, json_t *object, struct machine **ret_machine)
{
    static const char *const fields[] = {"StartAt", "States", "Comment", NULL};
    if (!json_is_object(object))
        return reader_refuse(reader, STATUS_INVALID, "must be an object");
    *ret_machine = arena_new(reader->arena, sizeof **ret_machine);
    return read_only_fields(reader, object, fields) && machine_read(reader, object, *ret_machine);
}

static bool read_parallel(struct reader *reader, json_t *object, struct state *state)
{
    json_t *branches = json_object_get(object, "Branches");
    if (!json_is_array(branches) || json_array_size(branches) == 0)
        return reader_refuse(reader, STATUS_INVALID, "\"Branches\" must be a list of at least one branch");
    state->branch_count = json_array_size(branches);
    state->branches = arena_new(reader->arena, sizeof *state->branches * state->branch_count);
    for (size_t i = 0; i < state->branch_count; i++) {
        size_t mark = reader_enter(reader, "Branches[%zu]", i);
        bool read = read_branch(reader, json_array_get(branches, i), &state->branches[i]);
        reader_leave(reader, mark);
        if (!read)
            return false;
    }
    return true;
}

static void run_parallel(struct interpreter *interpreter, struct cursor *cursor)
{
    JSON_CLEANUP json_t *input = step_input(interpreter, cursor);
    if (!input)
        return;
    event_add(interpreter, "ParallelStateStarted", json_object());
    cursor_fork(cursor, input);
}

static void join_parallel(struct interpreter *interpreter, struct cursor *cursor)
{
    json_t *outputs = json_array();
    for (size_t i = 0; i < cursor->branch_count; i++)
        (void)json_array_append(outputs, cursor->branches[i]->data);
    event_add(interpreter, "ParallelStateSucceeded", json_object());
    step_succeed(interpreter, cursor, outputs);
}

const struct state_type state_parallel = {
    .name = "Parallel",
    .features = TAKES_NEXT | TAKES_PATHS | TAKES_PARAMETERS | TAKES_RESULT_PATH | TAKES_SELECTOR | TAKES_RECOVERY,
    .fields = (const char *const[]){"Branches", NULL},
    .read = read_parallel,
    .run = run_parallel,
    .join = join_parallel,
};
