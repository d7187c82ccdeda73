/* Retriers and catchers: what a state does about an error (states-language.net, "Errors"). */
#ifndef RECOVERY_H
#define RECOVERY_H

#include "definition_reader.h"

struct retrier {
    json_t *errors;                                            /* names; borrowed from the definition */
    int64_t interval_seconds, max_attempts, max_delay_seconds; /* max_delay 0: none */
    double backoff_rate;
    bool full_jitter;
};

struct catcher {
    json_t *errors;
    const struct state *next;
    struct optional_path result;
};

struct recovery {
    struct retrier *retriers;
    size_t retrier_count;
    struct catcher *catchers;
    size_t catcher_count;
};

/* Reads Retry and Catch. */
bool recovery_read(struct reader *reader, json_t *object, struct recovery *recovery);

/* Whether a list of error names speaks of this error: by name; States.TaskFailed of every error but States.Timeout,
 * States.ALL of every error but States.DataLimitExceeded; neither of States.Runtime, which nothing can
 * match; States.Timeout of a missed heartbeat too; States.BranchFailed of every error that came out of a branch. */
bool recovery_matches(json_t *errors, const char *error, bool from_branch);

/* The first that matches; NULL: none. */
const struct retrier *recovery_find_retrier(const struct recovery *recovery, const char *error, bool from_branch);
const struct catcher *recovery_find_catcher(const struct recovery *recovery, const char *error, bool from_branch);

/* How long to wait before the attempt after `attempts` retries. `random` is uniform in [0, 1). */
int64_t retrier_delay_ms(const struct retrier *retrier, int64_t attempts, double random);

#endif
