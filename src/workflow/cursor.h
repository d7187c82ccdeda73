/* Where an execution stands. A cursor is in one state of one machine; at a Parallel state it has a cursor a branch
 * below it. The whole tree is what an execution's data keeps. */
#ifndef CURSOR_H
#define CURSOR_H

#include "failure.h"
#include "state.h"

enum cursor_phase {
    CURSOR_ENTERING, /* about to enter its state */
    CURSOR_READY,    /* runs its state when due: at once, or after a retrier's delay */
    CURSOR_WAITING,  /* resumes its state when due */
    CURSOR_WORKING,  /* a task is under way */
    CURSOR_FORKED,   /* its branches are under way */
    CURSOR_ENDED,    /* its machine has ended with `data` */
    CURSOR_FAILED    /* its machine has ended with `failure`; seen by its parent in the same step, and never kept */
};

struct cursor {
    struct cursor *parent; /* NULL at the top */
    const struct machine *machine;
    const struct state *state;
    enum cursor_phase phase;
    json_t *data;       /* the state's raw input; the machine's output when it has ended */
    int64_t entered_ms; /* when it entered the state */
    int64_t due_ms;     /* while READY or WAITING */
    int64_t retries;    /* of the state */
    int64_t *attempts;  /* the same by retrier, as many as the state has, and one for tasks that were lost */
    struct cursor **branches;
    size_t branch_count;
    struct failure failure;

    /* Of a task under way. Not kept: whoever takes an execution over runs its tasks again. */
    bool again; /* its task was scheduled before, by a process that lost the execution */
    bool handed_out;
    uint64_t ticket;
    json_t *task_input;
    int64_t timeout_ms;
};

/* At the start of the machine, with its input. */
struct cursor *cursor_new(const struct machine *machine, struct cursor *parent, json_t *input);
void cursor_free(struct cursor *cursor); /* NULL is allowed; frees its branches */
/* To a state of its machine that is then entered, with its raw input (taken). */
void cursor_move(struct cursor *cursor, const struct state *state, json_t *input);
/* Makes a cursor a branch of the state, each with the input. */
void cursor_fork(struct cursor *cursor, json_t *input);
void cursor_free_branches(struct cursor *cursor);

json_t *cursor_write(const struct cursor *cursor);
/* INVALID: written by nobody we know, or for a definition that has changed since. */
enum status cursor_read(json_t *value, const struct machine *machine, struct cursor *parent, struct cursor **ret_cursor,
                        struct text *why);

#endif
