/* A state of a definition, and what its type has to offer. Adding a type: one file state_NAME.c with its table at the
 * end, and one row in state_types.c. (Map belongs there: its cursor forks as that of Parallel does, once an item.) */
#ifndef STATE_H
#define STATE_H

#include "data_flow.h"
#include "definition_reader.h"
#include "recovery.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor;
struct interpreter;
struct state_type;
struct task_outcome;

struct state {
    const char *name;
    const struct state_type *type;
    const struct state *next; /* NULL: the machine ends after it, or its type chooses */
    struct data_flow flow;
    struct recovery recovery;
    struct machine **branches; /* that it forks into */
    size_t branch_count;
    const void *fields; /* those of its type alone; in the definition's arena */
};

/* States that lead to each other alone: the top level of a definition, or a branch of a Parallel state. */
struct machine {
    struct state *states; /* in the order of the text */
    size_t count;
    const struct state *start;
    struct machine *inner; /* the machines right below this one, linked by `beside` */
    struct machine *beside;
};

/* A definition is its top machine and what belongs to executions as a whole. */
struct definition {
    struct arena arena;
    json_t *document; /* literals are read from it and copied: threads share it, and its reference counts are not for
                         that */
    struct machine top;
    int64_t timeout_seconds; /* 0: none */
};

/* Fields that several types share; a type names those that it takes. */
enum state_feature {
    TAKES_NEXT = 1,        /* Next or End */
    TAKES_PATHS = 2,       /* InputPath, OutputPath */
    TAKES_PARAMETERS = 4,  /* Parameters */
    TAKES_RESULT_PATH = 8, /* ResultPath */
    TAKES_SELECTOR = 16,   /* ResultSelector */
    TAKES_RECOVERY = 32    /* Retry, Catch */
};

struct state_type {
    const char *name; /* "Task"; events are named after it, "TaskStateEntered" */
    unsigned features;
    bool ends;                 /* terminal by itself: Succeed and Fail */
    const char *const *fields; /* those that no other type has; ends with NULL */
    /* Reads its own fields into state->fields. NULL: it has none. */
    bool (*read)(struct reader *reader, json_t *object, struct state *state);
    /* Where it may lead besides Next and Catch: calls `visit` for each. NULL: nowhere. */
    void (*targets)(const struct state *state, void (*visit)(void *context, const struct state *target), void *context);

    /* What a Task state calls. NULL: it calls nothing. */
    const char *(*resource)(const struct state *state);

    /* Does the state's work, or begins it. Ends in one of the functions of step.h. */
    void (*run)(struct interpreter *interpreter, struct cursor *cursor);
    /* The time it waited for has come. NULL: it never waits. */
    void (*resume)(struct interpreter *interpreter, struct cursor *cursor);
    /* The task that it handed out is done. NULL: it has none. */
    void (*finish)(struct interpreter *interpreter, struct cursor *cursor, struct task_outcome *outcome);
    /* All its branches have ended well. NULL: it has none. */
    void (*join)(struct interpreter *interpreter, struct cursor *cursor);
};

extern const struct state_type *const state_types[]; /* ends with NULL */

/* NULL: there is none of that name. */
const struct state *machine_find(const struct machine *machine, const char *name);
/* Reads "StartAt" and "States" of `object`, and checks that all of it hangs together. */
bool machine_read(struct reader *reader, json_t *object, struct machine *machine);
/* The state that stands under its name in its machine: fills *state. */
bool state_read(struct reader *reader, json_t *object, struct state *state);

/* JSONPath is the only query language that is understood; it may be said of the whole and of each state. */
bool read_query_language(struct reader *reader, json_t *object);

#endif
