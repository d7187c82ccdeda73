/* An operator's way to end what should not go on. */
#include "pipeline.h"
#include "reasons.h"
#include "runner.h"
#include "task_errors.h"

#include <string.h>

static const char refusing[] = "Reject", refused[] = "Rejected"; /* states of the workflow */

static enum status make_data(const struct execution *execution, struct text *ret_data, struct text *why)
{
    struct definition *definition;
    TEXT_CLEANUP struct text sentence = {0};
    enum status status = definition_parse(pipeline_workflow_text, pipeline_workflow_length, &definition, why);
    if (status != STATUS_OK)
        return status;
    reason_set(&sentence, REASON_PHOTO_STOPPED);
    JSON_CLEANUP json_t *more =
        json_pack("{s:{s:s, s:s}}", "error", "Error", PHOTO_STOPPED, "Cause", text_get(&sentence));
    status = runner_divert_data(definition, execution->data, refusing, more, ret_data, why);
    definition_free(definition);
    return status;
}

enum status pipeline_stop(struct store *store, const struct id *id, bool *ret_held, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text data = {0};
    struct execution execution;
    enum status status = store_execution_get(store, id, &arena, &execution, why);
    bool is_refusing = status == STATUS_OK && execution.status == EXECUTION_RUNNING
                       && (strcmp(execution.state, refusing) == 0 || strcmp(execution.state, refused) == 0);
    if (is_refusing)
        *ret_held = true;
    if (status != STATUS_OK || is_refusing)
        return status;
    status = make_data(&execution, &data, why);
    return status == STATUS_OK ? store_execution_divert(store, id, text_get(&data), ret_held, why) : status;
}
