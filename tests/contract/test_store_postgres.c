/* What only PostgreSQL can do, or do wrong: connections that are lost, a schema that others make or have made. */
#include "clock.h"
#include "postgres_server.h"
#include "store_fixture.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- Schema ---- */

enum { OPENERS = 10 };

static void *open_and_add(void *context)
{
    TEXT_CLEANUP struct text why = {0};
    struct store *store;
    enum status status = store_open(context, &store, &why);
    if (status) {
        printf("# %s\n", text_get(&why));
        return context;
    }
    struct photo photo = make_photo("anna", 1);
    status = create_photo(store, &photo, NULL, NULL, &why);
    store_close(store);
    return status ? context : NULL;
}

static void test_migrations(void)
{
    TEXT_CLEANUP struct text address = {0}, reason = {0};
    pthread_t threads[OPENERS];
    struct store *store;
    bool is_new = false;
    if (!postgres_server_make_database(&address))
        return;
    check_case("ten at once make one schema");
    CHECK_OK(store_is_new(text_get(&address), &is_new, why));
    CHECK(is_new);
    for (int i = 0; i < OPENERS; i++)
        if (!CHECK_INT(pthread_create(&threads[i], NULL, open_and_add, address.data), 0))
            abort();
    for (int i = 0; i < OPENERS; i++) {
        void *failed;
        (void)pthread_join(threads[i], &failed);
        CHECK(!failed);
    }
    CHECK_OK(store_is_new(text_get(&address), &is_new, why));
    CHECK(!is_new);
    if (CHECK_INT(store_open(text_get(&address), &store, &reason), STATUS_OK)) {
        CHECK_INT(counts_of(store, 1).executions[EXECUTION_RUNNING], OPENERS);
        store_close(store);
    }
    check_case("that of a newer program is left alone");
    postgres_server_execute(text_get(&address), "INSERT INTO cloudphotos_migrations (version) VALUES (4711)");
    CHECK_STR(status_name(store_open(text_get(&address), &store, &reason)), "unavailable");
    CHECK(strstr(text_get(&reason), "was written by a newer Cloud Photos (version 4711; this program knows "));
}

/* ---- Addresses ---- */

static void test_addresses(void)
{
    static const struct {
        const char *address, *status, *sentence;
    } rows[] = {
        {"postgresql://127.0.0.1/x?colour=red", "invalid", "The store's address can't be read: invalid URI query"},
        {"postgresql://test:secret@127.0.0.1:1,127.0.0.1:2/x", "unavailable",
         "The database x at 127.0.0.1,127.0.0.1 can't be reached: "},
    };
    static const struct {
        const char *address, *shown;
    } shown[] = {
        {"postgresql://anna:secret@h/db", "postgresql://anna:…@h/db"},
        {"postgresql://anna@h:5432/db?password=secret&sslmode=require",
         "postgresql://anna@h:5432/db?password=…&sslmode=require"},
        {"postgresql://h:5432/db?user=a@b", "postgresql://h:5432/db?user=a@b"},
        {"sqlite:/a:b@c/photos.db", "sqlite:/a:b@c/photos.db"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text why = {0};
        struct store *store;
        check_case("%s", rows[i].address);
        CHECK_STR(status_name(store_open(rows[i].address, &store, &why)), rows[i].status);
        if (!CHECK(strstr(text_get(&why), rows[i].sentence)))
            printf("# %s\n", text_get(&why));
        CHECK(!strstr(text_get(&why), "secret"));
    }
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        TEXT_CLEANUP struct text text = {0};
        store_show_address(shown[i].address, &text);
        CHECK_STR(text_get(&text), shown[i].shown);
    }
}

/* ---- Connections that are lost ---- */

enum { WRITERS = 4, ROUNDS = 60 };

struct storm {
    struct store *store;
    const char *address;
    atomic_bool is_over;
    atomic_int failures, next, kills;
};

/* Cuts every other connection of the database, again and again. */
static void *cut(void *context)
{
    struct storm *storm = context;
    PGconn *connection = PQconnectdb(storm->address);
    while (!atomic_load(&storm->is_over)) {
        PGresult *result = PQexec(connection, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                              " WHERE datname = current_database() AND pid <> pg_backend_pid()");
        atomic_fetch_add(&storm->kills, PQntuples(result));
        PQclear(result);
        (void)nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
    PQfinish(connection);
    return NULL;
}

static void expect_ok(struct storm *storm, enum status status, const struct text *why)
{
    if (status) {
        printf("# %s: %s\n", status_name(status), text_get(why));
        atomic_fetch_add(&storm->failures, 1);
    }
}

/* Each change can be told from its repetition: a second publishing would count twice, a second creation is CONFLICT, a
 * second withdrawal and a second save are CONFLICT. */
static void *write_in_storm(void *context)
{
    struct storm *storm = context;
    char author[16];
    (void)snprintf(author, sizeof author, "user_%d", atomic_fetch_add(&storm->next, 1));
    for (int i = 0; i < ROUNDS; i++) {
        TEXT_CLEANUP struct text why = {0};
        struct photo photo = make_photo(author, 1);
        struct execution execution = make_execution(&photo);
        expect_ok(storm, create_photo(storm->store, &photo, NULL, NULL, &why), &why);
        expect_ok(storm, store_photo_publish(storm->store, &photo, NULL, &why), &why);
        expect_ok(storm, store_photo_withdraw(storm->store, &photo.id, "[]", "{}", &execution, &why), &why);
        expect_ok(storm, store_photo_decide(storm->store, &photo.id, REVIEW_APPROVED, &why), &why);
        expect_ok(storm, store_photo_publish(storm->store, &photo, NULL, &why), &why);
        if (i % 3 == 0)
            expect_ok(storm, store_photo_delete(storm->store, &photo.id, author, &why), &why);
    }
    return NULL;
}

static void test_lost_connections(struct store *store, const char *address)
{
    struct storm storm = {.store = store, .address = address};
    pthread_t cutter, threads[WRITERS];
    TEXT_CLEANUP struct text names = {0};
    if (!CHECK_INT(pthread_create(&cutter, NULL, cut, &storm), 0))
        abort();
    for (int i = 0; i < WRITERS; i++)
        if (!CHECK_INT(pthread_create(&threads[i], NULL, write_in_storm, &storm), 0))
            abort();
    for (int i = 0; i < WRITERS; i++)
        (void)pthread_join(threads[i], NULL);
    atomic_store(&storm.is_over, true);
    (void)pthread_join(cutter, NULL);
    CHECK_INT(atomic_load(&storm.failures), 0);
    CHECK(atomic_load(&storm.kills) > WRITERS);
    search_names(store, "user_", NULL, 9, &names);
    CHECK_STR(text_get(&names), "user_0:40 user_1:40 user_2:40 user_3:40");
    struct store_counts counts = counts_of(store, 1);
    CHECK_INT(counts.executions[EXECUTION_RUNNING], WRITERS * ROUNDS * 2 / 3);
    CHECK_INT(counts.executions[EXECUTION_ABORTED], WRITERS * ROUNDS / 3);
}

/* ---- Saves ---- */

enum { SAVERS = 12, SAVES = 30, RENEWALS = 100 };

struct saver {
    struct store *store;
    struct execution execution;
    const char *detail;
    int failures;
};

static void *save_often(void *context)
{
    struct saver *saver = context;
    const struct execution_event events[] = {{1, "TaskStateEntered", "{}"}, {1, "TaskStateExited", saver->detail}};
    for (int i = 1; i <= SAVES; i++) {
        TEXT_CLEANUP struct text why = {0};
        saver->execution.status = i == SAVES ? EXECUTION_SUCCEEDED : EXECUTION_RUNNING;
        if (store_execution_save(saver->store, "me", &saver->execution, events, 2, true, &why))
            saver->failures++;
    }
    return NULL;
}

static bool count_event(void *context, const struct execution_event *event)
{
    (void)event;
    ++*(int *)context;
    return true;
}

/* They go into the same transactions, while leases are renewed; one of them can't be written, because it isn't
 * UTF-8. */
static void test_saves_at_once(struct store *idle, const char *address)
{
    TEXT_CLEANUP struct text reason = {0};
    struct store *store;
    if (!CHECK_INT(store_open(address, &store, &reason), STATUS_OK))
        return;
    (void)idle;
    use_test_clock(store);
    ARENA_CLEANUP struct arena arena = {0};
    struct execution claimed[SAVERS];
    struct saver savers[SAVERS];
    pthread_t threads[SAVERS];
    size_t count = 0;
    for (int i = 0; i < SAVERS; i++) {
        struct photo photo = make_photo(i % 2 ? "anna" : "bert", 1);
        CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    }
    CHECK_OK(AT(2, store_executions_claim(store, "me", 1000, SAVERS, &arena, claimed, &count, why)));
    if (!CHECK_INT(count, SAVERS))
        return;
    for (int i = 0; i < SAVERS; i++) {
        savers[i] = (struct saver){store, claimed[i], i == 3 ? "\xff" : "{}", 0};
        if (!CHECK_INT(pthread_create(&threads[i], NULL, save_often, &savers[i]), 0))
            abort();
    }
    for (int i = 0; i < RENEWALS; i++)
        CHECK_OK(store_executions_renew(store, "me", 1000, why));
    for (int i = 0; i < SAVERS; i++) {
        int events = 0;
        (void)pthread_join(threads[i], NULL);
        CHECK_INT(savers[i].failures, i == 3 ? SAVES : 0);
        CHECK_OK(store_execution_events(store, &claimed[i].id, count_event, &events, why));
        CHECK_INT(events, i == 3 ? 0 : 2 * SAVES);
    }
    struct store_counts counts = counts_of(store, 3);
    CHECK_INT(counts.executions[EXECUTION_SUCCEEDED], SAVERS - 1);
    CHECK_INT(counts.executions[EXECUTION_RUNNING], 1);
    store_close(store); /* a connection that ends tells what it has counted */
    postgres_server_execute(address, "DO $$BEGIN PERFORM pg_sleep(0.5); IF (SELECT deadlocks > 0 FROM pg_stat_database"
                                     " WHERE datname = current_database()) THEN RAISE 'a deadlock'; END IF; END$$");
}

/* ---- An older database ---- */

static const char to_version_1[] =
    "ALTER TABLE executions DROP COLUMN waits_ms, DROP COLUMN ended_ms;"
    "CREATE INDEX executions_saved ON executions (updated_ms) WHERE status = 0 AND lease_until_ms IS NULL;"
    "CREATE INDEX executions_ended ON executions (updated_ms) WHERE status <> 0;"
    "DROP TRIGGER execution_events_forget ON executions; DROP FUNCTION execution_events_forget;"
    "ALTER TABLE execution_events ADD CONSTRAINT execution_events_execution_fkey FOREIGN KEY (execution)"
    " REFERENCES executions (number) ON DELETE CASCADE;"
    "UPDATE cloudphotos_migrations SET version = 1";

static void test_older_database(struct store *store, const char *address)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text reason = {0};
    struct photo photo = make_photo("anna", 1);
    struct execution claimed;
    struct store *newer;
    size_t pruned = 0;
    int events = 0;
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    CHECK(claim_one(store, "me", 1, 1000, &arena, &claimed));
    claimed.status = EXECUTION_SUCCEEDED;
    CHECK_OK(store_execution_save(store, "me", &claimed, (struct execution_event[]){{1, "ExecutionSucceeded", "{}"}}, 1,
                                  false, why));
    postgres_server_execute(address, to_version_1);
    if (!CHECK_INT(store_open(address, &newer, &reason), STATUS_OK)) {
        printf("# %s\n", text_get(&reason));
        return;
    }
    use_test_clock(newer);
    CHECK_OK(store_execution_events(newer, &photo.id, count_event, &events, why));
    CHECK_INT(events, 1);
    CHECK_OK(AT(1000, store_executions_prune(newer, 10, 9, &pruned, why)));
    CHECK_INT(pruned, 1);
    postgres_server_execute(address,
                            "DO $$BEGIN IF EXISTS (SELECT FROM execution_events) THEN RAISE 'left'; END IF; END$$");
    store_close(newer);
}

/* ---- Refusals ---- */

/* They are told at once: no time makes them right. */
static void test_refusals(struct store *store, const char *address)
{
    static const int64_t soon_ns = 4000000000; /* a server that is away is waited for longer */
    static const struct {
        const char *user, *database, *sentence;
    } rows[] = {
        {"secret:wrong", NULL, "can't be opened: connection to server at \"127.0.0.1\", port "},
        {"secret:wrong", NULL, "password authentication failed for user \"secret\""},
        {"secret", NULL, "no password supplied"},
        {"nobody_here", NULL, "role \"nobody_here\" does not exist"},
        {"test", "/nothing", "database \"nothing\" does not exist"},
    };
    const char *port = strrchr(address, ':'), *database = strrchr(address, '/');
    (void)store;
    postgres_server_execute(address, "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'secret') THEN"
                                     " CREATE ROLE secret LOGIN PASSWORD 'right'; END IF; END$$");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text wrong = {0}, why = {0};
        struct store *other;
        int64_t began_ns = clock_monotonic_ns();
        text_addf(&wrong, "postgresql://%s@127.0.0.1%.*s%s", rows[i].user, (int)(database - port), port,
                  rows[i].database ? rows[i].database : database);
        CHECK_STR(status_name(store_open(text_get(&wrong), &other, &why)), "unavailable");
        CHECK(clock_monotonic_ns() - began_ns < soon_ns);
        if (!CHECK(strstr(text_get(&why), rows[i].sentence)) || !CHECK(!strchr(text_get(&why), '\n')))
            printf("# %s\n", text_get(&why));
    }
}

/* The database is gone for good: no call hangs, and each says so. */
static void test_gone(struct store *store, const char *address)
{
    TEXT_CLEANUP struct text sql = {0}, other = {0};
    const char *name = strrchr(address, '/');
    struct photo photo = make_photo("anna", 1);
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    text_append(&other, address, (size_t)(name - address));
    text_addf(&other, "/postgres");
    text_addf(&sql, "DROP DATABASE %s WITH (FORCE)", name + 1);
    postgres_server_execute(text_get(&other), text_get(&sql));
    struct photo second = make_photo("anna", 1);
    CHECK_STATUS(create_photo(store, &second, NULL, NULL, why), STATUS_UNAVAILABLE);
}

static void test_stores(void)
{
    static const struct store_case cases[] = {
        {"connections that are lost repeat and lose no change", test_lost_connections},
        {"saves of many threads are each kept, or told why not", test_saves_at_once},
        {"a database of version 1 is brought up to date", test_older_database},
        {"a server that refuses is told at once", test_refusals},
        {"a database that is gone is a sentence", test_gone},
    };
    store_run_on(STORE_POSTGRESQL, cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"schema", test_migrations}, {"addresses", test_addresses}, {"a store", test_stores})
