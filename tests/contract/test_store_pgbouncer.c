/* What is different behind PgBouncer, which deals transactions to connections: more threads than it has connections, no
 * prepared statement or setting that outlives a transaction, and nobody can listen. */
#include "clock.h"
#include "postgres_server.h"
#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

/* ---- Many ---- */

enum { WRITERS = 12 /* PgBouncer has three connections */, ROUNDS = 30 };

struct crowd {
    struct store *store;
    atomic_int next, failures;
};

static void *write_in_crowd(void *context)
{
    struct crowd *crowd = context;
    char author[16];
    (void)snprintf(author, sizeof author, "user_%02d", atomic_fetch_add(&crowd->next, 1));
    for (int i = 0; i < ROUNDS; i++) {
        TEXT_CLEANUP struct text why = {0};
        struct photo photo = make_photo(author, 1);
        if (create_photo(crowd->store, &photo, NULL, NULL, &why)
            || store_photo_publish(crowd->store, &photo, NULL, &why)
            || (i % 3 == 0 && store_photo_delete(crowd->store, &photo.id, author, &why))) {
            printf("# %s\n", text_get(&why));
            atomic_fetch_add(&crowd->failures, 1);
        }
    }
    return NULL;
}

static void test_crowd(struct store *store, const char *address)
{
    struct crowd crowd = {.store = store};
    pthread_t threads[WRITERS];
    TEXT_CLEANUP struct text names = {0};
    (void)address;
    for (int i = 0; i < WRITERS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, write_in_crowd, &crowd), 0);
    for (int i = 0; i < WRITERS; i++)
        (void)pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&crowd.failures), 0);
    search_names(store, "user_", NULL, 3, &names);
    CHECK_STR(text_get(&names), "user_00:20 user_01:20 user_02:20");
}

/* ---- Nothing outlives a transaction ---- */

static void test_leaves_nothing(struct store *store, const char *address)
{
    struct photo photo = add_published(store, "anna", 1);
    CHECK_OK(store_photo_describe(store, &photo.id, "anna", "A caption", NULL, why));
    for (int i = 0; i < 6; i++) /* on each of its connections */
        postgres_server_execute(address, "DO $$BEGIN IF EXISTS (SELECT FROM pg_prepared_statements) OR EXISTS (SELECT"
                                         " FROM pg_listening_channels()) OR EXISTS (SELECT FROM pg_locks WHERE locktype"
                                         " = 'advisory') THEN RAISE 'something is left'; END IF; END$$");
}

/* ---- Looking ---- */

struct ear {
    atomic_int calls;
};

static void on_change(void *context, const struct id *photo, bool has_work)
{
    struct ear *ear = context;
    CHECK(!photo && has_work);
    atomic_fetch_add(&ear->calls, 1);
}

/* Sooner than it would look if it could listen. */
static void test_looks_often(struct store *store, const char *address)
{
    static const int64_t soon_ns = 1000000000;
    struct ear ear = {0};
    int quick = 0;
    (void)address;
    CHECK_OK(store_listen(store, on_change, &ear, why));
    for (int i = 0; i < 6; i++) {
        atomic_store(&ear.calls, 0);
        int64_t began_ns = clock_monotonic_ns();
        (void)add_published(store, "anna", 1);
        while (atomic_load(&ear.calls) == 0 && clock_monotonic_ns() - began_ns < 10 * soon_ns)
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        quick += clock_monotonic_ns() - began_ns < soon_ns;
    }
    CHECK(quick >= 5); /* the machine may be busy once */
    store_unlisten(store);
}

static void test_pgbouncer(void)
{
    static const struct store_case cases[] = {
        {"many share few connections", test_crowd},
        {"nothing is left in a connection", test_leaves_nothing},
        {"changes are looked for often", test_looks_often},
    };
    store_run_on(STORE_POSTGRESQL, cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"PgBouncer", test_pgbouncer})
