/* What was decided about pictures before. They are few (VERDICTS_MAX), so the nearest shape is found by comparing with
 * each: two milliseconds. */
#include "arena.h"
#include "memory.h"
#include "sqlite_store.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ---- */

/* False unless the column has so many bytes. */
static bool read_bytes(sqlite3_stmt *row, int column, uint8_t *ret_bytes, size_t size)
{
    const void *bytes = sqlite3_column_blob(row, column);
    if (!bytes || (size_t)sqlite3_column_bytes(row, column) != size)
        return false;
    memcpy(ret_bytes, bytes, size);
    return true;
}

/* Strings are borrowed from the row. */
static struct verdict verdict_from_row(sqlite3_stmt *row)
{
    struct verdict verdict = {.photo = column_id(row, 0),
                              .kind = (enum verdict_kind)sqlite3_column_int(row, 1),
                              .reason = column_string(row, 5),
                              .labels = column_string(row, 6),
                              .decided_ms = sqlite3_column_int64(row, 7)};
    struct fingerprint *print = &verdict.fingerprint;
    print->is_there = read_bytes(row, 2, print->pixels, FINGERPRINT_PIXELS);
    print->has_shape =
        read_bytes(row, 3, print->shape, FINGERPRINT_SHAPE) && read_bytes(row, 4, print->cells, FINGERPRINT_CELLS);
    return verdict;
}

/* The nearest shapes; which of them is a copy, their cells tell. */
enum { CANDIDATES_MAX = 16 };
struct candidate {
    int64_t number;
    unsigned distance;
};
struct candidates {
    const struct fingerprint *wanted;
    unsigned distance;                         /* beyond that nobody is looked for */
    struct candidate rows[CANDIDATES_MAX + 1]; /* the nearest first, and of those as near the newest */
    size_t count;
};

static bool compare_shape(void *context, sqlite3_stmt *row)
{
    struct candidates *candidates = context;
    struct candidate candidate = {.number = sqlite3_column_int64(row, 0)};
    uint8_t shape[FINGERPRINT_SHAPE];
    if (!read_bytes(row, 1, shape, sizeof shape))
        return true;
    candidate.distance = fingerprint_distance(candidates->wanted->shape, shape);
    if (candidate.distance > candidates->distance)
        return true;
    size_t at = candidates->count;
    for (; at > 0; at--) {
        const struct candidate *before = &candidates->rows[at - 1];
        if (before->distance < candidate.distance
            || (before->distance == candidate.distance && before->number > candidate.number))
            break;
        candidates->rows[at] = *before;
    }
    candidates->rows[at] = candidate;
    candidates->count += candidates->count < CANDIDATES_MAX;
    return true;
}

static enum status take(struct connection *connection, enum statement statement, const struct value *values,
                        struct arena *arena, struct verdict *ret_verdict, struct text *why)
{
    sqlite3_stmt *row STATEMENT_CLEANUP = NULL;
    enum status status = connection_row(connection, statement, values, &row, why);
    if (status)
        return status;
    *ret_verdict = verdict_from_row(row);
    ret_verdict->reason = arena_copy_string(arena, ret_verdict->reason);
    ret_verdict->labels = arena_copy_string(arena, ret_verdict->labels);
    return STATUS_OK;
}

static struct verdict_match compare(const struct fingerprint *one, const struct fingerprint *other)
{
    bool have_shapes = one->has_shape && other->has_shape;
    return (struct verdict_match){.is_exact = memcmp(one->pixels, other->pixels, FINGERPRINT_PIXELS) == 0,
                                  .distance = have_shapes ? fingerprint_distance(one->shape, other->shape) : UINT_MAX,
                                  .difference =
                                      have_shapes ? fingerprint_difference(one->cells, other->cells) : UINT_MAX};
}

/* A copy, else the nearest. */
static enum status choose(struct connection *connection, const struct candidates *candidates, struct arena *arena,
                          struct verdict *ret_verdict, struct verdict_match *ret_match, struct text *why)
{
    enum status status = STATUS_NOT_FOUND;
    for (size_t i = 0; i < candidates->count; i++) {
        struct verdict verdict;
        status = take(connection, VERDICT_GET, VALUES(INTEGER(candidates->rows[i].number)), arena, &verdict, why);
        if (status)
            return status;
        const struct verdict_match match = compare(candidates->wanted, &verdict.fingerprint);
        bool is_copy = verdict_match_is_copy(&match);
        if (i == 0 || is_copy) {
            *ret_verdict = verdict;
            *ret_match = match;
        }
        if (is_copy)
            break;
    }
    return status;
}

static enum status find(struct connection *connection, const struct fingerprint *wanted, unsigned distance,
                        struct arena *arena, struct verdict *ret_verdict, struct verdict_match *ret_match,
                        struct text *why)
{
    enum status status =
        take(connection, VERDICT_OF_PIXELS, VALUES(BLOB(wanted->pixels, FINGERPRINT_PIXELS)), arena, ret_verdict, why);
    *ret_match = (struct verdict_match){.is_exact = status == STATUS_OK};
    if (status != STATUS_NOT_FOUND || !wanted->has_shape)
        return status;
    struct candidates candidates = {.wanted = wanted, .distance = distance};
    status = connection_each(connection, VERDICTS_SHAPES, VALUES(), compare_shape, &candidates, why);
    return status ? status : choose(connection, &candidates, arena, ret_verdict, ret_match, why);
}

enum status sqlite_verdict_find(struct store *store, const struct fingerprint *fingerprint, unsigned distance,
                                struct arena *arena, struct verdict *ret_verdict, struct verdict_match *ret_match,
                                struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct verdict verdict;
    struct verdict_match match;
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = find(&reader->connection, fingerprint, distance, arena, &verdict, &match, why);
    readers_give_back(&sqlite->readers, reader, status == STATUS_NOT_FOUND ? STATUS_OK : status);
    if (status == STATUS_NOT_FOUND)
        text_setf(why, "Nothing was decided about this picture.");
    if (status)
        return status;
    *ret_verdict = verdict;
    *ret_match = match;
    return STATUS_OK;
}

struct verdict_listing {
    store_verdict_row *row;
    void *context;
};

static bool list_verdict(void *context, sqlite3_stmt *row)
{
    const struct verdict_listing *listing = context;
    const struct verdict verdict = verdict_from_row(row);
    return listing->row(listing->context, &verdict);
}

enum status sqlite_verdicts_list(struct store *store, size_t limit, store_verdict_row *row, void *context,
                                 struct text *why)
{
    struct store_sqlite *sqlite = (struct store_sqlite *)store;
    struct verdict_listing listing = {row, context};
    struct reader *reader;
    enum status status = readers_take(&sqlite->readers, &reader, why);
    if (status)
        return status;
    status = connection_each(&reader->connection, VERDICTS_LIST, VALUES(LIMIT(limit)), list_verdict, &listing, why);
    readers_give_back(&sqlite->readers, reader, status);
    return status;
}

/* ---- Writing ---- */

static enum status add(struct connection *connection, void *arguments, struct text *why)
{
    const struct verdict *verdict = arguments;
    const struct fingerprint *print = &verdict->fingerprint;
    enum status status =
        connection_run(connection, VERDICT_ADD,
                       VALUES(ID(&verdict->photo), INTEGER(verdict->kind), BLOB(print->pixels, FINGERPRINT_PIXELS),
                              BLOB(print->has_shape ? print->shape : NULL, FINGERPRINT_SHAPE),
                              BLOB(print->has_shape ? print->cells : NULL, FINGERPRINT_CELLS), TEXT(verdict->reason),
                              TEXT(verdict->labels), INTEGER(verdict->decided_ms)),
                       why);
    return status ? status : connection_run(connection, VERDICTS_BOUND, VALUES(INTEGER(VERDICTS_MAX)), why);
}

enum status sqlite_verdict_add(struct store *store, const struct verdict *verdict, struct text *why)
{
    struct verdict copy = *verdict;
    return writer_run(&((struct store_sqlite *)store)->writer, add, &copy, why);
}

/* Refused copies of another photo. They are forgotten after the walk, which reads the same table. */
struct copies {
    const struct verdict *approved;
    struct id *photos;
    size_t count;
};

static bool note_copy(void *context, sqlite3_stmt *row)
{
    struct copies *copies = context;
    const struct verdict refused = verdict_from_row(row);
    const struct verdict_match match = compare(&copies->approved->fingerprint, &refused.fingerprint);
    if (verdict_match_is_copy(&match) && !id_equal(&refused.photo, &copies->approved->photo)) {
        copies->photos = memory_resize(copies->photos, (copies->count + 1) * sizeof *copies->photos);
        copies->photos[copies->count++] = refused.photo;
    }
    return true;
}

/* Copies of what is approved are no longer refused, whatever else is as near or nearer. */
static enum status forget_copies(struct connection *connection, const struct verdict *approved, struct text *why)
{
    struct copies copies = {.approved = approved};
    enum status status = connection_each(connection, VERDICTS_REFUSED, VALUES(), note_copy, &copies, why);
    for (size_t i = 0; !status && i < copies.count; i++)
        status = connection_run(connection, VERDICT_FORGET, VALUES(ID(&copies.photos[i])), why);
    free(copies.photos);
    return status;
}

static enum status decide(struct connection *connection, void *arguments, struct text *why)
{
    const struct verdict *decided = arguments;
    ARENA_CLEANUP struct arena arena = {0};
    struct verdict verdict;
    enum status status = take(connection, VERDICT_FIND, VALUES(ID(&decided->photo)), &arena, &verdict, why);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (decided->kind == VERDICT_APPROVED && verdict.kind != VERDICT_APPROVED)
        status = forget_copies(connection, &verdict, why);
    return status ? status
                  : connection_run(connection, VERDICT_DECIDE,
                                   VALUES(ID(&decided->photo), INTEGER(decided->kind), TEXT(decided->reason),
                                          INTEGER(decided->decided_ms)),
                                   why);
}

enum status sqlite_verdict_decide(struct store *store, const struct id *photo, enum verdict_kind kind,
                                  const char *reason, int64_t now_ms, struct text *why)
{
    struct verdict verdict = {.photo = *photo, .kind = kind, .reason = reason, .decided_ms = now_ms};
    return writer_run(&((struct store_sqlite *)store)->writer, decide, &verdict, why);
}

static enum status forget(struct connection *connection, void *arguments, struct text *why)
{
    const struct id *photo = arguments;
    sqlite3_stmt *row = NULL;
    enum status status = connection_row(connection, VERDICT_FIND, VALUES(ID(photo)), &row, why);
    statement_cleanup(&row);
    if (status == STATUS_NOT_FOUND)
        text_setf(why, "There is no verdict on this photo.");
    return status ? status : connection_run(connection, VERDICT_FORGET, VALUES(ID(photo)), why);
}

enum status sqlite_verdict_forget(struct store *store, const struct id *photo, struct text *why)
{
    struct id copy = *photo;
    return writer_run(&((struct store_sqlite *)store)->writer, forget, &copy, why);
}
