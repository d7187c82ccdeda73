/* Photos by time, by content, and what their authors say of them. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum { CAPTURED = 8 };

struct photo_list {
    struct id ids[16];
    size_t count, most;
    char thumbhash[32], caption[32];
};

static bool add_row(void *context, const struct photo *photo)
{
    struct photo_list *list = context;
    list->ids[list->count++] = photo->id;
    (void)snprintf(list->thumbhash, sizeof list->thumbhash, "%s", photo->thumbhash ? photo->thumbhash : "(null)");
    (void)snprintf(list->caption, sizeof list->caption, "%s", photo->caption ? photo->caption : "(null)");
    return list->count < list->most;
}

static void test_newest(struct store *store, const char *address)
{
    (void)address;
    static const struct {
        const char *author;
        int64_t created_ms;
    } made[] = {{"anna", 30}, {"bert", 10}, {"anna", 20}, {"bert", 40}, {"anna", 20}};
    static const char *const authors[] = {NULL, "anna", "bert", "nobody"};
    static const size_t counts[] = {5, 3, 2, 0};
    struct photo photos[5], pending = make_photo("anna", 50), deleted = add_published(store, "anna", 60);
    CHECK_OK(create_photo(store, &pending, NULL, NULL, why));
    CHECK_OK(store_photo_delete(store, &deleted.id, "anna", why));
    for (size_t i = 0; i < 5; i++)
        photos[i] = add_published(store, made[i].author, made[i].created_ms);
    for (size_t i = 0; i < 4; i++) {
        struct photo_list all = {.most = 16}, one;
        CHECK_OK(store_photos_newest(store, authors[i], NULL, SIZE_MAX, add_row, &all, why));
        CHECK_INT(all.count, counts[i]);
        const struct post_cursor *after = NULL;
        struct post_cursor cursor;
        for (size_t k = 0; k < all.count; k++) { /* from each of them, the next */
            one = (struct photo_list){.most = 16};
            CHECK_OK(store_photos_newest(store, authors[i], after, 1, add_row, &one, why));
            CHECK(one.count == 1 && id_equal(&one.ids[0], &all.ids[k]));
            for (size_t m = 0; m < 5; m++)
                if (id_equal(&photos[m].id, &all.ids[k]))
                    cursor = (struct post_cursor){photos[m].created_ms, photos[m].id};
            after = &cursor;
        }
        one = (struct photo_list){.most = 16};
        CHECK_OK(store_photos_newest(store, authors[i], after, all.count ? 9 : 0, add_row, &one, why));
        CHECK_INT(one.count, 0);
    }
    struct photo_list two = {.most = 2};
    CHECK_OK(store_photos_newest(store, NULL, NULL, 9, add_row, &two, why));
    CHECK_INT(two.count, 2);
    CHECK(id_equal(&two.ids[0], &photos[3].id) && id_equal(&two.ids[1], &photos[0].id));
}

static bool is_same_capture(const struct capture_time *one, const struct capture_time *other)
{
    return one->is_known == other->is_known && one->has_offset == other->has_offset
           && one->offset_minutes == other->offset_minutes && one->ms == other->ms;
}

static void test_captured(struct store *store, const char *address)
{
    (void)address;
    static const struct capture_time captures[] = {
        {0},
        {.is_known = true, .ms = 1715536980000},
        {.is_known = true, .has_offset = true, .ms = 1715529780250, .offset_minutes = 120},
        {.is_known = true, .has_offset = true, .ms = 0, .offset_minutes = 0},
        {.is_known = true, .has_offset = true, .ms = -4544208000000, .offset_minutes = -210},
    };
    for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
        struct arena arena ARENA_CLEANUP = {0};
        struct photo photo = make_photo("anna", 7), read = {0};
        photo.captured = captures[i];
        CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
        CHECK_OK(store_photo_publish(store, &photo, NULL, why));
        CHECK_OK(store_photo_get(store, &photo.id, &arena, &read, why));
        CHECK(is_same_capture(&read.captured, &captures[i]));
        CHECK_INT(photo_time_ms(&read), captures[i].is_known ? captures[i].ms : 7);
    }
}

/* What the listing by capture has to be, from photos that were made in this order: of those with and without a date,
 * before 1970 and after, and of one moment. */
static void make_captured(struct store *store, struct photo ret_photos[static CAPTURED])
{
    static const struct {
        const char *author;
        int64_t created_ms, captured_ms; /* 0: unknown */
    } made[CAPTURED] = {{"anna", 1000, 0},    {"anna", 1001, 500}, {"anna", 1002, -3000}, {"bert", 1003, 700},
                        {"anna", 1004, 1000}, {"anna", 1005, 500}, {"anna", 1006, 0},     {"anna", 1007, -1}};
    for (size_t i = 0; i < CAPTURED; i++) {
        struct photo *photo = &ret_photos[i];
        *photo = make_photo(made[i].author, made[i].created_ms);
        photo->captured = (struct capture_time){.is_known = made[i].captured_ms != 0, .ms = made[i].captured_ms};
        CHECK_OK(create_photo(store, photo, NULL, NULL, why));
        CHECK_OK(store_photo_publish(store, photo, NULL, why));
    }
}

static int compare_captured(const void *one, const void *other)
{
    const struct photo *a = one, *b = other;
    int64_t first = photo_time_ms(a), second = photo_time_ms(b);
    return first != second ? (first < second ? 1 : -1) : memcmp(b->id.bytes, a->id.bytes, ID_BYTES);
}

static void test_by_capture(struct store *store, const char *address)
{
    (void)address;
    enum { OF_ANNA = CAPTURED - 1 };
    struct photo photos[CAPTURED], wanted[OF_ANNA] = {0}, pending = make_photo("anna", 2000);
    make_captured(store, photos);
    CHECK_OK(create_photo(store, &pending, NULL, NULL, why));
    size_t count = 0;
    for (size_t i = 0; i < CAPTURED; i++)
        if (strcmp(photos[i].author, "anna") == 0 && CHECK(count < OF_ANNA))
            wanted[count++] = photos[i];
    qsort(wanted, OF_ANNA, sizeof wanted[0], compare_captured);
    for (size_t limit = 1; limit <= OF_ANNA + 1; limit++) { /* in pages of each size */
        struct photo_list all = {.most = 16};
        struct post_cursor cursor, *after = NULL;
        for (size_t before = SIZE_MAX; all.count != before && all.count < OF_ANNA;) {
            before = all.count;
            CHECK_OK(store_photos_by_capture(store, "anna", after, limit, add_row, &all, why));
            if (!CHECK(all.count > before && all.count - before <= limit))
                return;
            cursor = (struct post_cursor){photo_time_ms(&wanted[all.count - 1]), wanted[all.count - 1].id};
            after = &cursor;
        }
        for (size_t i = 0; i < OF_ANNA; i++)
            CHECK(id_equal(&all.ids[i], &wanted[i].id));
        CHECK_OK(store_photos_by_capture(store, "anna", after, limit, add_row, &all, why));
        CHECK_INT(all.count, OF_ANNA);
    }
}

/* What comes and goes while somebody turns pages moves nothing that they have not seen yet. */
static void test_by_capture_moving(struct store *store, const char *address)
{
    (void)address;
    struct photo_list all = {.most = 16}, rest = {.most = 16};
    struct photo photos[CAPTURED], new_one = make_photo("anna", 3000), old_one = make_photo("anna", 3001);
    make_captured(store, photos);
    CHECK_OK(store_photos_by_capture(store, "anna", NULL, 16, add_row, &all, why));
    const struct post_cursor after = {1000, all.ids[2]};           /* 1006, 1000 taken, 1000 made */
    CHECK_OK(store_photo_delete(store, &all.ids[2], "anna", why)); /* the one that the cursor names */
    old_one.captured = (struct capture_time){.is_known = true, .ms = 2};
    CHECK_OK(create_photo(store, &new_one, NULL, NULL, why));
    CHECK_OK(create_photo(store, &old_one, NULL, NULL, why));
    CHECK_OK(store_photo_publish(store, &new_one, NULL, why));
    CHECK_OK(store_photo_publish(store, &old_one, NULL, why));
    CHECK_OK(store_photos_by_capture(store, "anna", &after, 16, add_row, &rest, why));
    CHECK_INT(rest.count, 5);
    CHECK(id_equal(&rest.ids[0], &all.ids[3]) && id_equal(&rest.ids[1], &all.ids[4])
          && id_equal(&rest.ids[2], &old_one.id) && id_equal(&rest.ids[3], &all.ids[5]));
    struct photo_list published = {.most = 1};
    CHECK_OK(store_photos_newest(store, "anna", NULL, 9, add_row, &published,
                                 why)); /* which has nothing to do with capture */
    CHECK(id_equal(&published.ids[0], &old_one.id));
}

static void test_words(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo = make_photo("anna", 1), read;
    struct id unknown = id_new();
    photo.caption = "At the sea";
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    static const struct {
        const char *caption, *alt_text, *caption_then, *alt_text_then;
    } steps[] = {
        {NULL, NULL, "At the sea", NULL},
        {NULL, "A beach.", "At the sea", "A beach."},
        {"At last", NULL, "At last", "A beach."},
        {"", NULL, NULL, "A beach."},
        {"Again", "", "Again", NULL},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        CHECK_OK(
            AT((int64_t)i, store_photo_describe(store, &photo.id, "anna", steps[i].caption, steps[i].alt_text, why)));
        CHECK_OK(store_photo_get(store, &photo.id, &arena, &read, why));
        CHECK_STR(read.caption ? read.caption : "", steps[i].caption_then ? steps[i].caption_then : "");
        CHECK_INT(read.caption != NULL, steps[i].caption_then != NULL);
        CHECK_STR(read.alt_text ? read.alt_text : "", steps[i].alt_text_then ? steps[i].alt_text_then : "");
        CHECK_INT(read.updated_ms, i);
    }
    CHECK_STATUS(store_photo_describe(store, &photo.id, "bert", "x", NULL, why), STATUS_FORBIDDEN);
    CHECK_STATUS(store_photo_describe(store, &unknown, "anna", "x", NULL, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_photo_describe(store, &photo.id, "", "x", NULL, why), STATUS_INVALID);
    CHECK_OK(store_photo_delete(store, &photo.id, "anna", why));
    CHECK_STATUS(store_photo_describe(store, &photo.id, "anna", "x", NULL, why), STATUS_NOT_FOUND);
}

static void test_thumbhash(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo = make_photo("anna", 1), read;
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    CHECK_OK(store_photo_get(store, &photo.id, &arena, &read, why));
    CHECK(!read.thumbhash && !read.caption && !read.alt_text && !read.sha256);
    photo.large = photo.thumbnail = (struct rendition){350, 263, 9000};
    photo.thumbhash = "1QcSHQRnh493V4dIh4eXh1h4kJUI";
    CHECK_OK(store_photo_publish(store, &photo, NULL, why));
    struct photo_list list = {.most = 9};
    CHECK_OK(store_photos_newest(store, "anna", NULL, 9, add_row, &list, why));
    CHECK_STR(list.thumbhash, photo.thumbhash);
    CHECK_STR(list.caption, "(null)");
}

static void test_content(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    static const uint8_t content[SHA256_BYTES] = {1, 2, 0, 3}, other[SHA256_BYTES] = {1, 2, 0, 4};
    struct photo first = make_photo("anna", 1), second = make_photo("anna", 2), of_bert = make_photo("bert", 3), found;
    first.sha256 = second.sha256 = of_bert.sha256 = content;
    CHECK_STATUS(store_photo_find_content(store, "anna", content, &arena, &found, why), STATUS_NOT_FOUND);
    CHECK_OK(create_photo(store, &of_bert, NULL, NULL, why));
    CHECK_STATUS(store_photo_find_content(store, "anna", content, &arena, &found, why), STATUS_NOT_FOUND);
    CHECK_OK(create_photo(store, &first, NULL, NULL, why));
    CHECK_OK(store_photo_find_content(store, "anna", content, &arena, &found, why));
    CHECK(id_equal(&found.id, &first.id) && memcmp(found.sha256, content, SHA256_BYTES) == 0);
    CHECK_STATUS(store_photo_find_content(store, "anna", other, &arena, &found, why), STATUS_NOT_FOUND);
    CHECK_OK(create_photo(store, &second, NULL, NULL, why));
    CHECK_OK(store_photo_publish(store, &second, NULL, why));
    CHECK_OK(store_photo_find_content(store, "anna", content, &arena, &found, why));
    CHECK(id_equal(&found.id, &second.id)); /* the published one goes first */
    CHECK_OK(store_photo_delete(store, &second.id, "anna", why));
    CHECK_OK(store_photo_reject(store, &first.id, "It is too dark.", NULL, NULL, why));
    CHECK_STATUS(store_photo_find_content(store, "anna", content, &arena, &found, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_photo_find_content(store, "", content, &arena, &found, why), STATUS_INVALID);
}

struct any_list {
    char states[8]; /* P, S, E, or D for deleted, of each */
    struct id last;
    size_t count;
};

static bool add_any(void *context, const struct photo *photo, bool is_deleted)
{
    struct any_list *list = context;
    list->states[list->count++] = is_deleted ? 'D' : photo_state_name(photo->state)[0];
    list->last = photo->id;
    return true;
}

static void test_from(struct store *store, const char *address)
{
    (void)address;
    static const char wanted[] = "PSED";
    struct photo photos[4];
    for (size_t i = 0; i < 4; i++) {
        photos[i] = make_photo("anna", 10);
        photos[i].id = (struct id){{(uint8_t)(0x7f + i)}};
        CHECK_OK(create_photo(store, &photos[i], NULL, NULL, why));
    }
    CHECK_OK(store_photo_publish(store, &photos[1], NULL, why));
    CHECK_OK(store_photo_reject(store, &photos[2].id, "It is broken.", NULL, NULL, why));
    CHECK_OK(store_photo_delete(store, &photos[3].id, "anna", why));
    for (size_t from = 0; from <= 4; from++)
        for (size_t limit = 0; limit <= 5; limit++) { /* inclusive; the last begins with none */
            struct any_list list = {.count = 0};
            size_t left = from == 0 ? 4 : 5 - from, begin = from == 0 ? 0 : from - 1;
            CHECK_OK(store_photos_from(store, from ? &photos[from - 1].id : NULL, limit, add_any, &list, why));
            CHECK_INT(list.count, limit < left ? limit : left);
            CHECK(strncmp(list.states, wanted + begin, list.count) == 0);
        }
    CHECK_OK(store_photo_purge(store, &photos[3].id, why));
    struct any_list list = {.count = 0};
    CHECK_OK(store_photos_from(store, NULL, 9, add_any, &list, why));
    CHECK(list.count == 3 && id_equal(&list.last, &photos[2].id));
}

static void test_lists(void)
{
    static const struct store_case cases[] = {
        {"published photos come newest first, of everybody or of one, from any cursor", test_newest},
        {"when a photo was taken is kept, with its offset or without", test_captured},
        {"an author's photos come by when they were taken, in pages of any size", test_by_capture},
        {"pages by capture skip and repeat nothing when photos come and go", test_by_capture_moving},
        {"an author's words are kept, changed one by one, and removed", test_words},
        {"a photo has a thumbhash once it is published", test_thumbhash},
        {"a photo is found by its content, by its author alone, unless it was refused", test_content},
        {"all photos are listed by id, also those that were deleted and not yet purged, from any id on", test_from},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"a store", test_lists})
