/* A store that many threads use at one time, on every back end. */
#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 8, PHOTOS = 25 /* of each thread */ };

struct crowd {
    struct store *store;
    atomic_int next, failures, done;
    atomic_bool is_over;
};

/* Runs it on THREADS threads, each with the crowd. */
static void run_threads(struct crowd *crowd, void *(*run)(void *))
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (!CHECK_INT(pthread_create(&threads[i], NULL, run, crowd), 0))
            abort();
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&crowd->failures), 0);
}

static void expect(struct crowd *crowd, bool held)
{
    if (!held)
        atomic_fetch_add(&crowd->failures, 1);
}

/* ---- Making ---- */

/* Publishes PHOTOS photos, deletes every fifth of them, and sees each change at once. */
static void *publish_some(void *context)
{
    struct crowd *crowd = context;
    char author[16];
    (void)snprintf(author, sizeof author, "user_%d", atomic_fetch_add(&crowd->next, 1) % 4);
    for (int i = 0; i < PHOTOS; i++) {
        struct photo photo = make_photo(author, i);
        expect(crowd, create_photo(crowd->store, &photo, NULL, NULL, NULL) == STATUS_OK);
        expect(crowd, strcmp(state_of(crowd->store, &photo.id), "PENDING") == 0);
        expect(crowd, store_photo_publish(crowd->store, &photo, NULL, NULL) == STATUS_OK);
        expect(crowd, strcmp(state_of(crowd->store, &photo.id), "SUCCESS") == 0);
        if (i % 5 == 0)
            expect(crowd, store_photo_delete(crowd->store, &photo.id, author, NULL) == STATUS_OK);
    }
    return NULL;
}

static void test_counts(struct store *store, const char *address)
{
    (void)address;
    struct crowd crowd = {.store = store};
    struct text names TEXT_CLEANUP = {0};
    run_threads(&crowd, publish_some);
    search_names(store, "user", NULL, 9, &names);
    CHECK_STR(text_get(&names), "user_0:40 user_1:40 user_2:40 user_3:40");
    struct store_counts counts = counts_of(store, PHOTOS);
    CHECK_INT(counts.executions[EXECUTION_RUNNING], THREADS * PHOTOS * 4 / 5);
    CHECK_INT(counts.executions[EXECUTION_ABORTED], THREADS * PHOTOS / 5);
    CHECK_INT(counts.queue_depth, THREADS * PHOTOS * 4 / 5);
}

struct race {
    struct crowd crowd;
    struct photo photos[PHOTOS];
};

/* Half of the threads publish each photo and withdraw it again, while the others delete it. */
static void *publish_or_delete(void *context)
{
    struct race *race = context;
    struct store *store = race->crowd.store;
    bool deletes = atomic_fetch_add(&race->crowd.next, 1) % 2;
    for (int i = 0; i < PHOTOS; i++) {
        const struct photo *photo = &race->photos[i];
        struct execution execution = make_execution(photo);
        enum status status = deletes ? store_photo_delete(store, &photo->id, "anna", NULL)
                                     : store_photo_publish(store, photo, NULL, NULL);
        if (!status && !deletes)
            status = store_photo_withdraw(store, &photo->id, "[]", "{}", &execution, NULL);
        expect(&race->crowd, !status || status == STATUS_NOT_FOUND || (!deletes && status == STATUS_CONFLICT));
    }
    return NULL;
}

static void test_races(struct store *store, const char *address)
{
    (void)address;
    struct race race = {.crowd.store = store};
    struct text names TEXT_CLEANUP = {0};
    for (int i = 0; i < PHOTOS; i++) {
        race.photos[i] = make_photo("anna", i);
        CHECK_OK(create_photo(store, &race.photos[i], NULL, NULL, why));
    }
    struct photo kept = add_published(store, "anna", 1);
    run_threads(&race.crowd, publish_or_delete);
    for (int i = 0; i < PHOTOS; i++) {
        CHECK_STR(state_of(store, &race.photos[i].id), "not-found");
        CHECK_STR(execution_state_of(store, &race.photos[i].id), "ABORTED");
    }
    CHECK_STR(state_of(store, &kept.id), "SUCCESS");
    search_names(store, "anna", NULL, 9, &names);
    CHECK_STR(text_get(&names), "anna:1");
}

static void *race_for_key(void *context)
{
    struct crowd *crowd = context;
    for (int i = 0; i < PHOTOS; i++) {
        struct photo photo = make_photo("anna", i);
        char key[16];
        bool created = false;
        (void)snprintf(key, sizeof key, "key-%d", i);
        expect(crowd, create_photo(crowd->store, &photo, key, &created, NULL) == STATUS_OK);
        atomic_fetch_add(&crowd->done, created);
    }
    return NULL;
}

static void test_keys(struct store *store, const char *address)
{
    (void)address;
    struct crowd crowd = {.store = store};
    run_threads(&crowd, race_for_key);
    CHECK_INT(atomic_load(&crowd.done), PHOTOS);
    CHECK_INT(counts_of(store, 0).executions[EXECUTION_RUNNING], PHOTOS);
}

/* ---- Claiming ---- */

/* Claims until all are done; half of what it claims it gives back once, or lets go by saving. */
static void *work(void *context)
{
    struct crowd *crowd = context;
    char owner[16];
    (void)snprintf(owner, sizeof owner, "worker-%d", atomic_fetch_add(&crowd->next, 1));
    while (atomic_load(&crowd->done) < THREADS * PHOTOS && atomic_load(&crowd->failures) == 0) {
        struct arena arena ARENA_CLEANUP = {0};
        struct execution claimed[3];
        size_t count = 0;
        expect(crowd, !store_executions_claim(crowd->store, owner, 5000, 3, &arena, claimed, &count, NULL));
        for (size_t i = 0; i < count; i++) {
            bool is_first_time = claimed[i].state[0] == '\0';
            claimed[i].status = is_first_time ? EXECUTION_RUNNING : EXECUTION_SUCCEEDED;
            claimed[i].state = "second";
            expect(crowd, !store_execution_save(crowd->store, owner, &claimed[i], NULL, 0, false, NULL));
            atomic_fetch_add(&crowd->done, !is_first_time);
        }
    }
    return NULL;
}

static void test_claims(struct store *store, const char *address)
{
    (void)address;
    struct crowd crowd = {.store = store};
    for (int i = 0; i < THREADS * PHOTOS; i++) {
        struct photo photo = make_photo("anna", i);
        CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    }
    set_now(1000);
    run_threads(&crowd, work); /* a double would save over a lost lease, and fail */
    CHECK_INT(atomic_load(&crowd.done), THREADS * PHOTOS);
    CHECK_INT(counts_of(store, 1000).executions[EXECUTION_SUCCEEDED], THREADS * PHOTOS);
    CHECK_INT(counts_of(store, 1000).executions[EXECUTION_RUNNING], 0);
}

/* ---- Reading while others write ---- */

static void *publish_one(void *context)
{
    struct crowd *crowd = context;
    struct photo photo = make_photo("anna", 1);
    expect(crowd, create_photo(crowd->store, &photo, NULL, NULL, NULL) == STATUS_OK);
    expect(crowd, store_photo_publish(crowd->store, &photo, NULL, NULL) == STATUS_OK);
    return NULL;
}

/* Inside a search; another thread's writing has to end before it goes on. */
static bool write_meanwhile(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    struct crowd *crowd = context;
    pthread_t thread;
    (void)name, (void)name_length, (void)posts_count;
    expect(crowd, pthread_create(&thread, NULL, publish_one, crowd) == 0);
    expect(crowd, pthread_join(thread, NULL) == 0);
    return true;
}

static void test_reader_holds_nobody_up(struct store *store, const char *address)
{
    (void)address;
    struct crowd crowd = {.store = store};
    struct text names TEXT_CLEANUP = {0};
    (void)add_published(store, "aa", 1);
    (void)add_published(store, "ab", 1);
    CHECK_OK(store_users_search(store, "a", NULL, 2, write_meanwhile, &crowd, why));
    CHECK_INT(atomic_load(&crowd.failures), 0);
    search_names(store, "a", NULL, 9, &names);
    CHECK_STR(text_get(&names), "aa:1 ab:1 anna:2");
}

static void *insert_people(void *context)
{
    struct crowd *crowd = context;
    for (int i = 0; !atomic_load(&crowd->is_over); i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "p%03d_new", i * 7 % 1000);
        struct photo photo = make_photo(i % 2 ? name : "profile", i);
        expect(crowd, create_photo(crowd->store, &photo, NULL, NULL, NULL) == STATUS_OK);
        expect(crowd, store_photo_publish(crowd->store, &photo, NULL, NULL) == STATUS_OK);
    }
    return NULL;
}

struct page {
    char last[AUTHOR_NAME_MAX + 1];
    struct post_cursor cursor;
    int rows, old_ones;
    bool is_ordered;
};

static bool take_name(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    struct page *page = context;
    (void)posts_count;
    page->is_ordered = page->is_ordered && strcmp(page->last, name) < 0;
    (void)snprintf(page->last, sizeof page->last, "%s", name);
    page->old_ones += name_length == 4; /* "p123" */
    page->rows++;
    return true;
}

static bool take_post(void *context, const struct id *id, int64_t created_ms)
{
    struct page *page = context;
    page->is_ordered = page->is_ordered && created_ms <= page->cursor.time_ms && !id_equal(id, &page->cursor.id);
    page->cursor = (struct post_cursor){created_ms, *id};
    page->old_ones += created_ms < 0;
    page->rows++;
    return true;
}

enum { OLD_PEOPLE = 60, OLD_POSTS = 60, PAGE = 7 };

static void test_pages(struct store *store, const char *address)
{
    (void)address;
    struct crowd crowd = {.store = store};
    pthread_t thread;
    for (int i = 0; i < OLD_PEOPLE; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "p%03d", i * 16);
        (void)add_published(store, name, i);
        (void)add_published(store, "profile", i - OLD_POSTS);
    }
    CHECK_INT(pthread_create(&thread, NULL, insert_people, &crowd), 0);
    for (int round = 0; round < 5; round++) {
        struct page names = {.is_ordered = true}, posts = {.is_ordered = true, .cursor.time_ms = INT64_MAX};
        do {
            names.rows = 0;
            CHECK_OK(store_users_search(store, "p", names.last, PAGE, take_name, &names, why));
        } while (names.rows == PAGE);
        CHECK(names.is_ordered);
        CHECK_INT(names.old_ones, OLD_PEOPLE);
        do {
            posts.rows = 0;
            const struct post_cursor *after = posts.cursor.time_ms == INT64_MAX ? NULL : &posts.cursor;
            CHECK_OK(store_user_posts(store, "profile", after, PAGE, take_post, &posts, why));
        } while (posts.rows == PAGE);
        CHECK(posts.is_ordered);
        CHECK_INT(posts.old_ones, OLD_POSTS);
    }
    atomic_store(&crowd.is_over, true);
    (void)pthread_join(thread, NULL);
    CHECK_INT(atomic_load(&crowd.failures), 0);
}

static void test_stores(void)
{
    static const struct store_case cases[] = {
        {"counts are right after many threads published and deleted, and each saw its own changes", test_counts},
        {"counts are right after threads published, withdrew and deleted the same photos", test_races},
        {"a key that threads race for makes one photo", test_keys},
        {"no execution is claimed by two at one time", test_claims},
        {"who reads holds no writer up", test_reader_holds_nobody_up},
        {"pages cover everything once while rows are added", test_pages},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"a store", test_stores})
