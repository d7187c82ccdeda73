/* Why a state failed: an error name that retriers and catchers match, and a cause for a person. */
#ifndef FAILURE_H
#define FAILURE_H

#include "text.h"

struct failure {
    struct text error; /* "States.Timeout", "Darkroom.Crashed" */
    struct text cause;
};

#define FAILURE_CLEANUP __attribute__((cleanup(failure_release)))
void failure_release(struct failure *failure);
/* Always NULL, so that whoever makes a value can return it. */
void *failure_set(struct failure *failure, const char *error, const char *cause, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes it UTF-8 whatever it was: events and data are JSON. */
void failure_clean(struct failure *failure);

/* The names that the language gives (appendix A), as far as the interpreter itself reports them. */
#define ERROR_RUNTIME        "States.Runtime"
#define ERROR_TIMEOUT        "States.Timeout"
#define ERROR_TASK_FAILED    "States.TaskFailed"
#define ERROR_DATA_LIMIT     "States.DataLimitExceeded"
#define ERROR_RESULT_PATH    "States.ResultPathMatchFailure"
#define ERROR_PARAMETER_PATH "States.ParameterPathFailure"
#define ERROR_NO_CHOICE      "States.NoChoiceMatched"
#define ERROR_BRANCH_FAILED  "States.BranchFailed"
#define ERROR_HEARTBEAT      "States.HeartbeatTimeout"
#define ERROR_ALL            "States.ALL"

/* Ours: the process that ran a task ended before it had saved what became of the task. */
#define ERROR_TASK_LOST "Task.Lost"

#endif
