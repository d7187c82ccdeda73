/* Sessions of uploads, as store.h promises them, on every back end. */
#include "store_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { MB = 1 << 20, LEASE_MS = 3000 };
static const struct session_limits limits = {
    .sessions_each = 3, .bytes = 20 * MB, .bytes_author = 8 * MB, .bytes_network = 12 * MB};

static struct session make_session(const char *author, const char *network, uint64_t length)
{
    return (struct session){.id = id_new(),
                            .author = author,
                            .network = network,
                            .caption = "At the sea",
                            .length = length,
                            .bytes = "place",
                            .expires_ms = 100000};
}

static enum session_outcome create(struct store *store, const struct session *session,
                                   const struct session_limits *within)
{
    enum session_outcome outcome = SESSION_MADE;
    CHECK_OK(store_session_create(store, session, within, &outcome, why));
    return outcome;
}

static struct session get(struct store *store, const struct id *id, struct arena *arena)
{
    struct session session = {0};
    CHECK_OK(store_session_get(store, id, arena, &session, why));
    return session;
}

static struct session claim(struct store *store, const struct id *id, const char *owner, struct arena *arena)
{
    struct session session = {0};
    CHECK_OK(store_session_claim(store, id, owner, LEASE_MS, arena, &session, why));
    return session;
}

static enum status try_claim(struct store *store, const struct id *id, const char *owner, struct text *why)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct session session;
    return store_session_claim(store, id, owner, LEASE_MS, &arena, &session, why);
}

static void test_made(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct session session = make_session("anna", "1.1.1.1", 5), read;
    CHECK_STATUS(store_session_get(store, &session.id, &arena, &read, why), STATUS_NOT_FOUND);
    CHECK_INT(create(store, &session, &limits), SESSION_MADE);
    read = get(store, &session.id, &arena);
    CHECK(id_equal(&read.id, &session.id));
    CHECK_STR(read.author, "anna");
    CHECK_STR(read.network, "1.1.1.1");
    CHECK_STR(read.caption, "At the sea");
    CHECK(!read.alt_text && !read.is_held && !read.is_finished && !read.was_lost);
    CHECK_INT(read.length, 5);
    CHECK_INT(read.offset, 0);
    CHECK_STR(read.bytes, "place");
    CHECK_INT(read.expires_ms, 100000);
    enum session_outcome outcome;
    CHECK_STATUS(store_session_create(store, &session, &limits, &outcome, why), STATUS_CONFLICT);
    CHECK_STATUS(store_session_create(store, &session, NULL, &outcome, why), STATUS_CONFLICT);
    struct session rows[] = {make_session("", NULL, 5), make_session("anna", NULL, 0), make_session("anna", NULL, 5)};
    rows[2].offset = 6;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_STATUS(store_session_create(store, &rows[i], &limits, &outcome, why), STATUS_INVALID);
}

static void test_limits(struct store *store, const char *address)
{
    (void)address;
    static const struct {
        const char *says, *author, *network;
        uint64_t length;
        enum session_outcome outcome;
    } rows[] = {
        {"a first", "ann", "1.1.1.1", 1, SESSION_MADE},
        {"small ones count as a megabyte", "ann", "1.1.1.1", 8 * MB, SESSION_AUTHOR_FULL},
        {"as much as an author may have", "ann", "1.1.1.1", 7 * MB, SESSION_MADE},
        {"one byte more", "ann", "2.2.2.2", 1, SESSION_AUTHOR_FULL},
        {"the same network, more than it may have", "bob", "1.1.1.1", 4 * MB + 1, SESSION_NETWORK_FULL},
        {"as much as it may have", "bob", "1.1.1.1", 4 * MB, SESSION_MADE},
        {"another author there", "cy", "1.1.1.1", 1, SESSION_NETWORK_FULL},
        {"another network", "cy", "2.2.2.2", 5 * MB, SESSION_MADE},
        {"many small ones", "cy", "2.2.2.2", 1, SESSION_MADE},
        {"one more than an author may have", "bob", "3.3.3.3", 1, SESSION_MADE},
        {"the last byte of all", "dee", "3.3.3.3", MB, SESSION_MADE},
        {"one more", "eve", "4.4.4.4", 1, SESSION_FULL},
        {"more than there could ever be", "eve", "4.4.4.4", INT64_MAX, SESSION_AUTHOR_FULL},
    };
    struct arena arena ARENA_CLEANUP = {0};
    struct session made[sizeof rows / sizeof rows[0]], again = make_session("ann", "1.1.1.1", 7 * MB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].says);
        made[i] = make_session(rows[i].author, rows[i].network, rows[i].length);
        CHECK_INT(create(store, &made[i], &limits), rows[i].outcome);
        struct session read;
        CHECK_STR(status_name(store_session_get(store, &made[i].id, &arena, &read, NULL)),
                  rows[i].outcome == SESSION_MADE ? "ok" : "not-found");
    }
    check_case("what is removed makes room");
    made[2] = claim(store, &made[2].id, "me", &arena);
    CHECK_OK(store_session_remove(store, &made[2], "me", why));
    CHECK_INT(create(store, &again, &limits), SESSION_MADE);
    check_case("what is finished makes room");
    made[7] = claim(store, &made[7].id, "me", &arena);
    made[7].is_finished = true;
    made[7].bytes = NULL;
    CHECK_OK(store_session_save(store, &made[7], "me", false, why));
    struct session next = make_session("cy", "2.2.2.2", 5 * MB);
    CHECK_INT(create(store, &next, &limits), SESSION_MADE);
    CHECK(get(store, &made[7].id, &arena).is_finished && !get(store, &made[7].id, &arena).bytes);
}

static void test_number(struct store *store, const char *address)
{
    (void)address;
    struct session sessions[4];
    for (size_t i = 0; i < 4; i++) {
        sessions[i] = make_session("ann", NULL, 1);
        CHECK_INT(create(store, &sessions[i], &limits), i < 3 ? SESSION_MADE : SESSION_MANY);
    }
    check_case("what was accepted earlier is there, whatever the limits are now, and counts");
    struct session found = make_session("bob", NULL, 100 * MB), next = make_session("cy", NULL, 1);
    CHECK_INT(create(store, &found, NULL), SESSION_MADE);
    CHECK_INT(create(store, &next, &limits), SESSION_FULL);
}

static void test_lease(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct session session = make_session("anna", NULL, 10);
    set_now(1000);
    (void)create(store, &session, &limits);
    struct session mine = claim(store, &session.id, "me", &arena);
    CHECK(!mine.was_lost);
    CHECK(get(store, &session.id, &arena).is_held);
    CHECK_STATUS(try_claim(store, &session.id, "you", why), STATUS_BUSY);
    CHECK_STATUS(try_claim(store, &session.id, "me", why), STATUS_BUSY);
    check_case("what is given back is free at once, with what was saved");
    mine.offset = 4;
    mine.bytes = "elsewhere";
    CHECK_OK(store_session_save(store, &mine, "me", true, why));
    CHECK_STATUS(try_claim(store, &session.id, "you", why), STATUS_BUSY);
    CHECK_OK(store_session_save(store, &mine, "me", false, why));
    CHECK(!get(store, &session.id, &arena).is_held);
    struct session yours = claim(store, &session.id, "you", &arena);
    CHECK_INT(yours.offset, 4);
    CHECK_STR(yours.bytes, "elsewhere");
    CHECK(!yours.was_lost);
    check_case("a lease is renewed by its owner, and ends without");
    CHECK_OK(AT(3000, store_sessions_renew(store, "you", &session.id, 1, LEASE_MS, why)));
    CHECK_OK(AT(3500, store_sessions_renew(store, "me", &session.id, 1, LEASE_MS, why)));
    CHECK_STATUS(AT(5999, try_claim(store, &session.id, "me", why)), STATUS_BUSY);
    set_now(6000);
    CHECK(!get(store, &session.id, &arena).is_held);
    mine = claim(store, &session.id, "me", &arena);
    CHECK(mine.was_lost);
    check_case("who has lost it writes nothing");
    yours.offset = 9;
    CHECK_STATUS(store_session_save(store, &yours, "you", false, why), STATUS_BUSY);
    CHECK_STATUS(store_session_remove(store, &yours, "you", why), STATUS_BUSY);
    CHECK_INT(get(store, &session.id, &arena).offset, 4);
    check_case("nor when its own process has claimed it again");
    set_now(9000);
    struct session again = claim(store, &session.id, "me", &arena);
    mine.offset = 9;
    CHECK_STATUS(store_session_save(store, &mine, "me", false, why), STATUS_BUSY);
    CHECK_STATUS(store_session_remove(store, &mine, "me", why), STATUS_BUSY);
    CHECK_OK(store_session_remove(store, &again, "me", why));
    CHECK_OK(store_session_remove(store, &again, "me", why));
    CHECK_STATUS(store_session_save(store, &again, "me", false, why), STATUS_NOT_FOUND);
    CHECK_STATUS(try_claim(store, &session.id, "me", why), STATUS_NOT_FOUND);
}

/* Nobody waits for hours because a clock was ahead when a lease was written. */
static void test_clock(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct session session = make_session("anna", NULL, 10);
    (void)create(store, &session, &limits);
    set_now(3600000);
    (void)claim(store, &session.id, "me", &arena);
    set_now(1000);
    CHECK(!get(store, &session.id, &arena).is_held);
    CHECK(claim(store, &session.id, "you", &arena).was_lost);
}

static void test_expiry(struct store *store, const char *address)
{
    (void)address;
    struct id ids[4];
    struct session sessions[3];
    size_t count = 99;
    for (size_t i = 0; i < 3; i++) {
        sessions[i] = make_session("anna", NULL, 10);
        sessions[i].expires_ms = 3000 - 1000 * (int64_t)i;
        (void)create(store, &sessions[i], &limits);
    }
    CHECK_OK(AT(999, store_sessions_expired(store, ids, 4, &count, why)));
    CHECK_INT(count, 0);
    CHECK_OK(AT(2000, store_sessions_expired(store, ids, 4, &count, why)));
    CHECK_INT(count, 2);
    CHECK(id_equal(&ids[0], &sessions[2].id) && id_equal(&ids[1], &sessions[1].id));
    CHECK_OK(AT(9000, store_sessions_expired(store, ids, 1, &count, why)));
    CHECK_INT(count, 1);
    CHECK_OK(store_sessions_expired(store, ids, 0, &count, why));
    CHECK_INT(count, 0);
}

static void test_reopened(struct store *store, const char *address)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct session session = make_session("anna", "1.1.1.1", 8 * MB), next = make_session("anna", NULL, 1);
    struct store *other;
    (void)create(store, &session, &limits);
    if (!CHECK_INT(store_open(address, &other, NULL), STATUS_OK))
        return;
    use_test_clock(other);
    CHECK_STR(get(other, &session.id, &arena).author, "anna");
    CHECK_INT(create(other, &next, &limits), SESSION_AUTHOR_FULL);
    struct session mine = claim(store, &session.id, "me", &arena);
    CHECK_STATUS(try_claim(other, &session.id, "you", why), STATUS_BUSY);
    CHECK_OK(store_session_save(store, &mine, "me", false, why));
    (void)claim(other, &session.id, "you", &arena);
    store_close(other);
}

/* ---- A session becomes a photo ---- */

static enum status make_photo_of(struct store *store, const struct session *session, const char *owner,
                                 bool *ret_created, struct text *why)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo = make_photo(session->author, 1), existing;
    photo.id = session->id;
    struct execution execution = make_execution(&photo);
    const struct session_claim claim = {owner, session->lease_number};
    return store_photo_create(store, &photo, "tus", &execution, 0, &claim, &arena, &existing, ret_created, why);
}

static void test_becomes_photo(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    bool was_created = false;
    struct session session = make_session("anna", "1.1.1.1", 5), absent = make_session("anna", NULL, 5), read;
    (void)create(store, &session, &limits);
    struct session mine = claim(store, &session.id, "me", &arena);

    check_case("not by a claim that was lost, and of no session");
    set_now(LEASE_MS + 1);
    struct session yours = claim(store, &session.id, "you", &arena);
    CHECK_STATUS(make_photo_of(store, &mine, "me", &was_created, why), STATUS_BUSY);
    CHECK_STATUS(make_photo_of(store, &absent, "me", &was_created, why), STATUS_BUSY);
    CHECK_STR(state_of(store, &session.id), "not-found");
    CHECK_STR(execution_state_of(store, &session.id), "not-found");
    CHECK(!get(store, &session.id, &arena).is_finished);

    check_case("both in one, and nothing stays that is about a person");
    CHECK_OK(make_photo_of(store, &yours, "you", &was_created, why));
    CHECK(was_created);
    CHECK_STR(state_of(store, &session.id), "PENDING");
    read = get(store, &session.id, &arena);
    CHECK(read.is_finished && !read.is_held && !read.was_lost);
    CHECK(!read.bytes && !read.network && !read.caption && !read.alt_text);
    CHECK_STR(read.author, "anna");

    check_case("once");
    CHECK_OK(make_photo_of(store, &yours, "you", &was_created, why));
    CHECK(!was_created);
}

/* As of a photo that an earlier version made. */
static void test_finished(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct session session = make_session("anna", "1.1.1.1", 5);
    (void)create(store, &session, &limits);
    struct session mine = claim(store, &session.id, "me", &arena);
    mine.is_finished = true;
    CHECK_OK(store_session_save(store, &mine, "me", false, why));
    session = get(store, &session.id, &arena);
    CHECK(session.is_finished && !session.is_held && !session.bytes && !session.network && !session.caption);
}

struct rival {
    struct store *store;
    const struct id *id;
    char owner[8];
    bool has_it;
};

static void *compete(void *data)
{
    struct rival *rival = data;
    struct arena arena ARENA_CLEANUP = {0};
    struct session session;
    rival->has_it = store_session_claim(rival->store, rival->id, rival->owner, LEASE_MS, &arena, &session, NULL) == 0;
    return NULL;
}

static void test_rivals(struct store *store, const char *address)
{
    (void)address;
    enum { RIVALS = 8 };
    struct session session = make_session("anna", NULL, 10);
    struct rival rivals[RIVALS];
    pthread_t threads[RIVALS];
    int winners = 0;
    (void)create(store, &session, &limits);
    for (int i = 0; i < RIVALS; i++) {
        rivals[i] = (struct rival){.store = store, .id = &session.id};
        (void)snprintf(rivals[i].owner, sizeof rivals[i].owner, "%d", i);
        CHECK_INT(pthread_create(&threads[i], NULL, compete, &rivals[i]), 0);
    }
    for (int i = 0; i < RIVALS; i++) {
        (void)pthread_join(threads[i], NULL);
        winners += rivals[i].has_it;
    }
    CHECK_INT(winners, 1);
}

static const struct store_case cases[] = {
    {"a session is made once, and read as it was made", test_made},
    {"an author, a network and all have so many bytes", test_limits},
    {"an author has so many sessions", test_number},
    {"a session has one owner at a time, until it is given back or lost", test_lease},
    {"a lease from the future doesn't hold", test_clock},
    {"what has expired is found, the oldest first", test_expiry},
    {"sessions are there for other processes too", test_reopened},
    {"a session becomes a photo in one transaction", test_becomes_photo},
    {"a session that is finished forgets where it came from", test_finished},
    {"of many that claim a session one gets it", test_rivals},
};

static void test_sessions(void)
{
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"sessions", test_sessions})
