#include "store_checks.h"

#include <string.h>

/* `string` (NULL is refused) has 1 to `maximum` bytes. */
static enum status check_length(const char *what, const char *string, size_t maximum, struct text *why)
{
    if (string && string[0] && strnlen(string, maximum + 1) <= maximum)
        return STATUS_OK;
    text_setf(why, "%s has 1 to %zu characters.", what, maximum);
    return STATUS_INVALID;
}

enum status check_author(const char *author, struct text *why)
{
    return check_length("The name of an author", author, AUTHOR_NAME_MAX, why);
}

enum status check_key(const char *idempotency_key, struct text *why)
{
    return check_length("An idempotency key", idempotency_key, IDEMPOTENCY_KEY_MAX, why);
}

enum status check_execution(const struct execution *execution, struct text *why)
{
    const char *fault = NULL;
    if (!execution->workflow || !execution->state || !execution->data)
        fault = "An execution has a workflow, a state and data.";
    else if ((unsigned)execution->status >= EXECUTION_STATUSES)
        fault = "An execution is RUNNING, SUCCEEDED, FAILED or ABORTED.";
    if (!fault)
        return STATUS_OK;
    text_setf(why, "%s", fault);
    return STATUS_INVALID;
}

enum status check_data(const char *data, struct text *why)
{
    if (data)
        return STATUS_OK;
    text_setf(why, "An execution has data.");
    return STATUS_INVALID;
}

enum status check_lease(const char *name, const char *owner, struct text *why)
{
    enum status status = check_length("The name of a lease", name, LEASE_NAME_MAX, why);
    return status ? status : check_length("The owner of a lease", owner, LEASE_NAME_MAX, why);
}

const struct id before_all_ids = {{0}};
const struct post_cursor before_all_posts = {
    .time_ms = INT64_MAX,
    .id = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};

enum status tell_missing(enum status status, const char *sentence, struct text *why)
{
    if (status == STATUS_NOT_FOUND)
        text_setf(why, "%s", sentence);
    return status;
}
