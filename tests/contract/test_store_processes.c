/* What processes that share a store need of each other, on every back end. */
#include "store_fixture.h"

#include <stdlib.h>
#include <string.h>

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

CHECK_MAIN({"named leases", test_named_leases})
