/* The one list of state types. Map has its place here too, when there is a state_map.c. */
#include "state_types.h"

const struct state_type *const state_types[] = {
    &state_task, &state_pass, &state_choice, &state_wait, &state_succeed, &state_fail, &state_parallel, NULL,
};
