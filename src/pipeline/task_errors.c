#include "task_errors.h"

#include "reasons.h"

#include <string.h>

/* By the beginning of an error's name. */
static const struct {
    const char *prefix;
    bool is_outage;
} ours[] = {
    {"Darkroom.Unavailable", true}, {"Moderation.Unavailable", true}, {"Storage.", true}, {"Darkroom.", false},
    {"Moderation.Crashed", false},  {"Moderation.Timeout", false},    {"States.", false}, {"Task.", false},
};
enum { OURS = sizeof ours / sizeof ours[0] };

static size_t find(const char *error)
{
    size_t i = 0;
    while (i < OURS && strncmp(error, ours[i].prefix, strlen(ours[i].prefix)) != 0)
        i++;
    return i;
}

bool task_error_is_ours(const char *error)
{
    return find(error) < OURS;
}

bool task_error_is_outage(const char *error)
{
    size_t i = find(error);
    return i < OURS && ours[i].is_outage;
}

/* ---- Names ---- */

void fail(struct task_outcome *outcome, const char *error, const char *cause)
{
    text_setf(&outcome->error, "%s", error);
    text_setf(&outcome->cause, "%s", cause);
}

enum { STATUSES = STATUS_INTERNAL + 1 };

static void fail_by(const char *const names[static STATUSES], const char *otherwise, struct task_outcome *outcome,
                    enum status status, const struct text *why)
{
    fail(outcome, names[status] ? names[status] : otherwise, text_get(why));
}

void fail_storage(struct task_outcome *outcome, enum status status, const struct text *why)
{
    static const char *const names[STATUSES] = {
        [STATUS_NO_SPACE] = "Storage.NoSpace",
        [STATUS_NOT_FOUND] = "Photo.Gone",
    };
    fail_by(names, "Storage.Unavailable", outcome, status, why);
}

void fail_darkroom(struct task_outcome *outcome, enum status status, const struct text *why)
{
    static const char *const names[STATUSES] = {
        [STATUS_TOO_LARGE] = "Photo.TooLarge",   [STATUS_UNSUPPORTED] = "Photo.Unsupported",
        [STATUS_UNPROCESSABLE] = "Photo.Broken", [STATUS_NO_SPACE] = "Storage.NoSpace",
        [STATUS_TIMEOUT] = "Darkroom.Timeout",   [STATUS_CRASHED] = "Darkroom.Crashed",
    };
    fail_by(names, "Darkroom.Unavailable", outcome, status, why);
}

void fail_moderator(struct task_outcome *outcome, enum status status, bool can_look, const struct text *why)
{
    static const char *const names[STATUSES] = {
        [STATUS_TOO_LARGE] = "Photo.TooLarge",
        [STATUS_UNSUPPORTED] = "Photo.Unsupported",
        [STATUS_UNPROCESSABLE] = "Photo.Broken",
    };
    if (!can_look || (status != STATUS_CRASHED && status != STATUS_TIMEOUT)) {
        fail_by(names, "Moderation.Unavailable", outcome, status, why);
        return;
    }
    text_setf(&outcome->error, "Moderation.%s", status == STATUS_CRASHED ? "Crashed" : "Timeout");
    reason_set(&outcome->cause, REASON_MODERATION_FAILED); /* the process's own sentence speaks of decoding */
}
