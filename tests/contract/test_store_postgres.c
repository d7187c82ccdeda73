/* What only PostgreSQL can do, or do wrong: connections that are lost, a schema that others make or have made. */
#include "clock.h"
#include "postgres_server.h"
#include "store_fixture.h"

#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- Schema ---- */

static void execute(const char *address, const char *sql)
{
    PGconn *connection = PQconnectdb(address);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType kind = PQresultStatus(result);
    if (!CHECK(kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK))
        printf("# %s", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}

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
    execute(text_get(&address), "INSERT INTO cloudphotos_migrations (version) VALUES (4711)");
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

/* ---- An answer that is lost ---- */

/* Stands before the server, for one connection after the other, and cuts each COMMIT's answer off, as a network or a
 * server does that goes at the worst moment. */
struct thief {
    int listener;
    uint16_t port, server_port;
    atomic_bool is_over;
    atomic_int stolen, to_steal, trips /* to the server */;
};

static int connect_to(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* False when it has ended, or was cut. */
static bool pass_on(struct thief *thief, int from, int to, int server)
{
    char bytes[65536];
    ssize_t size = recv(from, bytes, sizeof bytes, 0);
    if (size <= 0 || send(to, bytes, (size_t)size, MSG_NOSIGNAL) != size)
        return false;
    if (to == server)
        atomic_fetch_add(&thief->trips, 1);
    if (to != server || !memmem(bytes, (size_t)size, "COMMIT", 7) || atomic_load(&thief->to_steal) == 0)
        return true;
    atomic_fetch_sub(&thief->to_steal, 1);
    atomic_fetch_add(&thief->stolen, 1);
    CHECK(recv(server, bytes, sizeof bytes, 0) > 0); /* it has committed */
    return false;
}

static void serve_one(struct thief *thief, int client)
{
    int server = connect_to(thief->server_port);
    bool goes_on = true;
    while (goes_on && !atomic_load(&thief->is_over)) {
        struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        if (poll(fds, 2, 100) <= 0)
            continue;
        if (fds[0].revents)
            goes_on = pass_on(thief, client, server, server);
        if (goes_on && fds[1].revents)
            goes_on = pass_on(thief, server, client, server);
    }
    (void)close(server);
    (void)close(client);
}

static void *steal(void *context)
{
    struct thief *thief = context;
    while (!atomic_load(&thief->is_over)) {
        struct pollfd fd = {.fd = thief->listener, .events = POLLIN};
        if (poll(&fd, 1, 100) > 0)
            serve_one(thief, accept(thief->listener, NULL, NULL));
    }
    return NULL;
}

static void open_thief(struct thief *thief, const char *address)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    thief->server_port = (uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10);
    thief->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(thief->listener, (struct sockaddr *)&own, size), 0);
    CHECK_INT(listen(thief->listener, 16), 0);
    CHECK_INT(getsockname(thief->listener, (struct sockaddr *)&own, &size), 0);
    thief->port = ntohs(own.sin_port);
}

static struct store *open_through(struct thief *thief, pthread_t *ret_thread, const char *address)
{
    TEXT_CLEANUP struct text through = {0}, reason = {0};
    struct store *store = NULL;
    open_thief(thief, address);
    CHECK_INT(pthread_create(ret_thread, NULL, steal, thief), 0);
    text_addf(&through, "postgresql://test@127.0.0.1:%u%s", thief->port, strrchr(address, '/'));
    CHECK_INT(store_open(text_get(&through), &store, &reason), STATUS_OK);
    return store;
}

static void close_through(struct thief *thief, pthread_t thread, struct store *store)
{
    store_close(store);
    atomic_store(&thief->is_over, true);
    (void)pthread_join(thread, NULL);
    (void)close(thief->listener);
}

/* Each would fail, or count twice, if it were done again. */
static void test_lost_answers(struct store *store, const char *address)
{
    struct thief thief = {.listener = -1};
    pthread_t thread;
    TEXT_CLEANUP struct text names = {0};
    struct store *other = open_through(&thief, &thread, address);
    if (other) {
        struct photo photo = make_photo("anna", 1), second = make_photo("anna", 2);
        struct execution execution = make_execution(&photo);
        atomic_store(&thief.to_steal, 5);
        CHECK_OK(create_photo(other, &photo, NULL, NULL, why));
        CHECK_OK(store_photo_publish(other, &photo, NULL, why));
        CHECK_OK(store_photo_withdraw(other, &photo.id, "[]", "{}", &execution, why));
        CHECK_OK(create_photo(other, &second, "key", NULL, why));
        CHECK_OK(store_photo_delete(other, &second.id, "anna", why));
        CHECK_INT(atomic_load(&thief.stolen), 5);
        CHECK_OK(store_photo_decide(other, &photo.id, REVIEW_APPROVED, why));
        CHECK_OK(store_photo_publish(other, &photo, NULL, why));
    }
    close_through(&thief, thread, other);
    search_names(store, "anna", NULL, 9, &names);
    CHECK_STR(text_get(&names), "anna:1");
    CHECK_INT(counts_of(store, 9).executions[EXECUTION_ABORTED], 1);
}

/* ---- Round trips ---- */

struct trip {
    struct store *store;
    struct photo photo;
    struct execution execution;
    struct arena *arena;
};

static enum status trip_create(struct trip *trip, struct text *why)
{
    return create_photo(trip->store, &trip->photo, "key", NULL, why);
}

static enum status trip_describe(struct trip *trip, struct text *why)
{
    return store_photo_describe(trip->store, &trip->photo.id, "anna", "A caption", NULL, why);
}

static enum status trip_claim(struct trip *trip, struct text *why)
{
    size_t count;
    return store_executions_claim(trip->store, "me", 1000, 1, trip->arena, &trip->execution, &count, why);
}

static enum status trip_renew(struct trip *trip, struct text *why)
{
    return store_executions_renew(trip->store, "me", 1000, why);
}

static enum status save(struct trip *trip, enum execution_status status, struct text *why)
{
    static const struct execution_event events[] = {{1, "TaskStateEntered", "{}"}, {1, "TaskStateExited", "{}"}};
    trip->execution.status = status;
    return store_execution_save(trip->store, "me", &trip->execution, events, 2, true, why);
}

static enum status trip_save(struct trip *trip, struct text *why)
{
    return save(trip, EXECUTION_RUNNING, why);
}

static enum status trip_finish(struct trip *trip, struct text *why)
{
    return save(trip, EXECUTION_SUCCEEDED, why);
}

static enum status trip_publish(struct trip *trip, struct text *why)
{
    return store_photo_publish(trip->store, &trip->photo, NULL, why);
}

static enum status trip_delete(struct trip *trip, struct text *why)
{
    return store_photo_delete(trip->store, &trip->photo.id, "anna", why);
}

static enum status trip_get(struct trip *trip, struct text *why)
{
    return store_photo_get(trip->store, &trip->photo.id, trip->arena, &trip->photo, why);
}

static enum status trip_search(struct trip *trip, struct text *why)
{
    TEXT_CLEANUP struct text names = {0};
    (void)why;
    search_names(trip->store, "anna", NULL, 9, &names);
    return STATUS_OK;
}

/* In this order, with one photo. */
static void test_round_trips(struct store *store, const char *address)
{
    static const struct {
        const char *what;
        enum status (*make)(struct trip *trip, struct text *why);
        int trips;
    } rows[] = {
        {"create", trip_create, 2},
        {"describe", trip_describe, 2},
        {"claim", trip_claim, 2},
        {"renew", trip_renew, 1},
        {"save", trip_save, 2},
        {"publish", trip_publish, 2},
        {"finish", trip_finish, 2},
        {"get", trip_get, 1},
        {"search", trip_search, 1},
        {"delete", trip_delete, 2},
        {"claim of nothing", trip_claim, 2},
    };
    ARENA_CLEANUP struct arena arena = {0};
    struct thief thief = {.listener = -1};
    pthread_t thread;
    (void)store;
    struct trip trip = {
        .store = open_through(&thief, &thread, address), .photo = make_photo("anna", 1), .arena = &arena};
    for (size_t i = 0; trip.store && i < sizeof rows / sizeof rows[0]; i++) {
        atomic_store(&thief.trips, 0);
        CHECK_OK(rows[i].make(&trip, why));
        if (!CHECK_INT(atomic_load(&thief.trips), rows[i].trips))
            check_true(false, rows[i].what, __FILE__, __LINE__);
    }
    close_through(&thief, thread, trip.store);
}

/* ---- What others do ---- */

enum { HEARD_MAX = 64, PATIENCE_NS = 1000000000 /* less than a look takes that makes up for a lost notification */ };

struct ear {
    pthread_mutex_t lock;
    struct id photos[HEARD_MAX];
    size_t count;
    atomic_bool has_work, was_any;
};

static void on_change(void *context, const struct id *photo, bool has_work)
{
    struct ear *ear = context;
    (void)pthread_mutex_lock(&ear->lock);
    if (photo && ear->count < HEARD_MAX)
        ear->photos[ear->count++] = *photo;
    (void)pthread_mutex_unlock(&ear->lock);
    if (!photo)
        atomic_store(&ear->was_any, true);
    if (photo && has_work)
        atomic_store(&ear->has_work, true);
}

static bool has_heard(struct ear *ear, const struct id *photo)
{
    bool is_heard = false;
    (void)pthread_mutex_lock(&ear->lock);
    for (size_t i = 0; i < ear->count; i++)
        is_heard |= id_equal(&ear->photos[i], photo);
    (void)pthread_mutex_unlock(&ear->lock);
    return is_heard;
}

/* Of this very photo, which a look can't tell. */
static bool hears(struct ear *ear, const struct id *photo, int64_t patience_ns)
{
    int64_t until_ns = clock_monotonic_ns() + patience_ns;
    while (!has_heard(ear, photo) && clock_monotonic_ns() < until_ns)
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return has_heard(ear, photo);
}

static void test_notifications(struct store *store, const char *address)
{
    struct ear near = {.lock = PTHREAD_MUTEX_INITIALIZER}, far = {.lock = PTHREAD_MUTEX_INITIALIZER};
    TEXT_CLEANUP struct text reason = {0};
    struct store *other;
    if (!CHECK_INT(store_open(address, &other, &reason), STATUS_OK))
        return;
    CHECK_OK(store_listen(store, on_change, &near, why));
    CHECK_OK(store_listen(other, on_change, &far, why));
    struct photo warm = {0}, photo = make_photo("anna", 1), last = make_photo("anna", 3);
    for (int i = 0; i < 10 && !has_heard(&near, &warm.id); i++) { /* until it listens */
        warm = add_published(other, "anna", 1);
        (void)hears(&near, &warm.id, PATIENCE_NS);
    }
    atomic_store(&near.has_work, false);
    CHECK_OK(store_photo_describe(other, &warm.id, "anna", "A caption", NULL, why));
    CHECK_OK(create_photo(other, &photo, NULL, NULL, why));
    CHECK(hears(&near, &photo.id, PATIENCE_NS));
    CHECK(atomic_load(&near.has_work));
    CHECK(!has_heard(&far, &photo.id)); /* nobody is told of what he does himself */
    execute(address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                     " AND pid <> pg_backend_pid()");
    atomic_store(&near.was_any, false);
    for (int i = 0; i < 10 && !has_heard(&near, &last.id); i++) {
        last = add_published(other, "anna", 3);
        (void)hears(&near, &last.id, PATIENCE_NS);
    }
    CHECK(has_heard(&near, &last.id));
    CHECK(atomic_load(&near.was_any)); /* of what was missed meanwhile */
    store_unlisten(store);
    store_unlisten(other);
    store_close(other);
}

/* An admin command listens to nobody. It tells what it has done when it ends. */
static void test_notifies_at_its_end(struct store *store, const char *address)
{
    struct ear ear = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct photo photo;
    CHECK_OK(store_listen(store, on_change, &ear, why));
    for (int i = 0; i < 10; i++) {
        TEXT_CLEANUP struct text reason = {0};
        struct store *command;
        photo = make_photo("anna", 1);
        if (!CHECK_INT(store_open(address, &command, &reason), STATUS_OK))
            break;
        CHECK_OK(create_photo(command, &photo, NULL, NULL, why));
        store_close(command);
        if (hears(&ear, &photo.id, PATIENCE_NS))
            break;
    }
    CHECK(has_heard(&ear, &photo.id));
    store_unlisten(store);
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
    execute(address, "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'secret') THEN"
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
    execute(text_get(&other), text_get(&sql));
    struct photo second = make_photo("anna", 1);
    CHECK_STATUS(create_photo(store, &second, NULL, NULL, why), STATUS_UNAVAILABLE);
}

static void test_stores(void)
{
    static const struct store_case cases[] = {
        {"connections that are lost repeat and lose no change", test_lost_connections},
        {"a change whose answer was lost is not made again", test_lost_answers},
        {"a read takes one round trip, a change two", test_round_trips},
        {"a process hears which photo another has changed", test_notifications},
        {"a process that doesn't listen tells what it did at its end", test_notifies_at_its_end},
        {"a server that refuses is told at once", test_refusals},
        {"a database that is gone is a sentence", test_gone},
    };
    store_run_on(STORE_POSTGRESQL, cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"schema", test_migrations}, {"addresses", test_addresses}, {"a store", test_stores})
