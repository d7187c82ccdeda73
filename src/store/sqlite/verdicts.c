/* What was decided about pictures before. They are few (VERDICTS_MAX), so the nearest shapes are found by comparing
 * with each: two milliseconds. */
#include "arena.h"
#include "sqlite_store.h"

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

struct verdict_read {
    struct arena *arena;
    struct verdict *verdict;
};

static bool take_verdict(void *context, sqlite3_stmt *row)
{
    const struct verdict_read *read = context;
    *read->verdict = verdict_from_row(row);
    verdict_own_strings(read->verdict, read->arena);
    return true;
}

static enum status verdict_find_pixels(struct store *store, const uint8_t pixels[static FINGERPRINT_PIXELS],
                                       struct arena *arena, struct verdict *ret_verdict, struct text *why)
{
    struct verdict_read read = {arena, ret_verdict};
    return sqlite_first(store, VERDICT_OF_PIXELS, VALUES(BLOB(pixels, FINGERPRINT_PIXELS)), take_verdict, &read, why);
}

struct listing {
    store_verdict_row *row;
    void *context;
    bool is_over;
};

static bool list_verdict(void *context, sqlite3_stmt *row)
{
    struct listing *listing = context;
    const struct verdict verdict = verdict_from_row(row);
    listing->is_over = !listing->row(listing->context, &verdict);
    return !listing->is_over;
}

static enum status verdicts_list(struct store *store, size_t limit, store_verdict_row *row, void *context,
                                 struct text *why)
{
    struct listing listing = {row, context, false};
    return sqlite_each(store, VERDICTS_LIST, VALUES(LIMIT(limit)), list_verdict, &listing, why);
}

/* ---- The nearest shapes ---- */

struct candidate {
    int64_t number;
    unsigned distance;
};
struct candidates {
    const uint8_t *wanted;
    unsigned distance;                             /* beyond that nobody is looked for */
    struct candidate rows[VERDICT_CANDIDATES + 1]; /* the nearest first, and of those as near the newest */
    size_t count;
    struct listing listing;
};

static bool compare_shape(void *context, sqlite3_stmt *row)
{
    struct candidates *candidates = context;
    struct candidate candidate = {.number = sqlite3_column_int64(row, 0)};
    uint8_t shape[FINGERPRINT_SHAPE];
    if (!read_bytes(row, 1, shape, sizeof shape))
        return true;
    candidate.distance = fingerprint_distance(candidates->wanted, shape);
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
    candidates->count += candidates->count < VERDICT_CANDIDATES;
    return true;
}

static enum status find_nearest(struct connection *connection, void *arguments, struct text *why)
{
    struct candidates *candidates = arguments;
    enum status status = connection_each(connection, VERDICTS_SHAPES, VALUES(), compare_shape, candidates, why);
    for (size_t i = 0; !status && !candidates->listing.is_over && i < candidates->count; i++)
        status = connection_each(connection, VERDICT_NUMBERED, VALUES(INTEGER(candidates->rows[i].number)),
                                 list_verdict, &candidates->listing, why);
    return status;
}

static enum status verdicts_nearest(struct store *store, const uint8_t shape[static FINGERPRINT_SHAPE],
                                    unsigned distance, store_verdict_row *row, void *context, struct text *why)
{
    struct candidates candidates = {.wanted = shape, .distance = distance, .listing = {row, context, false}};
    return sqlite_read(store, find_nearest, &candidates, why);
}

/* ---- Writing ---- */

static enum status add(struct connection *connection, void *arguments, struct text *why)
{
    const struct verdict *verdict = arguments;
    enum status status = connection_run(connection, VERDICT_ADD, VALUES(VERDICT_VALUES(verdict)), why);
    return status ? status : connection_run(connection, VERDICTS_BOUND, VALUES(INTEGER(VERDICTS_MAX)), why);
}

static enum status verdict_add(struct store *store, const struct verdict *verdict, struct text *why)
{
    struct verdict copy = *verdict;
    return sqlite_write(store, add, &copy, why);
}

/* NOT_FOUND if the statement changed nothing. */
static enum status run_on_one(struct connection *connection, enum statement statement, const struct value *values,
                              struct text *why)
{
    enum status status = connection_run(connection, statement, values, why);
    return !status && sqlite3_changes(connection->db) == 0 ? STATUS_NOT_FOUND : status;
}

static bool take_before(void *context, sqlite3_stmt *row)
{
    *(struct verdict *)context = verdict_from_row(row);
    return true;
}

static enum status find_forgotten(struct connection *connection, struct verdict_decision *decision, struct text *why)
{
    struct listing listing = {verdict_decision_note, decision, false};
    decision->forgotten_count = 0;
    enum status status = connection_first(connection, VERDICT_OF_PHOTO, VALUES(ID(&decision->decided->photo)),
                                          take_before, &decision->before, why);
    return status || !verdict_decision_forgets(decision)
               ? status
               : connection_each(connection, VERDICTS_REFUSED, VALUES(), list_verdict, &listing, why);
}

static enum status decide(struct connection *connection, void *arguments, struct text *why)
{
    struct verdict_decision *decision = arguments;
    const struct verdict *decided = decision->decided;
    enum status status = find_forgotten(connection, decision, why);
    if (!status)
        status = connection_run(
            connection, VERDICT_DECIDE,
            VALUES(ID(&decided->photo), INTEGER(decided->kind), TEXT(decided->reason), INTEGER(decided->decided_ms)),
            why);
    for (size_t i = 0; !status && i < decision->forgotten_count; i++)
        status = connection_run(connection, VERDICT_FORGET, VALUES(ID(&decision->forgotten[i])), why);
    return status;
}

static enum status verdict_decide(struct store *store, struct verdict_decision *decision, struct text *why)
{
    return sqlite_write(store, decide, decision, why);
}

static enum status forget(struct connection *connection, void *arguments, struct text *why)
{
    return run_on_one(connection, VERDICT_FORGET, VALUES(ID((const struct id *)arguments)), why);
}

static enum status verdict_forget(struct store *store, const struct id *photo, struct text *why)
{
    struct id copy = *photo;
    return sqlite_write(store, forget, &copy, why);
}

const struct store_verdict_ops sqlite_verdicts = {
    .add = verdict_add,
    .decide = verdict_decide,
    .find_pixels = verdict_find_pixels,
    .nearest = verdicts_nearest,
    .list = verdicts_list,
    .forget = verdict_forget,
};
