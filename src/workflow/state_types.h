/* The tables at the ends of the state_*.c files. */
#ifndef STATE_TYPES_H
#define STATE_TYPES_H

#include "state.h"

extern const struct state_type state_task, state_pass, state_choice, state_wait, state_succeed, state_fail,
    state_parallel;

#endif
