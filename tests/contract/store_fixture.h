/* What the contract tests of the store share: the back ends, and short ways to fill one. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "check.h"
#include "store.h"

struct store_case {
    const char *behaviour;
    void (*run)(struct store *store, const char *address);
};

/* Runs each case on a new store of each back end, or of one. */
enum store_back_end { STORE_SQLITE, STORE_POSTGRESQL, STORE_BACK_ENDS };
void store_run(const struct store_case *cases, size_t count);
void store_run_on(enum store_back_end back_end, const struct store_case *cases, size_t count);

/* A status is checked by its name, which reads better in a failure, and the sentence that belongs to it must be
 * there. */
#define CHECK_STATUS(call, expected)                                                                                   \
    do {                                                                                                               \
        struct text why_ TEXT_CLEANUP = {0};                                                                           \
        struct text *why = &why_;                                                                                      \
        enum status status_ = (call);                                                                                  \
        if (!CHECK_STR(status_name(status_), status_name(expected)) || (status_ && why_.length == 0))                  \
            check_true(false, text_get(&why_), __FILE__, __LINE__);                                                    \
    } while (0)
#define CHECK_OK(call) CHECK_STATUS(call, STATUS_OK)

/* The clock of all stores here: nothing passes but what a test says. Any thread. */
void set_now(int64_t now_ms);
/* The same for a store that the test has opened itself. */
void use_test_clock(struct store *store);
/* The call at that time, which stays. */
#define AT(now_ms, call) (set_now(now_ms), call)

/* A photo of this author, made at created_ms, and its execution, due then. `key` may be NULL. */
struct photo make_photo(const char *author, int64_t created_ms);
struct execution make_execution(const struct photo *photo);
enum status create_photo(struct store *store, const struct photo *photo, const char *key, bool *ret_created,
                         struct text *why);
/* Creates it and publishes it. */
struct photo add_published(struct store *store, const char *author, int64_t created_ms);

/* "anna:2 bert:1": the names that a search finds. */
void search_names(struct store *store, const char *prefix, const char *after, size_t limit, struct text *ret_names);
/* PENDING, SUCCESS, ERROR, or the name of the status when it can't be had. */
const char *state_of(struct store *store, const struct id *id);
/* RUNNING, …, likewise. */
const char *execution_state_of(struct store *store, const struct id *id);
/* Claims one execution into `arena`; false when there is none. */
bool claim_one(struct store *store, const char *owner, int64_t now_ms, int64_t lease_ms, struct arena *arena,
               struct execution *ret_execution);
struct store_counts counts_of(struct store *store, int64_t now_ms);
/* As store_executions_next_due. */
int64_t due_in(struct store *store, int64_t now_ms);

#endif
