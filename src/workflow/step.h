/* What a state type does with the cursor that stands in its state, and what it finds out about the execution. */
#ifndef STEP_H
#define STEP_H

#include "cursor.h"
#include "interpreter.h"

/* Inside for interpreter*.c, events.c and state_*.c. */
struct interpreter {
    const struct definition *definition;
    char id[ID_TEXT_SIZE];
    char *workflow;
    json_t *input;      /* of the execution */
    int64_t started_ms; /* this time: a retried execution starts anew; 0: not yet */
    int64_t now_ms;
    struct cursor *root;    /* NULL before the start and after the end */
    const char *last_state; /* of the top level; of the definition */
    enum execution_status status;
    json_t *output;
    struct failure failure;
    json_t *failed;   /* {"state", "input"} of the last state of the top level whose error counted; NULL: none */
    int64_t redrives; /* how often it was made to go on after it had failed */
    bool redriven;    /* the event of the last one is to be written */
    bool was_lost;    /* by the process that had it before: its tasks were not brought to an end */
    bool is_unsaved;  /* a task was begun */
    uint64_t random;
    uint64_t last_ticket;
    struct arena event_arena;
    struct execution_event *events;
    size_t event_count, event_capacity;
};

/* ---- How a state ends its run: exactly one of these ---- */

/* With a result (taken), which goes the way out and on to the next state. */
void step_succeed(struct interpreter *interpreter, struct cursor *cursor, json_t *result);
/* With a result (taken), to a state that it has chosen. */
void step_choose(struct interpreter *interpreter, struct cursor *cursor, json_t *result, const struct state *next);
/* With an error: retried, caught, or the end of its machine. */
void step_fail(struct interpreter *interpreter, struct cursor *cursor, struct failure *failure);
/* Whether step_fail would have the state run again. */
bool step_will_retry(const struct cursor *cursor, const char *error);
/* Resumes at that time; at once when it has passed. */
void step_wait(struct interpreter *interpreter, struct cursor *cursor, int64_t due_ms);
/* With a task to hand out; its input is taken. */
void step_work(struct interpreter *interpreter, struct cursor *cursor, json_t *input, int64_t timeout_ms);

/* ---- What it needs for it ---- */

/* The context object, "$$": a new reference. */
json_t *step_context(const struct interpreter *interpreter, const struct cursor *cursor);
/* InputPath alone; NULL: it failed, and step_fail was called. */
json_t *step_select(struct interpreter *interpreter, struct cursor *cursor, json_t *context);
/* InputPath and Parameters, likewise. */
json_t *step_input(struct interpreter *interpreter, struct cursor *cursor);
/* In [0, 1). */
double step_random(struct interpreter *interpreter);

/* ---- Events (events.c), named and shaped as those of Step Functions' GetExecutionHistory ---- */

/* The detail is taken. */
void event_add(struct interpreter *interpreter, const char *type, json_t *detail);
/* "<Type>State<what>" with the state's name and, if not NULL, the data under `field`. */
void event_add_state(struct interpreter *interpreter, const struct state *state, const char *what, const char *field,
                     json_t *data);
/* With error and cause, as far as they are there, added to the detail (taken; NULL: an empty one). */
void event_add_failure(struct interpreter *interpreter, const char *type, json_t *detail,
                       const struct failure *failure);
/* JSON text in a string: how events carry data. */
json_t *event_text(const json_t *data);

#endif
