#include "recovery.h"

#include "failure.h"

#include <math.h>
#include <string.h>

enum { MAX_ATTEMPTS_MAX = 99999999, MAX_DELAY_MAX = 31622400 /* a leap year: what Step Functions takes */ };

/* ---- Reading ---- */

/* A list with at least one name; States.ALL stands alone, and in the last rule. */
static bool read_errors(struct reader *reader, json_t *rule, bool is_last, json_t **ret_errors)
{
    json_t *errors = json_object_get(rule, "ErrorEquals");
    if (!json_is_array(errors) || json_array_size(errors) == 0)
        return reader_refuse_field(reader, STATUS_INVALID, "ErrorEquals", "must be a list of error names");
    size_t index;
    json_t *error;
    json_array_foreach(errors, index, error)
    {
        const char *name = json_string_value(error);
        if (!name)
            return reader_refuse_field(reader, STATUS_INVALID, "ErrorEquals", "must be a list of error names");
        if (strcmp(name, ERROR_ALL) == 0 && (!is_last || json_array_size(errors) > 1))
            return reader_refuse_field(reader, STATUS_INVALID, "ErrorEquals",
                                       ERROR_ALL " must stand alone and in the last rule");
    }
    *ret_errors = errors;
    return true;
}

static bool read_backoff_rate(struct reader *reader, json_t *rule, double *ret_rate)
{
    const json_t *value = json_object_get(rule, "BackoffRate");
    if (!value)
        return true;
    if (!json_is_number(value) || !(json_number_value(value) >= 1))
        return reader_refuse_field(reader, STATUS_INVALID, "BackoffRate", "must be a number of at least 1.0");
    *ret_rate = json_number_value(value);
    return true;
}

static bool read_jitter(struct reader *reader, json_t *rule, bool *ret_full)
{
    const char *strategy = "NONE";
    if (!read_string(reader, rule, "JitterStrategy", &strategy))
        return false;
    *ret_full = strcmp(strategy, "FULL") == 0;
    return *ret_full || strcmp(strategy, "NONE") == 0
           || reader_refuse_field(reader, STATUS_INVALID, "JitterStrategy", "must be \"FULL\" or \"NONE\"");
}

static bool read_retrier(struct reader *reader, json_t *rule, bool is_last, void *slot)
{
    static const char *const fields[] = {"ErrorEquals", "IntervalSeconds", "MaxAttempts",    "BackoffRate",
                                         "Comment",     "MaxDelaySeconds", "JitterStrategy", NULL};
    struct retrier *retrier = slot;
    *retrier = (struct retrier){.interval_seconds = 1, .max_attempts = 3, .backoff_rate = 2};
    if (!read_only_fields(reader, rule, fields) || !read_errors(reader, rule, is_last, &retrier->errors)
        || !read_integer(reader, rule, "IntervalSeconds", 1, READER_SECONDS_MAX, &retrier->interval_seconds)
        || !read_integer(reader, rule, "MaxAttempts", 0, MAX_ATTEMPTS_MAX, &retrier->max_attempts)
        || !read_integer(reader, rule, "MaxDelaySeconds", 1, MAX_DELAY_MAX, &retrier->max_delay_seconds))
        return false;
    if (retrier->max_delay_seconds && retrier->max_delay_seconds < retrier->interval_seconds)
        return reader_refuse_field(reader, STATUS_INVALID, "MaxDelaySeconds", "is shorter than IntervalSeconds");
    return read_backoff_rate(reader, rule, &retrier->backoff_rate) && read_jitter(reader, rule, &retrier->full_jitter);
}

static bool read_catcher(struct reader *reader, json_t *rule, bool is_last, void *slot)
{
    static const char *const fields[] = {"ErrorEquals", "Next", "ResultPath", "Comment", NULL};
    struct catcher *catcher = slot;
    if (json_object_get(rule, "Assign"))
        return reader_refuse_field(reader, STATUS_UNSUPPORTED, "Assign", "variables are not supported");
    if (!read_only_fields(reader, rule, fields) || !read_errors(reader, rule, is_last, &catcher->errors)
        || !read_target(reader, rule, "Next", true, &catcher->next)
        || !read_optional_path(reader, rule, "ResultPath", PATH_REFERENCE, &catcher->result))
        return false;
    if (catcher->result.path && path_reads_context(catcher->result.path))
        return reader_refuse_field(reader, STATUS_INVALID, "ResultPath", "cannot write to the context object");
    return true;
}

/* A list of rules, each read by `read` into a slot of `size` bytes. */
static bool read_rules(struct reader *reader, json_t *object, const char *field, size_t size,
                       bool (*read)(struct reader *, json_t *, bool, void *), void *ret_slots, size_t *ret_count)
{
    json_t *rules = json_object_get(object, field);
    if (!rules)
        return true;
    if (!json_is_array(rules))
        return reader_refuse_field(reader, STATUS_INVALID, field, "must be a list of objects");
    char *slots = arena_new(reader->arena, size * (json_array_size(rules) + 1));
    for (size_t i = 0; i < json_array_size(rules); i++) {
        json_t *rule = json_array_get(rules, i);
        size_t mark = reader_enter(reader, "%s[%zu]", field, i);
        bool good = json_is_object(rule) ? read(reader, rule, i + 1 == json_array_size(rules), slots + i * size)
                                         : reader_refuse(reader, STATUS_INVALID, "must be an object");
        reader_leave(reader, mark);
        if (!good)
            return false;
    }
    *(void **)ret_slots = slots;
    *ret_count = json_array_size(rules);
    return true;
}

bool recovery_read(struct reader *reader, json_t *object, struct recovery *recovery)
{
    return read_rules(reader, object, "Retry", sizeof(struct retrier), read_retrier, &recovery->retriers,
                      &recovery->retrier_count)
           && read_rules(reader, object, "Catch", sizeof(struct catcher), read_catcher, &recovery->catchers,
                         &recovery->catcher_count);
}

/* ---- Matching ---- */

static bool name_matches(const char *name, const char *error, bool from_branch)
{
    if (strcmp(name, ERROR_ALL) == 0)
        return strcmp(error, ERROR_DATA_LIMIT) != 0;
    if (strcmp(name, ERROR_TASK_FAILED) == 0)
        return strcmp(error, ERROR_TIMEOUT) != 0 && strcmp(error, ERROR_HEARTBEAT) != 0;
    if (strcmp(name, ERROR_TIMEOUT) == 0 && strcmp(error, ERROR_HEARTBEAT) == 0)
        return true;
    if (strcmp(name, ERROR_BRANCH_FAILED) == 0 && from_branch)
        return true;
    return strcmp(name, error) == 0;
}

bool recovery_matches(json_t *errors, const char *error, bool from_branch)
{
    if (strcmp(error, ERROR_RUNTIME) == 0)
        return false;
    for (size_t i = 0; i < json_array_size(errors); i++)
        if (name_matches(json_string_value(json_array_get(errors, i)), error, from_branch))
            return true;
    return false;
}

const struct retrier *recovery_find_retrier(const struct recovery *recovery, const char *error, bool from_branch)
{
    for (size_t i = 0; i < recovery->retrier_count; i++)
        if (recovery_matches(recovery->retriers[i].errors, error, from_branch))
            return &recovery->retriers[i];
    return NULL;
}

const struct catcher *recovery_find_catcher(const struct recovery *recovery, const char *error, bool from_branch)
{
    for (size_t i = 0; i < recovery->catcher_count; i++)
        if (recovery_matches(recovery->catchers[i].errors, error, from_branch))
            return &recovery->catchers[i];
    return NULL;
}

int64_t retrier_delay_ms(const struct retrier *retrier, int64_t attempts, double random)
{
    double seconds = (double)retrier->interval_seconds * pow(retrier->backoff_rate, (double)attempts);
    double most = retrier->max_delay_seconds ? (double)retrier->max_delay_seconds : MAX_DELAY_MAX;
    if (!(seconds < most))
        seconds = most;
    return (int64_t)(seconds * 1000 * (retrier->full_jitter ? random : 1));
}
