/* What processes that share a store need of each other, on every back end. */
#include "store_fixture.h"

#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LEASE_MS = 10000, NOW_MS = 5000000 };

/* ---- Named leases ---- */

static bool take(struct store *store, const char *name, const char *owner, int64_t now_ms)
{
    bool is_taken = false;
    CHECK_OK(AT(now_ms, store_lease_take(store, name, owner, LEASE_MS, &is_taken, why)));
    return is_taken;
}

/* The owner has it in the end, or not. */
static void test_takes(struct store *store, const char *address)
{
    (void)address;
    static const struct {
        const char *what, *name, *owner;
        int64_t after_ms;
        bool is_taken;
    } steps[] = {
        {"nobody has it", "sweep", "anna", 0, true},
        {"another has it", "sweep", "bert", 1, false},
        {"it is of another name", "count", "bert", 1, true},
        {"its owner has it, and prolongs it", "sweep", "anna", LEASE_MS - 1, true},
        {"it was prolonged", "sweep", "bert", LEASE_MS, false},
        {"it has not run out quite", "sweep", "bert", 2 * LEASE_MS - 2, false},
        {"it ran out", "sweep", "bert", 2 * LEASE_MS - 1, true},
        {"its owner has lost it", "sweep", "anna", 2 * LEASE_MS, false},
        {"the clock was set back by a little", "sweep", "anna", -CLOCK_TOLERANCE_MS + 2 * LEASE_MS - 1, false},
        {"the clock was set back by more: the lease is of a time that isn't", "sweep", "anna",
         -CLOCK_TOLERANCE_MS + 2 * LEASE_MS - 2, true},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        bool is_taken = take(store, steps[i].name, steps[i].owner, NOW_MS + steps[i].after_ms);
        if (!CHECK_INT(is_taken, steps[i].is_taken))
            check_true(false, steps[i].what, __FILE__, __LINE__);
    }
}

static void test_give_back(struct store *store, const char *address)
{
    (void)address;
    CHECK_OK(store_lease_give_back(store, "sweep", "anna", why));
    CHECK(take(store, "sweep", "anna", NOW_MS));
    CHECK_OK(store_lease_give_back(store, "sweep", "bert", why));
    CHECK(!take(store, "sweep", "bert", NOW_MS));
    CHECK_OK(store_lease_give_back(store, "sweep", "anna", why));
    CHECK(take(store, "sweep", "bert", NOW_MS));
}

/* Another process has opened the store by its address. */
static void test_other_process(struct store *store, const char *address)
{
    struct text reason TEXT_CLEANUP = {0};
    struct store *other;
    CHECK(take(store, "sweep", "anna", NOW_MS));
    if (!CHECK_INT(store_open(address, &other, &reason), STATUS_OK))
        return;
    use_test_clock(other);
    CHECK(!take(other, "sweep", "bert", NOW_MS));
    CHECK(take(other, "sweep", "bert", NOW_MS + LEASE_MS));
    CHECK(!take(store, "sweep", "anna", NOW_MS + LEASE_MS));
    store_close(other);
}

static void test_lease_names(struct store *store, const char *address)
{
    (void)address;
    char long_name[LEASE_NAME_MAX + 2];
    bool is_taken;
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    const char *const faulty[] = {NULL, "", long_name};
    for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++) {
        CHECK_STATUS(store_lease_take(store, faulty[i], "anna", LEASE_MS, &is_taken, why), STATUS_INVALID);
        CHECK_STATUS(store_lease_take(store, "sweep", faulty[i], LEASE_MS, &is_taken, why), STATUS_INVALID);
        CHECK_STATUS(store_lease_give_back(store, faulty[i], "anna", why), STATUS_INVALID);
    }
    CHECK(take(store, long_name + 1, long_name + 1, NOW_MS));
}

static void test_named_leases(void)
{
    static const struct store_case cases[] = {
        {"a named lease is one owner's until it runs out", test_takes},
        {"a named lease is given back by its owner alone", test_give_back},
        {"a named lease holds for all processes", test_other_process},
        {"names and owners of leases have a length", test_lease_names},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

/* ---- Changes ---- */

enum { PATIENCE_S = 30, SOME = 40 };

struct ear {
    pthread_mutex_t lock;
    pthread_cond_t heard;
    unsigned calls;
};

static void on_change(void *context, const struct id *photo, bool has_work)
{
    struct ear *ear = context;
    (void)photo, (void)has_work;
    (void)pthread_mutex_lock(&ear->lock);
    ear->calls++;
    (void)pthread_cond_signal(&ear->heard);
    (void)pthread_mutex_unlock(&ear->lock);
}

/* Whether there has been a call since the last one. */
static bool hears(struct ear *ear)
{
    struct timespec until;
    int error = 0;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    (void)pthread_mutex_lock(&ear->lock);
    while (ear->calls == 0 && !error)
        error = pthread_cond_timedwait(&ear->heard, &ear->lock, &until);
    bool has_heard = ear->calls > 0;
    ear->calls = 0;
    (void)pthread_mutex_unlock(&ear->lock);
    return has_heard;
}

/* This program as another process, which adds a photo. */
static int add_a_photo(const char *address)
{
    struct text why TEXT_CLEANUP = {0};
    struct store *store;
    struct photo photo = make_photo("bert", NOW_MS);
    if (store_open(address, &store, &why) || create_photo(store, &photo, NULL, NULL, &why))
        return 1;
    store_close(store);
    return 0;
}

static void add_elsewhere(const char *address)
{
    pid_t pid;
    int ending;
    char program[] = "/proc/self/exe", verb[] = "--add", *copy = strdup(address);
    char *arguments[] = {program, verb, copy, NULL};
    if (CHECK_INT(posix_spawn(&pid, program, NULL, NULL, arguments, environ), 0)
        && CHECK_INT(waitpid(pid, &ending, 0), pid))
        CHECK_INT(ending, 0);
    free(copy);
}

static void test_listening(struct store *store, const char *address)
{
    struct ear ear = {.lock = PTHREAD_MUTEX_INITIALIZER, .heard = PTHREAD_COND_INITIALIZER};
    CHECK_OK(store_listen(store, on_change, &ear, why));
    for (int i = 0; i < 3; i++) {
        add_elsewhere(address);
        CHECK(hears(&ear));
    }
    (void)add_published(store, "anna", NOW_MS);
    add_elsewhere(address);
    CHECK(hears(&ear));
    store_unlisten(store);
    CHECK_OK(store_listen(store, on_change, &ear, why));
    add_elsewhere(address);
    CHECK(hears(&ear));
    store_unlisten(store);
    store_unlisten(store);
}

struct found_versions {
    const struct id *ids;
    uint64_t versions[SOME]; /* plus one; 0: not found */
};

static bool note_version(void *context, const struct id *id, uint64_t version)
{
    struct found_versions *found = context;
    for (size_t i = 0; i < SOME; i++)
        if (id_equal(id, &found->ids[i]))
            found->versions[i] = version + 1;
    return true;
}

/* Of every other id there is an execution. */
static void test_versions(struct store *store, const char *address)
{
    struct id ids[SOME];
    struct arena arena ARENA_CLEANUP = {0};
    struct execution claimed;
    (void)address;
    for (size_t i = 0; i < SOME; i++) {
        struct photo photo = make_photo("anna", NOW_MS + (int64_t)i);
        ids[i] = photo.id;
        if (i % 2)
            CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    }
    struct found_versions before = {.ids = ids}, after = {.ids = ids};
    CHECK_OK(store_execution_versions(store, ids, 0, note_version, &before, why));
    CHECK_OK(store_execution_versions(store, ids, SOME, note_version, &before, why));
    CHECK(claim_one(store, "me", NOW_MS + SOME, LEASE_MS, &arena, &claimed) && id_equal(&claimed.id, &ids[1]));
    CHECK_OK(store_photo_delete(store, &ids[3], "anna", why));
    CHECK_OK(store_execution_versions(store, ids, SOME, note_version, &after, why));
    for (size_t i = 0; i < SOME; i++) {
        bool is_changed = i == 1 || i == 3;
        CHECK_INT(before.versions[i] > 0, i % 2);
        CHECK_INT(after.versions[i], before.versions[i] + (is_changed ? 1 : 0));
    }
}

static void test_changes(void)
{
    static const struct store_case cases[] = {
        {"a process hears that another has changed something", test_listening},
        {"versions of many executions tell which have changed", test_versions},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

int main(int argc, char **argv)
{
    static const struct check_test tests[] = {{"named leases", test_named_leases}, {"changes", test_changes}};
    if (argc == 3 && strcmp(argv[1], "--add") == 0)
        return add_a_photo(argv[2]);
    return check_main(tests, sizeof tests / sizeof tests[0], argc, argv);
}
