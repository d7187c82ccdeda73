/* Databases of other versions and of other programs: which are brought up to date, and which are left alone. */
#include "sqlite_file.h"
#include "store_fixture.h"

#include <sqlite3.h>
#include <string.h>

/* ---- Files that are not ours to open ---- */

static void test_versions(void)
{
    static const struct {
        const char *what, *sql, *sentence;
    } cases[] = {
        {"a newer database", "PRAGMA user_version = 99", "Install the newer program again"},
        {"another program's database", "PRAGMA application_id = 7", "another program"},
        {"another program's database without a mark", "PRAGMA application_id = 0", "another program"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text reason TEXT_CLEANUP = {0};
        char path[SQLITE_PATH_SIZE];
        check_case("%s is refused", cases[i].what);
        sqlite_new_path(path);
        store_close(sqlite_open_path(path, STATUS_OK, &reason));
        sqlite_execute(path, cases[i].sql);
        (void)sqlite_open_path(path, STATUS_UNAVAILABLE, &reason);
        CHECK(strstr(text_get(&reason), cases[i].sentence));
    }
}

/* As version 5 left it: nobody asked when photos were taken, and verdicts weren't kept. Version 4: no medium rendition.
 * Version 3: no queues, and one column for the place in the queue and the lease's end. */
#define BACK_TO_VERSION_5                                                                                              \
    "DROP TABLE sessions; DROP TABLE named_leases; DROP TABLE verdicts; DROP INDEX photos_by_capture;"                 \
    " ALTER TABLE photos DROP COLUMN time_ms; ALTER TABLE photos DROP COLUMN captured_ms;"                             \
    " ALTER TABLE photos DROP COLUMN captured_offset; PRAGMA user_version = 5;"
#define BACK_TO_VERSION_4                                                                                              \
    BACK_TO_VERSION_5                                                                                                  \
    " ALTER TABLE photos DROP COLUMN medium_width; ALTER TABLE photos DROP COLUMN medium_height;"                      \
    " ALTER TABLE photos DROP COLUMN medium_bytes; PRAGMA user_version = 4;"
#define BACK_TO_VERSION_3                                                                                              \
    BACK_TO_VERSION_4                                                                                                  \
    " DROP TABLE queues; DROP INDEX executions_queued; DROP INDEX executions_saved; DROP INDEX executions_lease_ends;" \
    " DROP INDEX executions_under_way;"                                                                                \
    " UPDATE executions SET queued_ms = lease_until_ms WHERE lease_until_ms IS NOT NULL;"                              \
    " ALTER TABLE executions RENAME COLUMN queued_ms TO claimable_ms; ALTER TABLE executions DROP COLUMN author;"      \
    " ALTER TABLE executions DROP COLUMN lease_until_ms; ALTER TABLE executions DROP COLUMN diverted_data;"            \
    " CREATE INDEX executions_claimable ON executions (claimable_ms, status) WHERE status = 0;"                        \
    " PRAGMA user_version = 3;"

static uint64_t pending_of(struct store *store, const char *author)
{
    uint64_t pending = 99;
    CHECK_OK(store_photos_pending(store, author, &pending, why));
    return pending;
}

/* One under way, two that wait, one that has ended: they are in the queues of their authors. */
static void test_queues_of_old(void)
{
    enum { LEASE_MS = 2000 };
    struct text reason TEXT_CLEANUP = {0};
    struct arena arena ARENA_CLEANUP = {0};
    struct execution claimed;
    char path[SQLITE_PATH_SIZE];
    sqlite_new_path(path);
    struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
    struct photo held = make_photo("anna", 10), waits = make_photo("anna", 20), other = make_photo("bert", 30),
                 gone = make_photo("bert", 40);
    CHECK_OK(create_photo(store, &held, NULL, NULL, why));
    CHECK(claim_one(store, "me", 100, LEASE_MS, &arena, &claimed));
    CHECK_OK(create_photo(store, &waits, NULL, NULL, why));
    CHECK_OK(create_photo(store, &other, NULL, NULL, why));
    CHECK_OK(create_photo(store, &gone, NULL, NULL, why));
    CHECK_OK(store_photo_delete(store, &gone.id, "bert", why));
    store_close(store);
    sqlite_execute(path, BACK_TO_VERSION_3);
    store = sqlite_open_path(path, STATUS_OK, &reason);
    CHECK_INT(pending_of(store, "anna"), 2);
    CHECK_INT(pending_of(store, "bert"), 1);
    CHECK(claim_one(store, "you", 200, LEASE_MS, &arena, &claimed) && id_equal(&claimed.id, &other.id));
    CHECK(claim_one(store, "you", 200, LEASE_MS, &arena, &claimed) && id_equal(&claimed.id, &waits.id));
    CHECK(!claim_one(store, "you", 99 + LEASE_MS, LEASE_MS, &arena, &claimed));
    CHECK(claim_one(store, "you", 100 + LEASE_MS, LEASE_MS, &arena, &claimed) && id_equal(&claimed.id, &held.id));
    CHECK(claimed.was_lost);
    store_close(store);
}

/* Whoever has opened it knows the tables of its own version alone. */
static void test_migration_in_use(void)
{
    struct text reason TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE];
    sqlite3 *other = NULL;
    sqlite_new_path(path);
    store_close(sqlite_open_path(path, STATUS_OK, &reason));
    sqlite_execute(path, BACK_TO_VERSION_5);
    CHECK_INT(sqlite3_open(path, &other), SQLITE_OK);
    CHECK_INT(sqlite3_exec(other, "SELECT count(*) FROM photos", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite_open_path(path, STATUS_BUSY, &reason);
    CHECK(strstr(text_get(&reason), "was made by an earlier version of Cloud Photos, and another process uses it"));
    CHECK_INT(sqlite3_exec(other, "SELECT time_ms FROM photos", NULL, NULL, NULL), SQLITE_ERROR); /* as it was */
    CHECK_INT(sqlite3_close(other), SQLITE_OK);
    struct store *first = sqlite_open_path(path, STATUS_OK, &reason);
    store_close(sqlite_open_path(path, STATUS_OK, &reason)); /* of this version as many as come */
    store_close(first);
}

/* As version 2 left it, with a published photo. */
static void test_migration(void)
{
    struct text reason TEXT_CLEANUP = {0};
    struct arena arena ARENA_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE];
    sqlite_new_path(path);
    struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
    struct photo photo = add_published(store, "anna", 1), read;
    store_close(store);
    sqlite_execute(path, BACK_TO_VERSION_3);
    sqlite_execute(path,
                   "DROP INDEX photos_newest; DROP INDEX photos_by_content; ALTER TABLE photos DROP COLUMN caption;"
                   " ALTER TABLE photos DROP COLUMN alt_text; ALTER TABLE photos DROP COLUMN thumbhash;"
                   " ALTER TABLE photos DROP COLUMN sha256; PRAGMA user_version = 2");
    store = sqlite_open_path(path, STATUS_OK, &reason);
    CHECK_OK(store_photo_get(store, &photo.id, &arena, &read, why));
    CHECK_STR(photo_state_name(read.state), "SUCCESS");
    CHECK(!read.caption && !read.alt_text && !read.thumbhash && !read.sha256);
    CHECK_INT(read.medium.width, 0);
    CHECK(!read.captured.is_known && !read.captured.has_offset);
    CHECK_OK(store_photo_describe(store, &photo.id, "anna", "Later", NULL, why));
    store_close(store);
    store_close(sqlite_open_path(path, STATUS_OK, &reason));
}

struct ids {
    struct id ids[4];
    size_t count;
};

static bool take_id(void *context, const struct photo *photo)
{
    struct ids *list = context;
    list->ids[list->count++] = photo->id;
    return list->count < 4;
}

/* Photos that version 5 left go by when they were made, among those whose capture is known. */
static void test_captures_of_old(void)
{
    struct text reason TEXT_CLEANUP = {0};
    struct ids list = {0};
    char path[SQLITE_PATH_SIZE];
    sqlite_new_path(path);
    struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
    struct photo first = add_published(store, "anna", 10), last = add_published(store, "anna", 30);
    store_close(store);
    sqlite_execute(path, BACK_TO_VERSION_5);
    store = sqlite_open_path(path, STATUS_OK, &reason);
    struct photo between = make_photo("anna", 40);
    between.captured = (struct capture_time){.is_known = true, .ms = 20};
    CHECK_OK(create_photo(store, &between, NULL, NULL, why));
    CHECK_OK(store_photo_publish(store, &between, NULL, why));
    CHECK_OK(store_photos_by_capture(store, "anna", NULL, 9, take_id, &list, why));
    CHECK_INT(list.count, 3);
    CHECK(id_equal(&list.ids[0], &last.id) && id_equal(&list.ids[1], &between.id) && id_equal(&list.ids[2], &first.id));
    store_close(store);
}

CHECK_MAIN({"databases", test_versions}, {"a database of an earlier version is brought up to date", test_migration},
           {"and not while another process uses it", test_migration_in_use},
           {"what an earlier version had under way and waiting goes into queues", test_queues_of_old},
           {"photos of an older version go by when they were made, among those whose capture is known",
            test_captures_of_old})
