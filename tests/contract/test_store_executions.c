/* Workflow executions and their leases, as store.h promises them, on every back end. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE_MS = 5000 };

static struct photo add(struct store *store, int64_t due_ms)
{
    struct photo photo = make_photo("anna", due_ms);
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    return photo;
}

static void test_claim_order(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution claimed[5];
    size_t count = 0;
    struct photo late = add(store, 300), early = add(store, 100), middle = add(store, 200);
    (void)add(store, 1001);
    CHECK_OK(AT(1000, store_executions_claim(store, "me", LEASE_MS, 2, &arena, claimed, &count, why)));
    CHECK_INT(count, 2);
    CHECK(id_equal(&claimed[0].id, &early.id) && id_equal(&claimed[1].id, &middle.id));
    CHECK_STR(claimed[0].workflow, "photo-upload");
    CHECK_STR(claimed[0].data, "{\"step\":0}");
    CHECK_OK(AT(1000, store_executions_claim(store, "you", LEASE_MS, 5, &arena, claimed, &count, why)));
    CHECK_INT(count, 1);
    CHECK(id_equal(&claimed[0].id, &late.id));
    CHECK_OK(AT(1000, store_executions_claim(store, "you", LEASE_MS, 5, &arena, claimed, &count, why)));
    CHECK_INT(count, 0);
    CHECK_OK(AT(1000, store_executions_claim(store, "you", LEASE_MS, 0, &arena, claimed, &count, why)));
    CHECK_INT(count, 0);
}

static void test_lapse(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution first, second;
    (void)add(store, 0);
    CHECK(claim_one(store, "me", 1000, LEASE_MS, &arena, &first));
    CHECK(!claim_one(store, "you", 1000 + LEASE_MS - 1, LEASE_MS, &arena, &second));
    CHECK(claim_one(store, "you", 1000 + LEASE_MS, LEASE_MS, &arena, &second));
    CHECK_STATUS(store_execution_save(store, "me", &first, NULL, 0, true, why), STATUS_CONFLICT);
    CHECK_STATUS(store_execution_release(store, "me", &first.id, why), STATUS_CONFLICT);
    CHECK_OK(store_execution_save(store, "you", &second, NULL, 0, true, why));
}

static void test_lapse_unclaimed(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution, other;
    (void)add(store, 0);
    CHECK(claim_one(store, "me", 1000, LEASE_MS, &arena, &execution));
    execution.updated_ms = 1000 + 2 * LEASE_MS;
    CHECK_OK(store_execution_save(store, "me", &execution, NULL, 0, true, why));
    CHECK(claim_one(store, "you", 1000 + 2 * LEASE_MS, LEASE_MS, &arena, &other));
}

static void test_same_owner(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution before, after;
    (void)add(store, 0);
    CHECK(claim_one(store, "me", 1000, LEASE_MS, &arena, &before));
    for (int i = 0; i < 3; i++, before.version++)
        CHECK_OK(store_execution_save(store, "me", &before, NULL, 0, true, why));
    CHECK(claim_one(store, "me", 9000, LEASE_MS, &arena, &after));
    CHECK(after.version > before.version);
    CHECK_STATUS(store_execution_save(store, "me", &before, NULL, 0, true, why), STATUS_CONFLICT);
    CHECK_OK(store_execution_save(store, "me", &after, NULL, 0, true, why));
    CHECK_OK(store_execution_save(store, "me", &after, NULL, 0, true, why));
}

static void test_renew(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution kept, other;
    (void)add(store, 0);
    CHECK(claim_one(store, "me", 1000, LEASE_MS, &arena, &kept));
    CHECK_OK(AT(5000, store_executions_renew(store, "you", LEASE_MS, why)));
    CHECK_OK(AT(5000, store_executions_renew(store, "me", LEASE_MS, why)));
    CHECK(!claim_one(store, "you", 9999, LEASE_MS, &arena, &other));
    CHECK_OK(AT(10000, store_executions_renew(store, "me", LEASE_MS, why))); /* too late */
    CHECK(claim_one(store, "you", 10000, LEASE_MS, &arena, &other));
    CHECK_STATUS(store_execution_save(store, "me", &kept, NULL, 0, true, why), STATUS_CONFLICT);
}

static void test_release(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution, again;
    (void)add(store, 0);
    CHECK(claim_one(store, "me", 1000, LEASE_MS, &arena, &execution));
    CHECK_STATUS(store_execution_release(store, "you", &execution.id, why), STATUS_CONFLICT);
    CHECK_OK(store_execution_release(store, "me", &execution.id, why));
    CHECK_STATUS(store_execution_save(store, "me", &execution, NULL, 0, true, why), STATUS_CONFLICT);
    CHECK(claim_one(store, "you", 1000, LEASE_MS, &arena, &again));
}

static void test_long_owner(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution;
    char owner[LEASE_NAME_MAX + 1] = "";
    memset(owner, 'o', LEASE_NAME_MAX);
    (void)add(store, 0);
    CHECK(claim_one(store, owner, 1000, LEASE_MS, &arena, &execution));
    CHECK_OK(store_execution_save(store, owner, &execution, NULL, 0, true, why));
    owner[LEASE_NAME_MAX - 1] = 'p';
    CHECK_STATUS(store_execution_release(store, owner, &execution.id, why), STATUS_CONFLICT);
}

/* Whoever takes it up next learns whether the last one gave it back. */
static void test_was_lost(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution;
    (void)add(store, 0);
    CHECK(claim_one(store, "me", 1000, LEASE_MS, &arena, &execution));
    CHECK(!execution.was_lost); /* new */
    CHECK_OK(store_execution_release(store, "me", &execution.id, why));
    CHECK(claim_one(store, "me", 2000, LEASE_MS, &arena, &execution));
    CHECK(!execution.was_lost); /* released */
    execution.due_ms = 3000;
    CHECK_OK(store_execution_save(store, "me", &execution, NULL, 0, true, why));
    execution.version++;
    CHECK_OK(store_execution_save(store, "me", &execution, NULL, 0, false, why));
    CHECK(claim_one(store, "you", 3000, LEASE_MS, &arena, &execution));
    CHECK(!execution.was_lost); /* saved without the lease */
    CHECK(claim_one(store, "me", 3000 + LEASE_MS, LEASE_MS, &arena, &execution));
    CHECK(execution.was_lost);
    CHECK(claim_one(store, "me", 3000 + 2 * LEASE_MS, LEASE_MS, &arena, &execution));
    CHECK(!execution.was_lost); /* its own, too late */
    CHECK(claim_one(store, "you", 3000 + 3 * LEASE_MS, LEASE_MS, &arena, &execution));
    CHECK(execution.was_lost);
    CHECK_OK(store_execution_release(store, "you", &execution.id, why));
    CHECK(claim_one(store, "me", 3000 + 3 * LEASE_MS, LEASE_MS, &arena, &execution));
    CHECK(!execution.was_lost); /* that is over */
}

struct event_list {
    struct text text;
};

static bool add_event(void *context, const struct execution_event *event)
{
    struct event_list *list = context;
    text_addf(&list->text, "%lld %s %s;", (long long)event->time_ms, event->type, event->detail);
    return true;
}

static void test_save(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct event_list list = {0};
    struct execution execution, other, read;
    static const struct execution_event events[] = {
        {1, "ExecutionStarted", "{}"}, {2, "TaskStateEntered", "{\"name\":\"a\"}"}, {3, "ExecutionSucceeded", "{}"}};
    (void)add(store, 0);
    CHECK(claim_one(store, "me", 1000, LEASE_MS, &arena, &execution));
    uint64_t version = execution.version;
    execution.state = "resize";
    execution.data = "{\"step\":1}";
    execution.due_ms = 7000;
    execution.updated_ms = 1100;
    CHECK_OK(store_execution_save(store, "me", &execution, events, 2, false, why));
    CHECK_OK(store_execution_get(store, &execution.id, &arena, &read, why));
    CHECK_STR(read.state, "resize");
    CHECK_STR(read.data, "{\"step\":1}");
    CHECK_INT(read.updated_ms, 1100);
    CHECK(read.version > version);
    CHECK_STATUS(store_execution_save(store, "me", &execution, events, 1, true, why), STATUS_CONFLICT);
    CHECK(!claim_one(store, "you", 6999, LEASE_MS, &arena, &other));
    CHECK(claim_one(store, "you", 7000, LEASE_MS, &arena, &other));
    other.status = EXECUTION_SUCCEEDED;
    CHECK_OK(store_execution_save(store, "you", &other, events + 2, 1, true, why));
    CHECK_STATUS(store_execution_save(store, "you", &other, events, 1, true, why), STATUS_CONFLICT);
    CHECK(!claim_one(store, "me", 1 << 30, LEASE_MS, &arena, &other));
    CHECK_OK(store_execution_events(store, &execution.id, add_event, &list, why));
    CHECK_STR(text_get(&list.text),
              "1 ExecutionStarted {};2 TaskStateEntered {\"name\":\"a\"};3 ExecutionSucceeded {};");
    struct id unknown = id_new();
    CHECK_STATUS(store_execution_events(store, &unknown, add_event, &list, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_execution_get(store, &unknown, &arena, &read, why), STATUS_NOT_FOUND);
    text_release(&list.text);
}

static void test_abort(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution, other;
    struct photo photo = add(store, 0);
    CHECK(claim_one(store, "me", 1000, LEASE_MS, &arena, &execution));
    CHECK_OK(store_photo_delete(store, &photo.id, "anna", why));
    CHECK_STATUS(store_execution_save(store, "me", &execution, NULL, 0, true, why), STATUS_CONFLICT);
    CHECK_STATUS(store_execution_release(store, "me", &execution.id, why), STATUS_CONFLICT);
    CHECK(!claim_one(store, "me", 1 << 30, LEASE_MS, &arena, &other));
    CHECK_STR(execution_state_of(store, &photo.id), "ABORTED");
}

/* Ends the execution of a new photo in this status. */
static struct photo add_ended(struct store *store, enum execution_status status, int64_t ended_ms)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo = add(store, 0);
    struct execution execution;
    static const struct execution_event event = {1, "ExecutionEnded", "{}"};
    CHECK(claim_one(store, "me", 1000, LEASE_MS, &arena, &execution));
    CHECK(id_equal(&execution.id, &photo.id));
    execution.status = status;
    execution.updated_ms = ended_ms;
    CHECK_OK(store_execution_save(store, "me", &execution, &event, 1, false, why));
    return photo;
}

static void test_retry(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution;
    struct photo failed = add_ended(store, EXECUTION_FAILED, 10), aborted = add_ended(store, EXECUTION_ABORTED, 10),
                 succeeded = add_ended(store, EXECUTION_SUCCEEDED, 10);
    struct id unknown = id_new();
    CHECK_OK(store_photo_reject(store, &failed.id, "broken", "[]", NULL, why));
    CHECK_OK(AT(5000, store_execution_retry(store, &failed.id, "{\"again\":1}", why)));
    CHECK_STR(state_of(store, &failed.id), "PENDING");
    CHECK_STATUS(AT(5000, store_execution_retry(store, &failed.id, "{}", why)), STATUS_CONFLICT);
    CHECK(!claim_one(store, "me", 4999, LEASE_MS, &arena, &execution));
    CHECK(claim_one(store, "me", 5000, LEASE_MS, &arena, &execution));
    CHECK_STR(execution.data, "{\"again\":1}");
    CHECK_STR(execution.state, "");
    CHECK_OK(store_execution_save(store, "me", &execution, NULL, 0, true, why));
    CHECK_OK(AT(5000, store_execution_retry(store, &aborted.id, "{}", why)));
    CHECK_OK(store_photo_reject(store, &succeeded.id, "broken", NULL, NULL, why));
    CHECK_STATUS(AT(5000, store_execution_retry(store, &succeeded.id, "{}", why)), STATUS_CONFLICT);
    CHECK_STR(state_of(store, &succeeded.id), "ERROR"); /* nothing has changed */
    CHECK_STATUS(AT(5000, store_execution_retry(store, &unknown, "{}", why)), STATUS_NOT_FOUND);
    CHECK_INT(counts_of(store, 0).executions[EXECUTION_RUNNING], 2);
    CHECK_INT(counts_of(store, 0).executions[EXECUTION_FAILED], 0);
}

struct execution_list {
    struct id ids[8];
    size_t count;
};

static bool add_execution(void *context, const struct execution *execution)
{
    struct execution_list *list = context;
    list->ids[list->count++] = execution->id;
    return true;
}

static void test_list(struct store *store, const char *address)
{
    (void)address;
    struct photo failed = add_ended(store, EXECUTION_FAILED, 10), done = add_ended(store, EXECUTION_SUCCEEDED, 5),
                 again = add_ended(store, EXECUTION_FAILED, 1), running = add(store, 0);
    const struct {
        int status;
        size_t limit, count;
        const struct photo *newest;
    } cases[] = {
        {-1, 8, 4, &running},
        {-1, 2, 2, &running},
        {EXECUTION_RUNNING, 8, 1, &running},
        {EXECUTION_FAILED, 8, 2, &again},
        {EXECUTION_FAILED, 1, 1, &again},
        {EXECUTION_SUCCEEDED, 8, 1, &done},
        {EXECUTION_ABORTED, 8, 0, NULL},
        {-1, 0, 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct execution_list list = {0};
        CHECK_OK(store_executions_list(store, cases[i].status, cases[i].limit, add_execution, &list, why));
        CHECK_INT(list.count, cases[i].count);
        CHECK(!cases[i].newest || id_equal(&list.ids[0], &cases[i].newest->id));
    }
    struct execution_list all = {0};
    CHECK_OK(store_executions_list(store, -1, 8, add_execution, &all, why));
    CHECK(id_equal(&all.ids[3], &failed.id));
}

static void test_counts(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution;
    CHECK_INT(due_in(store, 1000), -1);
    (void)add_ended(store, EXECUTION_SUCCEEDED, 10);
    (void)add(store, 500);
    (void)add(store, 2000);
    struct store_counts counts = counts_of(store, 1000);
    CHECK_INT(counts.executions[EXECUTION_RUNNING], 2);
    CHECK_INT(counts.executions[EXECUTION_SUCCEEDED], 1);
    CHECK_INT(counts.queue_depth, 1);
    CHECK_INT(due_in(store, 300), 200);
    CHECK_INT(due_in(store, 1000), 0);
    CHECK(claim_one(store, "me", 1000, 500, &arena, &execution));
    counts = counts_of(store, 1000);
    CHECK_INT(counts.queue_depth, 0);
    CHECK_INT(due_in(store, 1000), 500); /* the lease's end */
    CHECK_INT(counts_of(store, 1500).queue_depth, 1);
    CHECK_INT(counts_of(store, 2000).queue_depth, 2);
}

static void test_prune(struct store *store, const char *address)
{
    (void)address;
    struct event_list list = {0};
    struct photo old = add_ended(store, EXECUTION_FAILED, 10);
    (void)add_ended(store, EXECUTION_SUCCEEDED, 20);
    struct photo recent = add_ended(store, EXECUTION_SUCCEEDED, 30), running = add(store, 0);
    size_t pruned = 9;
    CHECK_OK(AT(10, store_executions_prune(store, 0, 9, &pruned, why)));
    CHECK_INT(pruned, 0);
    CHECK_OK(AT(30, store_executions_prune(store, 0, 1, &pruned, why)));
    CHECK_INT(pruned, 1);
    CHECK_STR(execution_state_of(store, &old.id), "not-found");
    CHECK_STATUS(store_execution_events(store, &old.id, add_event, &list, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_execution_retry(store, &old.id, "{}", why), STATUS_NOT_FOUND);
    CHECK_OK(AT(1030, store_executions_prune(store, 1000, 9, &pruned, why)));
    CHECK_INT(pruned, 1);
    CHECK_STR(execution_state_of(store, &recent.id), "SUCCEEDED");
    CHECK_STR(execution_state_of(store, &running.id), "RUNNING");
    CHECK_STR(state_of(store, &old.id), "PENDING");
    CHECK_INT(counts_of(store, 0).executions[EXECUTION_FAILED], 1);
    CHECK_INT(counts_of(store, 0).executions[EXECUTION_SUCCEEDED], 2);
    text_release(&list.text);
}

static void test_stores(void)
{
    static const struct store_case cases[] = {
        {"executions are claimed when due, the longest waiting first, and once", test_claim_order},
        {"a lease that ran out can be claimed by another, and is lost then", test_lapse},
        {"a lease that ran out and nobody claimed still saves", test_lapse_unclaimed},
        {"a lease is lost to a later claim of the same owner", test_same_owner},
        {"renewing prolongs the owner's leases alone, and none that ran out", test_renew},
        {"what is given back is due at once", test_release},
        {"an owner's name may be as long as any of a lease", test_long_owner},
        {"a claim tells whether the execution was lost or given back", test_was_lost},
        {"saving changes all or nothing, and events keep their order", test_save},
        {"deleting a photo takes its execution from whoever holds it", test_abort},
        {"a retry starts over what failed, and its photo is pending again", test_retry},
        {"executions are listed newest first, by status", test_list},
        {"counts tell how many wait and when the next is due", test_counts},
        {"pruning forgets what ended long ago, and its history", test_prune},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"a store", test_stores})
