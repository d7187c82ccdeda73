/* Makes a large database, as if many people had published photos for years:
 *
 *     make_library FILE --users N --photos N
 *
 * The tables are those that the store makes; rows are written in one go with journaling off, and the large index is
 * made last, since that is ten times faster than a publication a photo. The same numbers give the same names and
 * counts. */
#include "clock.h"
#include "memory.h"
#include "store.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 28 };
enum { DAY_MS = 86400 * 1000, YEARS = 5 };

struct library {
    sqlite3 *db;
    size_t users, photos;
    char (*names)[NAME_SIZE];
    uint32_t *authors;      /* of each photo: a place in names */
    uint32_t *posts_counts; /* of each name */
    uint64_t random;
};

static void die(const char *what, const char *reason)
{
    (void)fprintf(stderr, "make_library: %s: %s\n", what, reason);
    exit(1);
}

/* ---- Chance: SplitMix64, the same on every run ---- */

static uint64_t next_random(struct library *library)
{
    uint64_t mixed = library->random += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

static size_t below(struct library *library, size_t limit)
{
    assert(limit > 0);
    return (size_t)(next_random(library) % limit);
}

/* ---- Names ---- */

static const char *const onsets[] = {"b", "br", "c",  "ch", "cl", "d", "dr", "f", "g", "gr", "h",  "j",
                                     "k", "kr", "l",  "m",  "n",  "p", "ph", "q", "r", "s",  "sh", "st",
                                     "t", "th", "tr", "v",  "w",  "x", "y",  "z", "",  "",   ""};
static const char *const vowels[] = {"a", "e", "i", "o", "u", "ai", "ea", "ia", "ou", "y"};
static const char *const codas[] = {"", "", "", "n", "r", "l", "s", "m", "t", "ck", "x", "nd"};
#define PICK(library, words) ((words)[below((library), sizeof(words) / sizeof(words)[0])])

static void add_word(struct library *library, char name[static NAME_SIZE], size_t syllables)
{
    for (size_t i = 0; i < syllables; i++) {
        size_t length = strlen(name);
        const char *onset = PICK(library, onsets), *vowel = PICK(library, vowels), *coda = PICK(library, codas);
        (void)snprintf(name + length, NAME_SIZE - length, "%s%s%s", onset, vowel, coda);
    }
}

/* "marai", "stou_kin", "phea1987", "truly_bea_42" */
static void make_name(struct library *library, char name[static NAME_SIZE])
{
    memset(name, 0, NAME_SIZE);
    add_word(library, name, 2);
    if (below(library, 2) == 0) {
        (void)snprintf(name + strlen(name), NAME_SIZE - strlen(name), "_");
        add_word(library, name, 1 + below(library, 2));
    }
    static const size_t numbers[] = {10, 100, 100, 2030};
    if (below(library, 2) == 0)
        (void)snprintf(name + strlen(name), NAME_SIZE - strlen(name), "%zu", below(library, PICK(library, numbers)));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Sorts; returns how many are left when each is there once. */
static size_t drop_doubles(char (*names)[NAME_SIZE], size_t count)
{
    qsort(names, count, NAME_SIZE, compare_names);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            memmove(names[kept++], names[i], NAME_SIZE);
    return kept;
}

static void make_names(struct library *library)
{
    library->names = memory_new_array(library->users, NAME_SIZE);
    for (size_t count = 0; count < library->users; count = drop_doubles(library->names, library->users))
        for (size_t i = count; i < library->users; i++)
            make_name(library, library->names[i]);
    for (size_t i = library->users - 1; i > 0; i--) { /* people come in no order */
        char swap[NAME_SIZE];
        size_t other = below(library, i + 1);
        memcpy(swap, library->names[i], NAME_SIZE);
        memcpy(library->names[i], library->names[other], NAME_SIZE);
        memcpy(library->names[other], swap, NAME_SIZE);
    }
}

/* Everybody has one photo; of the others, few people have most. */
static void spread_photos(struct library *library)
{
    library->authors = NEW_ARRAY(library->photos, uint32_t);
    library->posts_counts = NEW_ARRAY(library->users, uint32_t);
    for (size_t i = 0; i < library->photos; i++) {
        double chance = (double)(next_random(library) >> 11) / (double)(1ull << 53);
        double skewed = chance * chance * chance;
        library->authors[i] = (uint32_t)(i < library->users ? i : (size_t)(skewed * (double)library->users));
        library->posts_counts[library->authors[i]]++;
    }
    for (size_t i = library->photos - 1; i > 0; i--) {
        size_t other = below(library, i + 1);
        uint32_t swap = library->authors[i];
        library->authors[i] = library->authors[other];
        library->authors[other] = swap;
    }
}

/* ---- Rows ---- */

static void check(struct library *library, int code, const char *what)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
        die(what, sqlite3_errmsg(library->db));
}

static void execute(struct library *library, const char *sql)
{
    check(library, sqlite3_exec(library->db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(struct library *library, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    check(library, sqlite3_prepare_v2(library->db, sql, -1, &statement, NULL), sql);
    return statement;
}

static void insert(struct library *library, sqlite3_stmt *statement)
{
    check(library, sqlite3_step(statement), "insert");
    check(library, sqlite3_reset(statement), "insert");
}

static void insert_users(struct library *library)
{
    sqlite3_stmt *statement = prepare(library, "INSERT INTO users (name, posts_count) VALUES (?, ?)");
    for (size_t i = 0; i < library->users; i++) {
        (void)sqlite3_bind_text(statement, 1, library->names[i], -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(statement, 2, library->posts_counts[i]);
        insert(library, statement);
    }
    (void)sqlite3_finalize(statement);
}

static struct id make_id(struct library *library, int64_t created_ms)
{
    struct id id;
    for (int i = 0; i < ID_BYTES; i++)
        id.bytes[i] = i < 6 ? (uint8_t)(created_ms >> (8 * (5 - i))) : (uint8_t)next_random(library);
    return id;
}

static void insert_photos(struct library *library)
{
    sqlite3_stmt *statement = prepare(
        library, "INSERT INTO photos (id, author, state, created_ms, updated_ms, format, frames, original_width,"
                 " original_height, original_bytes, large_width, large_height, large_bytes, thumbnail_width,"
                 " thumbnail_height, thumbnail_bytes)"
                 " VALUES (?, ?, 1, ?, ?, 'jpeg', 1, 4000, 3000, ?, 1440, 1080, ?, 350, 263, ?)");
    int64_t span_ms = (int64_t)YEARS * 365 * DAY_MS, start_ms = clock_now_ms() - span_ms;
    for (size_t i = 0; i < library->photos; i++) {
        int64_t created_ms = start_ms + (int64_t)((double)span_ms * (double)i / (double)library->photos);
        struct id id = make_id(library, created_ms);
        (void)sqlite3_bind_blob(statement, 1, id.bytes, ID_BYTES, SQLITE_STATIC);
        (void)sqlite3_bind_text(statement, 2, library->names[library->authors[i]], -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(statement, 3, created_ms);
        (void)sqlite3_bind_int64(statement, 4, created_ms + 1000);
        (void)sqlite3_bind_int64(statement, 5, 2000000 + (int64_t)below(library, 6000000));
        (void)sqlite3_bind_int64(statement, 6, 150000 + (int64_t)below(library, 300000));
        (void)sqlite3_bind_int64(statement, 7, 8000 + (int64_t)below(library, 20000));
        insert(library, statement);
    }
    (void)sqlite3_finalize(statement);
}

/* ---- The whole ---- */

/* Returns what makes the index again. */
static char *drop_index(struct library *library, const char *name)
{
    sqlite3_stmt *statement = prepare(library, "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?");
    (void)sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_ROW)
        die(name, "no such index");
    char *sql = memory_copy_string((const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
    struct text drop TEXT_CLEANUP = {0};
    text_addf(&drop, "DROP INDEX %s", name);
    execute(library, text_get(&drop));
    return sql;
}

static void make_tables(const char *file)
{
    struct text address TEXT_CLEANUP = {0}, why TEXT_CLEANUP = {0};
    struct store *store;
    if (access(file, F_OK) == 0)
        die(file, "is there already");
    text_addf(&address, "sqlite:%s", file);
    if (store_open(text_get(&address), &store, &why))
        die(file, text_get(&why));
    store_close(store);
}

static void fill(struct library *library, const char *file)
{
    check(library, sqlite3_open(file, &library->db), file);
    execute(library, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
                     " PRAGMA cache_size = -262144");
    char *index = drop_index(library, "photos_published");
    execute(library, "BEGIN");
    insert_users(library);
    insert_photos(library);
    execute(library, "COMMIT");
    execute(library, index);
    free(index);
    execute(library, "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL");
    if (sqlite3_close(library->db) != SQLITE_OK)
        die(file, "is still in use");
}

static size_t parse_count(const char *text)
{
    char *end;
    unsigned long long count = strtoull(text, &end, 10);
    if (end == text || *end || count == 0 || count > UINT32_MAX)
        die(text, "is not a number from 1 to 4294967295");
    return (size_t)count;
}

int main(int argc, char **argv)
{
    struct library library = {0};
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--users") == 0)
            library.users = parse_count(argv[i + 1]);
        if (strcmp(argv[i], "--photos") == 0)
            library.photos = parse_count(argv[i + 1]);
    }
    if (argc != 6 || library.photos < library.users || library.users == 0)
        die("usage", "make_library FILE --users N --photos N (at least one photo a user)");
    make_tables(argv[1]);
    make_names(&library);
    spread_photos(&library);
    fill(&library, argv[1]);
    free(library.names);
    free(library.authors);
    free(library.posts_counts);
    return 0;
}
