/* The work behind Task states. A handler may be called more than once for the same execution and state (at least
 * once is the promise), so it must be idempotent. */
#ifndef TASK_H
#define TASK_H

#include "json.h"
#include "store.h"

struct task_call {
    const struct id *execution_id;
    /* Whoever runs it has lost the execution when the store says so; NULL: nobody can */
    const struct execution_claim *claim;
    const char *resource; /* as in the definition */
    const json_t *input;  /* after InputPath and Parameters; borrowed */
    int64_t timeout_ms;   /* of TimeoutSeconds; 0: none. The handler should give up by itself then */
};

struct task_outcome {
    json_t *output;    /* set on success; the interpreter takes it */
    struct text error; /* a name on failure: "Darkroom.Crashed", "States.TaskFailed"; empty on success */
    struct text cause; /* a sentence for a person */
};

struct task_handler {
    const char *resource;
    void (*run)(void *context, const struct task_call *call, struct task_outcome *ret_outcome);
};

#endif
