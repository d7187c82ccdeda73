/* Photos by time, by content, and what their authors say of them. */
#include "store_fixture.h"

#include <stdio.h>

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
    CHECK_OK(store_photo_delete(store, &deleted.id, "anna", 61, why));
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
        CHECK_OK(store_photo_describe(store, &photo.id, "anna", steps[i].caption, steps[i].alt_text, (int64_t)i, why));
        CHECK_OK(store_photo_get(store, &photo.id, &arena, &read, why));
        CHECK_STR(read.caption ? read.caption : "", steps[i].caption_then ? steps[i].caption_then : "");
        CHECK_INT(read.caption != NULL, steps[i].caption_then != NULL);
        CHECK_STR(read.alt_text ? read.alt_text : "", steps[i].alt_text_then ? steps[i].alt_text_then : "");
        CHECK_INT(read.updated_ms, i);
    }
    CHECK_STATUS(store_photo_describe(store, &photo.id, "bert", "x", NULL, 9, why), STATUS_FORBIDDEN);
    CHECK_STATUS(store_photo_describe(store, &unknown, "anna", "x", NULL, 9, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_photo_describe(store, &photo.id, "", "x", NULL, 9, why), STATUS_INVALID);
    CHECK_OK(store_photo_delete(store, &photo.id, "anna", 9, why));
    CHECK_STATUS(store_photo_describe(store, &photo.id, "anna", "x", NULL, 9, why), STATUS_NOT_FOUND);
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
    CHECK_OK(store_photo_publish(store, &photo, 2, why));
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
    CHECK_OK(store_photo_publish(store, &second, 4, why));
    CHECK_OK(store_photo_find_content(store, "anna", content, &arena, &found, why));
    CHECK(id_equal(&found.id, &second.id)); /* the published one goes first */
    CHECK_OK(store_photo_delete(store, &second.id, "anna", 5, why));
    CHECK_OK(store_photo_reject(store, &first.id, "It is too dark.", NULL, 5, why));
    CHECK_STATUS(store_photo_find_content(store, "anna", content, &arena, &found, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_photo_find_content(store, "", content, &arena, &found, why), STATUS_INVALID);
}

static void test_lists(void)
{
    static const struct store_case cases[] = {
        {"published photos come newest first, of everybody or of one, from any cursor", test_newest},
        {"an author's words are kept, changed one by one, and removed", test_words},
        {"a photo has a thumbhash once it is published", test_thumbhash},
        {"a photo is found by its content, by its author alone, unless it was refused", test_content},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"a store", test_lists})
