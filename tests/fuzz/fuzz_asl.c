/* A definition in the Amazon States Language. What is accepted is run for a while, and after each transition another
 * interpreter goes on from the data that was kept: it has to stand where the first one stood. */
#include "fuzz.h"
#include "interpreter.h"

#include <assert.h>
#include <string.h>

enum { STEPS = 40, DATA_MAX = 1 << 20 };

static const char initial[] =
    "{\"input\":{\"x\":1,\"s\":\"a\",\"list\":[1,{\"y\":null}],\"t\":\"2026-11-22T21:05:00Z\"}}";

/* Every third task fails; the second takes too long. */
static void finish(struct interpreter *interpreter, const struct interpreter_task *task, unsigned step, int64_t now_ms)
{
    struct task_outcome outcome = {0};
    if (step % 3 == 0)
        text_setf(&outcome.error, "E");
    else
        outcome.output = json_incref(task->input);
    interpreter_finish_task(interpreter, task->ticket, &outcome, step % 3 == 1 ? task->timeout_ms + 1 : 0, now_ms);
    json_decref(task->input);
}

static struct interpreter *take_over(const struct definition *definition, struct interpreter *interpreter,
                                     struct text *data, int64_t now_ms)
{
    struct execution execution = {.workflow = "fuzzed", .state = ""};
    struct interpreter *next = NULL;
    TEXT_CLEANUP struct text again = {0};
    interpreter_describe(interpreter, &execution, data);
    bool running = execution.status == EXECUTION_RUNNING;
    int64_t due = interpreter_get_due(interpreter);
    interpreter_free(interpreter);
    assert(interpreter_open(definition, &execution, &next, NULL) == STATUS_OK);
    if (running && due > now_ms) {
        interpreter_advance(next, now_ms);
        assert(interpreter_get_due(next) == due);
    }
    interpreter_describe(next, &execution, &again);
    assert(!running || due <= now_ms || strcmp(text_get(&again), text_get(data)) == 0);
    return next;
}

static void run(const struct definition *definition)
{
    TEXT_CLEANUP struct text data = {0};
    struct execution execution = {.workflow = "fuzzed", .state = "", .data = initial};
    struct interpreter *interpreter = NULL;
    struct interpreter_task task;
    int64_t now_ms = 1000000;
    assert(interpreter_open(definition, &execution, &interpreter, NULL) == STATUS_OK);
    for (unsigned step = 0; step < STEPS && interpreter_get_status(interpreter) == EXECUTION_RUNNING; step++) {
        interpreter_advance(interpreter, now_ms);
        interpreter_forget_events(interpreter);
        interpreter = take_over(definition, interpreter, &data, now_ms);
        if (data.length > DATA_MAX || interpreter_get_status(interpreter) != EXECUTION_RUNNING)
            break;
        interpreter_advance(interpreter, now_ms);
        while (interpreter_next_task(interpreter, &task))
            finish(interpreter, &task, step, now_ms);
        int64_t due = interpreter_get_due(interpreter);
        now_ms = due > now_ms ? due : now_ms;
    }
    interpreter_free(interpreter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TEXT_CLEANUP struct text why = {0};
    struct definition *definition = NULL;
    enum status status = definition_parse((const char *)data, size, &definition, &why);
    assert((status == STATUS_OK) == (definition != NULL) && (status == STATUS_OK) == (why.length == 0));
    if (definition)
        run(definition);
    definition_free(definition);
    return 0;
}
