/* Which photo other processes have changed: what only PostgreSQL tells. */
#include "clock.h"
#include "postgres_server.h"
#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

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
    postgres_server_execute(address,
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
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

static void test_changes(void)
{
    static const struct store_case cases[] = {
        {"a process hears which photo another has changed", test_notifications},
        {"a process that doesn't listen tells what it did at its end", test_notifies_at_its_end},
    };
    store_run_on(STORE_POSTGRESQL, cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"changes", test_changes})
