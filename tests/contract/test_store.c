/* Photos and users, as store.h promises them, on every back end. */
#include "store_fixture.h"

#include <stdio.h>
#include <string.h>

/* ---- Photos ---- */

static void test_create(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo = make_photo("anna", 1000), read;
    bool created = false;
    CHECK_OK(create_photo(store, &photo, NULL, &created, why));
    CHECK(created);
    CHECK_OK(store_photo_get(store, &photo.id, &arena, &read, why));
    CHECK(id_equal(&read.id, &photo.id));
    CHECK_STR(read.author, "anna");
    CHECK_STR(photo_state_name(read.state), "PENDING");
    CHECK_INT(read.created_ms, 1000);
    CHECK_STR(read.format, "jpeg");
    CHECK_INT(read.frames, 1);
    CHECK_INT(read.original.width, 4000);
    CHECK_INT(read.original.height, 3000);
    CHECK_INT(read.original.bytes, 5000000);
    CHECK(!read.error_message && !read.labels);
    CHECK_STR(execution_state_of(store, &photo.id), "RUNNING");
    CHECK_STATUS(create_photo(store, &photo, NULL, NULL, why), STATUS_CONFLICT);
    struct id unknown = id_new();
    CHECK_STATUS(store_photo_get(store, &unknown, &arena, &read, why), STATUS_NOT_FOUND);
}

static void test_keys(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct photo first = make_photo("anna", 1), second = make_photo("anna", 2), other = make_photo("bert", 3), found;
    struct execution execution = make_execution(&second);
    bool created = true;
    CHECK_OK(create_photo(store, &first, "key", NULL, why));
    CHECK_OK(store_photo_create(store, &second, "key", &execution, 0, NULL, &arena, &found, &created, why));
    CHECK(!created);
    CHECK(id_equal(&found.id, &first.id));
    CHECK_STR(state_of(store, &second.id), "not-found");
    CHECK_STR(execution_state_of(store, &second.id), "not-found");
    CHECK_OK(create_photo(store, &other, "key", &created, why));
    CHECK(created);
    CHECK_OK(store_photo_find_key(store, "bert", "key", &arena, &found, why));
    CHECK(id_equal(&found.id, &other.id));
    CHECK_STATUS(store_photo_find_key(store, "bert", "ke", &arena, &found, why), STATUS_NOT_FOUND);
    CHECK_OK(store_photo_delete(store, &first.id, "anna", why));
    CHECK_STATUS(store_photo_find_key(store, "anna", "key", &arena, &found, why), STATUS_NOT_FOUND);
    CHECK_OK(create_photo(store, &second, "key", &created, why));
    CHECK(created);
}

static void test_publish(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct text names TEXT_CLEANUP = {0};
    struct photo photo = make_photo("anna", 1000), read, unknown = make_photo("anna", 1);
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    search_names(store, "anna", NULL, 9, &names);
    CHECK_STR(text_get(&names), "");
    photo.large = (struct rendition){1440, 1080, 200000};
    photo.thumbnail = (struct rendition){350, 263, 9000};
    photo.medium = (struct rendition){800, 600, 40000};
    photo.labels = "[{\"name\":\"Nudity\"}]";
    for (int i = 0; i < 2; i++) /* the second time changes nothing */
        CHECK_OK(AT(2000 + i, store_photo_publish(store, &photo, NULL, why)));
    CHECK_OK(store_photo_get(store, &photo.id, &arena, &read, why));
    CHECK_STR(photo_state_name(read.state), "SUCCESS");
    CHECK_INT(read.updated_ms, 2000);
    CHECK_INT(read.large.width, 1440);
    CHECK_INT(read.thumbnail.bytes, 9000);
    CHECK_INT(read.medium.width, 800);
    CHECK_INT(read.medium.height, 600);
    CHECK_INT(read.medium.bytes, 40000);
    CHECK_STR(read.labels, photo.labels);
    search_names(store, "anna", NULL, 9, &names);
    CHECK_STR(text_get(&names), "anna:1");
    CHECK_STATUS(store_photo_reject(store, &photo.id, "no", NULL, NULL, why), STATUS_CONFLICT);
    CHECK_STATUS(store_photo_publish(store, &unknown, NULL, why), STATUS_NOT_FOUND);
}

static void test_render(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    const struct rendition medium = {800, 533, 50000};
    struct photo published = add_published(store, "anna", 1000), pending = make_photo("anna", 1000), read, before;
    struct id unknown = id_new();
    CHECK_OK(create_photo(store, &pending, NULL, NULL, why));
    CHECK_OK(store_photo_get(store, &published.id, &arena, &before, why));
    CHECK_INT(before.medium.width, 0);
    for (int i = 0; i < 2; i++)
        CHECK_OK(store_photo_render(store, &published.id, &medium, why));
    CHECK_OK(store_photo_get(store, &published.id, &arena, &read, why));
    CHECK(memcmp(&read.medium, &medium, sizeof medium) == 0);
    CHECK_INT(read.updated_ms, before.updated_ms);
    CHECK_STR(photo_state_name(read.state), "SUCCESS");
    CHECK_STATUS(store_photo_render(store, &pending.id, &medium, why), STATUS_CONFLICT);
    CHECK_OK(store_photo_get(store, &pending.id, &arena, &read, why));
    CHECK_INT(read.medium.width, 0);
    CHECK_STATUS(store_photo_render(store, &unknown, &medium, why), STATUS_NOT_FOUND);
    CHECK_OK(store_photo_delete(store, &published.id, "anna", why));
    CHECK_STATUS(store_photo_render(store, &published.id, &medium, why), STATUS_NOT_FOUND);
}

static void test_reject(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo = make_photo("anna", 1000), read;
    struct id unknown = id_new();
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    CHECK_OK(store_photo_reject(store, &photo.id, "It is too dark.", "[]", NULL, why));
    CHECK_OK(store_photo_reject(store, &photo.id, "Another reason.", NULL, NULL, why));
    CHECK_OK(store_photo_get(store, &photo.id, &arena, &read, why));
    CHECK_STR(photo_state_name(read.state), "ERROR");
    CHECK_STR(read.error_message, "It is too dark.");
    CHECK_STR(read.labels, "[]");
    CHECK_STATUS(store_photo_publish(store, &photo, NULL, why), STATUS_CONFLICT);
    CHECK_STATUS(store_photo_reject(store, &unknown, "no", NULL, NULL, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_photo_reject(store, &photo.id, NULL, NULL, NULL, why), STATUS_INVALID);
}

static void test_delete(struct store *store, const char *address)
{
    (void)address;
    struct text names TEXT_CLEANUP = {0};
    struct photo photo = add_published(store, "anna", 1), other = add_published(store, "anna", 2);
    CHECK_STATUS(store_photo_delete(store, &photo.id, "bert", why), STATUS_FORBIDDEN);
    CHECK_STATUS(store_photo_purge(store, &photo.id, why), STATUS_CONFLICT);
    CHECK_OK(store_photo_delete(store, &photo.id, "anna", why));
    CHECK_STR(state_of(store, &photo.id), "not-found");
    CHECK_STR(execution_state_of(store, &photo.id), "ABORTED");
    CHECK_STATUS(store_photo_delete(store, &photo.id, "anna", why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_photo_publish(store, &photo, NULL, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_photo_reject(store, &photo.id, "no", NULL, NULL, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_execution_retry(store, &photo.id, "{}", why), STATUS_NOT_FOUND);
    CHECK_STATUS(create_photo(store, &photo, NULL, NULL, why), STATUS_CONFLICT);
    search_names(store, "anna", NULL, 9, &names);
    CHECK_STR(text_get(&names), "anna:1");
    CHECK_OK(store_photo_delete(store, &other.id, "anna", why));
    search_names(store, "anna", NULL, 9, &names);
    CHECK_STR(text_get(&names), "");
}

static void test_purge(struct store *store, const char *address)
{
    (void)address;
    struct photo photos[3];
    struct deleted_photo deleted[3];
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        photos[i] = add_published(store, "anna", 1);
        CHECK_OK(AT(100, store_photo_delete(store, &photos[i].id, "anna", why)));
    }
    CHECK_OK(store_photos_deleted(store, NULL, deleted, 2, &count, why));
    CHECK_INT(count, 2);
    CHECK_INT(deleted[0].deleted_ms, 100);
    CHECK_OK(store_photos_deleted(store, &deleted[1].id, &deleted[2], 2, &count, why));
    CHECK_INT(count, 1);
    CHECK(memcmp(&deleted[1].id, &deleted[2].id, sizeof deleted[1].id) < 0);
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK(store_photos_deleted(store, NULL, deleted, 3, &count, why));
        CHECK_INT(count, 3 - i);
        CHECK_OK(store_photo_purge(store, &deleted[0].id, why));
        CHECK_OK(store_photo_purge(store, &deleted[0].id, why));
    }
    CHECK_OK(store_photos_deleted(store, NULL, deleted, 3, &count, why));
    CHECK_INT(count, 0);
}

/* ---- Users ---- */

#define SIXTY_THREE "z23456789_123456789_123456789_123456789_123456789_123456789_123"
#define SIXTY_FOUR  "z23456789_123456789_123456789_123456789_123456789_123456789_1234"

static const char *const people[] = {"_",   "__a", "anna", "anna_", "anna_b", "annaa",     "anna1",
                                     "ann", "b",   "zz",   "z",     "0",      SIXTY_THREE, SIXTY_FOUR};

static const struct {
    const char *prefix, *after;
    size_t limit;
    const char *expected;
} searches[] = {
    {"anna", NULL, 99, "anna:1 anna1:1 anna_:1 anna_b:1 annaa:1"},
    {"anna", NULL, 2, "anna:1 anna1:1"},
    {"anna", "anna1", 2, "anna_:1 anna_b:1"},
    {"anna", "anna", 99, "anna1:1 anna_:1 anna_b:1 annaa:1"},
    {"anna", "annaa", 99, ""},
    {"anna", "ann", 1, "anna:1"},
    {"anna", "anna2", 1, "anna_:1"}, /* nobody is called so */
    {"anna", "zz", 99, ""},
    {"anna_", NULL, 99, "anna_:1 anna_b:1"},
    {"_", NULL, 99, "_:1 __a:1"},
    {"__", NULL, 99, "__a:1"},
    {"zz", NULL, 99, "zz:1"},
    {"zzz", NULL, 99, ""},
    {"z", "z", 99, SIXTY_THREE ":1 " SIXTY_FOUR ":1 zz:1"},
    {SIXTY_THREE, NULL, 99, SIXTY_THREE ":1 " SIXTY_FOUR ":1"},
    {SIXTY_FOUR, NULL, 99, SIXTY_FOUR ":1"},
    {SIXTY_FOUR "x", NULL, 99, ""},
    {"0", NULL, 99, "0:1"},
    {"", NULL, 2, "0:1 _:1"},
    {"", "zz", 9, ""},
    {"", "b", 1, "z:1"},
    {"\xff", NULL, 9, ""},
    {"anna", NULL, 0, ""},
    {"anna%", NULL, 9, ""},
    {"ANNA", NULL, 9, ""},
};

static void test_search(struct store *store, const char *address)
{
    (void)address;
    struct text names TEXT_CLEANUP = {0};
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        (void)add_published(store, people[i], (int64_t)i);
    for (size_t i = 0; i < sizeof searches / sizeof searches[0]; i++) {
        search_names(store, searches[i].prefix, searches[i].after, searches[i].limit, &names);
        if (!CHECK_STR(text_get(&names), searches[i].expected))
            printf("# prefix \"%s\", after \"%s\"\n", searches[i].prefix,
                   searches[i].after ? searches[i].after : "(none)");
    }
    search_names(store, "", NULL, SIZE_MAX, &names);
    CHECK_INT(names.length, strlen("0:1 _:1 __a:1 ann:1 anna:1 anna1:1 anna_:1 anna_b:1 annaa:1 b:1 z:1 zz:1 ")
                                + 2 * strlen(SIXTY_THREE ":1 "));
}

static bool stop_after_two(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    (void)name, (void)name_length, (void)posts_count;
    return ++*(int *)context < 2;
}

static void test_search_stops(struct store *store, const char *address)
{
    (void)address;
    int rows = 0;
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        (void)add_published(store, people[i], 1);
    CHECK_OK(store_users_search(store, "anna", NULL, 99, stop_after_two, &rows, why));
    CHECK_INT(rows, 2);
}

struct post_list {
    struct id ids[8];
    int64_t created_ms[8];
    size_t count;
};

static bool add_post(void *context, const struct id *id, int64_t created_ms)
{
    struct post_list *list = context;
    list->ids[list->count] = *id;
    list->created_ms[list->count++] = created_ms;
    return list->count < 8;
}

static void test_posts(struct store *store, const char *address)
{
    (void)address;
    static const int64_t times[] = {30, 10, 20, 20, 20};
    static const int64_t newest_first[] = {30, 20, 20, 20, 10};
    struct photo pending = make_photo("anna", 40);
    struct post_list all = {0}, one = {0};
    CHECK_OK(create_photo(store, &pending, NULL, NULL, why));
    (void)add_published(store, "annaa", 15);
    for (size_t i = 0; i < 5; i++)
        (void)add_published(store, "anna", times[i]);
    CHECK_OK(store_user_posts(store, "anna", NULL, SIZE_MAX, add_post, &all, why));
    CHECK_INT(all.count, 5);
    for (size_t i = 0; i < all.count; i++)
        CHECK_INT(all.created_ms[i], newest_first[i]);
    for (size_t i = 2; i < 4; i++)
        CHECK(memcmp(all.ids[i].bytes, all.ids[i - 1].bytes, ID_BYTES) < 0);
    for (size_t i = 0; i + 1 < all.count; i++) { /* from each of them, the next */
        struct post_cursor after = {all.created_ms[i], all.ids[i]};
        one.count = 0;
        CHECK_OK(store_user_posts(store, "anna", &after, 1, add_post, &one, why));
        CHECK(one.count == 1 && id_equal(&one.ids[0], &all.ids[i + 1]));
    }
    struct post_cursor last = {all.created_ms[4], all.ids[4]};
    one.count = 0;
    CHECK_OK(store_user_posts(store, "anna", &last, 9, add_post, &one, why));
    CHECK_OK(store_user_posts(store, "nobody", NULL, 9, add_post, &one, why));
    CHECK_OK(store_user_posts(store, "anna", NULL, 0, add_post, &one, why));
    CHECK_INT(one.count, 0);
}

/* ---- What is not accepted ---- */

static void test_arguments(struct store *store, const char *address)
{
    (void)address;
    char long_name[AUTHOR_NAME_MAX + 2], long_key[IDEMPOTENCY_KEY_MAX + 2];
    memset(long_name, 'a', sizeof long_name);
    memset(long_key, 'k', sizeof long_key);
    long_name[sizeof long_name - 1] = long_key[sizeof long_key - 1] = '\0';
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo = make_photo(long_name, 1), existing;
    bool created;
    CHECK_STATUS(create_photo(store, &photo, NULL, NULL, why), STATUS_INVALID);
    photo.author = "";
    CHECK_STATUS(create_photo(store, &photo, NULL, NULL, why), STATUS_INVALID);
    photo.author = "anna";
    CHECK_STATUS(create_photo(store, &photo, long_key, NULL, why), STATUS_INVALID);
    CHECK_STATUS(create_photo(store, &photo, "", NULL, why), STATUS_INVALID);
    struct photo other = make_photo("anna", 1);
    struct execution execution = make_execution(&other);
    CHECK_STATUS(store_photo_create(store, &photo, NULL, &execution, 0, NULL, &arena, &existing, &created, why),
                 STATUS_INVALID);
    CHECK_STATUS(store_executions_list(store, 4, 9, NULL, NULL, why), STATUS_INVALID);
    CHECK_OK(create_photo(store, &photo, &long_key[1], NULL, why));
    photo = make_photo(&long_name[1], 1);
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    CHECK_OK(store_check(store, why));
}

static void test_reopen(struct store *store, const char *address)
{
    struct photo photo = add_published(store, "anna", 1);
    struct store *again;
    if (!CHECK_INT(store_open(address, &again, NULL), STATUS_OK))
        return;
    CHECK_STR(state_of(again, &photo.id), "SUCCESS");
    CHECK_OK(store_photo_delete(again, &photo.id, "anna", why));
    store_close(again);
}

static void test_stores(void)
{
    static const struct store_case cases[] = {
        {"a new photo is pending and is read back as it was written", test_create},
        {"a key gives the same photo to its author until that is deleted", test_keys},
        {"publishing happens once and counts for the author", test_publish},
        {"a published photo gets a medium rendition; no other does", test_render},
        {"a refused photo has the first reason it was refused for", test_reject},
        {"a deleted photo is gone for everybody and its author's count is right", test_delete},
        {"deleted photos are listed until they are purged", test_purge},
        {"a search finds the names with a prefix in byte order", test_search},
        {"a search ends when the caller has enough", test_search_stops},
        {"a profile lists published photos newest first, from any cursor", test_posts},
        {"what is not allowed is refused with a sentence", test_arguments},
        {"a store can be opened twice and keeps what it was told", test_reopen},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

static void test_scheme(void)
{
    struct store *store;
    CHECK_STATUS(store_open("paper:/tmp/x", &store, why), STATUS_INVALID);
    CHECK_STATUS(store_open("", &store, why), STATUS_INVALID);
    CHECK_STATUS(store_open("sqlite:", &store, why), STATUS_INVALID);
}

CHECK_MAIN({"a store", test_stores}, {"an unknown kind of store is refused", test_scheme})
