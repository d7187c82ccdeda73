/* The pure core: takes an execution from state to state. It has no clock, no threads and no store: the time is told,
 * tasks are handed out and their outcomes brought back, and what has to be kept is described. runner.c makes it
 * last. */
#ifndef INTERPRETER_H
#define INTERPRETER_H

#include "definition.h"
#include "store.h"
#include "task.h"

#include <stdbool.h>
#include <stdint.h>

struct interpreter;

/* From what the store keeps; nothing of the execution is borrowed, the definition is. Tasks that were under way are
 * handed out again, or have failed with Task.Lost when the execution was lost; a retry is due when the store says so,
 * if that is sooner. INVALID: its data is broken, or the definition has changed so that its state is gone. */
enum status interpreter_open(const struct definition *definition, const struct execution *execution,
                             struct interpreter **ret_interpreter, struct text *why);
void interpreter_free(struct interpreter *interpreter); /* NULL is allowed */

/* Goes on until everything waits for a task or for a time, or has ended. After many steps without either (states in a
 * circle) it stops too, so that they are kept: interpreter_get_due is then not after now_ms. */
void interpreter_advance(struct interpreter *interpreter, int64_t now_ms);

struct interpreter_task {
    uint64_t ticket; /* names it; never 0 */
    const char *state, *resource;
    json_t *input; /* the caller's, and shared with nothing: it goes to another thread */
    int64_t timeout_ms;
};
/* Hands out a task that is to be run now, each once; false: there is none (more). */
bool interpreter_next_task(struct interpreter *interpreter, struct interpreter_task *ret_task);
/* Its outcome, which is emptied. A task that took longer than its time has timed out, whatever it brings. That of a
 * task whose state was left meanwhile (another branch failed, time ran out) is dropped. Call interpreter_advance
 * next. */
void interpreter_finish_task(struct interpreter *interpreter, uint64_t ticket, struct task_outcome *outcome,
                             int64_t elapsed_ms, int64_t now_ms);

/* When interpreter_advance can go on by itself: -1 never, tasks are under way or it has ended. */
int64_t interpreter_get_due(const struct interpreter *interpreter);
bool interpreter_has_tasks(const struct interpreter *interpreter); /* handed out or to be handed out */
enum execution_status interpreter_get_status(const struct interpreter *interpreter);
/* Its output, error and cause once it has ended; NULL as long as there is none. Borrowed. */
json_t *interpreter_get_output(const struct interpreter *interpreter);
const char *interpreter_get_error(const struct interpreter *interpreter);
const char *interpreter_get_cause(const struct interpreter *interpreter);

/* What has happened since the last forgetting, in order. Borrowed until then. */
const struct execution_event *interpreter_get_events(const struct interpreter *interpreter, size_t *ret_count);
void interpreter_forget_events(struct interpreter *interpreter);
/* Whether there is anything to keep: events, or a task that was begun without one. */
bool interpreter_is_unsaved(const struct interpreter *interpreter);

/* What has to be kept: status, state, data and due_ms of *execution. The state is borrowed from the definition or the
 * interpreter, the data from ret_data. */
void interpreter_describe(const struct interpreter *interpreter, struct execution *execution, struct text *ret_data);

#endif
