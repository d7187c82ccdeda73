/* What goes to a PostgreSQL server and comes back: how often, and what becomes of a change whose answer is lost. */
#include "answer_thief.h"
#include "store_fixture.h"

/* ---- An answer that is lost ---- */

/* Each would fail, or count twice, if it were done again. */
static void test_lost_answers(struct store *store, const char *address)
{
    struct thief thief = {.listener = -1};
    pthread_t thread;
    TEXT_CLEANUP struct text names = {0};
    struct store *other = thief_open(&thief, &thread, address);
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
    thief_close(&thief, thread, other);
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
    const struct execution_claim claim = {"me", trip->execution.version};
    return store_photo_publish(trip->store, &trip->photo, &claim, why);
}

static enum status trip_verdict(struct trip *trip, struct text *why)
{
    const struct verdict verdict = {.photo = trip->photo.id, .fingerprint.is_there = true};
    return store_verdict_add(trip->store, &verdict, why);
}

static enum status trip_decide(struct trip *trip, struct text *why)
{
    return store_verdict_decide(trip->store, &trip->photo.id, VERDICT_APPROVED, NULL, why);
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
        {"verdict", trip_verdict, 2},
        {"decide", trip_decide, 2},
        {"get", trip_get, 1},
        {"search", trip_search, 1},
        {"delete", trip_delete, 2},
        {"claim of nothing", trip_claim, 2},
    };
    ARENA_CLEANUP struct arena arena = {0};
    struct thief thief = {.listener = -1};
    pthread_t thread;
    (void)store;
    struct trip trip = {.store = thief_open(&thief, &thread, address), .photo = make_photo("anna", 1), .arena = &arena};
    for (size_t i = 0; trip.store && i < sizeof rows / sizeof rows[0]; i++) {
        atomic_store(&thief.trips, 0);
        CHECK_OK(rows[i].make(&trip, why));
        if (!CHECK_INT(atomic_load(&thief.trips), rows[i].trips))
            check_true(false, rows[i].what, __FILE__, __LINE__);
    }
    thief_close(&thief, thread, trip.store);
}

static void test_wire(void)
{
    static const struct store_case cases[] = {
        {"a change whose answer was lost is not made again", test_lost_answers},
        {"a read takes one round trip, a change two", test_round_trips},
    };
    store_run_on(STORE_POSTGRESQL, cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"the wire", test_wire})
