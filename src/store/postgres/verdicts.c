/* What was decided about pictures before. They are few (VERDICTS_MAX), so the database finds the nearest shapes by
 * comparing with each. */
#include "postgres_store.h"

/* ---- Reading ---- */

/* Strings are borrowed from the row. */
static struct verdict read_verdict(const struct row *row)
{
    struct verdict verdict = {.photo = row_id(row, 0),
                              .kind = (enum verdict_kind)row_integer(row, 1),
                              .reason = row_string(row, 5),
                              .labels = row_string(row, 6),
                              .decided_ms = row_integer(row, 7)};
    struct fingerprint *print = &verdict.fingerprint;
    print->is_there = row_bytes(row, 2, print->pixels, FINGERPRINT_PIXELS);
    print->has_shape =
        row_bytes(row, 3, print->shape, FINGERPRINT_SHAPE) && row_bytes(row, 4, print->cells, FINGERPRINT_CELLS);
    return verdict;
}

struct verdict_read {
    struct arena *arena;
    struct verdict *verdict;
};

static bool take_verdict(void *context, const struct row *row)
{
    const struct verdict_read *read = context;
    *read->verdict = read_verdict(row);
    verdict_own_strings(read->verdict, read->arena);
    return true;
}

static enum status verdict_find_pixels(struct store *store, const uint8_t pixels[static FINGERPRINT_PIXELS],
                                       struct arena *arena, struct verdict *ret_verdict, struct text *why)
{
    struct verdict_read read = {arena, ret_verdict};
    return postgres_first(store,
                          "SELECT " VERDICT_COLUMNS " FROM verdicts WHERE pixels = $1 AND kind > 0"
                          " ORDER BY number DESC LIMIT 1",
                          VALUES(BLOB(pixels, FINGERPRINT_PIXELS)), take_verdict, &read, why);
}

struct listing {
    store_verdict_row *row;
    void *context;
};

static bool list_verdict(void *context, const struct row *row)
{
    const struct listing *listing = context;
    const struct verdict verdict = read_verdict(row);
    return listing->row(listing->context, &verdict);
}

static enum status verdicts_list(struct store *store, size_t limit, store_verdict_row *row, void *context,
                                 struct text *why)
{
    struct listing listing = {row, context};
    return postgres_each(store, "SELECT " VERDICT_COLUMNS " FROM verdicts ORDER BY number DESC LIMIT $1",
                         VALUES(LIMIT(limit)), list_verdict, &listing, why);
}

/* ---- Shapes ---- */

enum { SHAPE_BITS = 8 * FINGERPRINT_SHAPE };

/* As PostgreSQL reads bits. */
static void write_bits(const uint8_t shape[static FINGERPRINT_SHAPE], char ret_bits[static SHAPE_BITS + 1])
{
    for (size_t i = 0; i < SHAPE_BITS; i++)
        ret_bits[i] = shape[i / 8] & (1U << (i % 8)) ? '1' : '0';
    ret_bits[SHAPE_BITS] = '\0';
}

static enum status verdicts_nearest(struct store *store, const uint8_t shape[static FINGERPRINT_SHAPE],
                                    unsigned distance, store_verdict_row *row, void *context, struct text *why)
{
    char bits[SHAPE_BITS + 1];
    struct listing listing = {row, context};
    write_bits(shape, bits);
    return postgres_each(store,
                         "SELECT " VERDICT_COLUMNS " FROM (SELECT *, bit_count(shape_bits # $1::text::bit(256))"
                         " AS distance FROM verdicts WHERE kind > 0 AND shape_bits IS NOT NULL) AS compared"
                         " WHERE distance <= $2 ORDER BY distance, number DESC LIMIT $3",
                         VALUES(TEXT(bits), INTEGER(distance), INTEGER(VERDICT_CANDIDATES)), list_verdict, &listing,
                         why);
}

/* ---- Writing ---- */

static enum status add(struct transaction *transaction, void *arguments, struct text *why)
{
    static const char sql[] =
        "INSERT INTO verdicts (" VERDICT_COLUMNS ", shape_bits)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::bit(256)) ON CONFLICT (photo) DO UPDATE SET"
        " number = excluded.number, kind = excluded.kind, pixels = excluded.pixels, shape = excluded.shape,"
        " shape_bits = excluded.shape_bits, cells = excluded.cells, reason = excluded.reason,"
        " labels = excluded.labels, decided_ms = excluded.decided_ms";
    const struct verdict *verdict = arguments;
    const struct fingerprint *print = &verdict->fingerprint;
    char bits[SHAPE_BITS + 1];
    write_bits(print->shape, bits);
    (void)transaction_add(transaction, sql, VALUES(VERDICT_VALUES(verdict), TEXT(print->has_shape ? bits : NULL)));
    (void)transaction_add(transaction,
                          "DELETE FROM verdicts WHERE number <= (SELECT number FROM verdicts"
                          " ORDER BY number DESC OFFSET $1 LIMIT 1)",
                          VALUES(INTEGER(VERDICTS_MAX)));
    (void)why;
    return STATUS_OK;
}

static enum status verdict_add(struct store *store, const struct verdict *verdict, struct text *why)
{
    struct verdict copy = *verdict;
    return postgres_write(store, add, &copy, why);
}

/* NOT_FOUND if the statement changed nothing. */
static enum status run_on_one(struct transaction *transaction, const char *sql, const struct value *values,
                              struct text *why)
{
    int place = transaction_add(transaction, sql, values);
    enum status status = transaction_ask(transaction, why);
    return !status && transaction_changed(transaction, place) == 0 ? STATUS_NOT_FOUND : status;
}

static enum status forget(struct transaction *transaction, void *arguments, struct text *why)
{
    const struct id *photo = arguments;
    return run_on_one(transaction, "DELETE FROM verdicts WHERE photo = $1", VALUES(ID(photo)), why);
}

static enum status verdict_forget(struct store *store, const struct id *photo, struct text *why)
{
    struct id copy = *photo;
    return postgres_write(store, forget, &copy, why);
}

/* Asks for the verdict, which nobody else changes until the transaction ends, and for those that are REFUSED. */
static enum status find_forgotten(struct transaction *transaction, struct verdict_decision *decision, struct text *why)
{
    struct row row;
    decision->forgotten_count = 0; /* it may be tried again */
    int before = transaction_add(transaction, "SELECT " VERDICT_COLUMNS " FROM verdicts WHERE photo = $1 FOR UPDATE",
                                 VALUES(ID(&decision->decided->photo)));
    int refused = transaction_add(transaction, "SELECT " VERDICT_COLUMNS " FROM verdicts WHERE kind = 1", VALUES());
    enum status status = transaction_ask(transaction, why);
    if (status)
        return status;
    if (!transaction_row(transaction, before, &row))
        return STATUS_NOT_FOUND;
    decision->before = read_verdict(&row);
    if (!verdict_decision_forgets(decision) || !transaction_row(transaction, refused, &row))
        return STATUS_OK;
    for (; row.number < PQntuples(row.result); row.number++) {
        const struct verdict verdict = read_verdict(&row);
        (void)verdict_decision_note(decision, &verdict);
    }
    return STATUS_OK;
}

static enum status decide(struct transaction *transaction, void *arguments, struct text *why)
{
    struct verdict_decision *decision = arguments;
    const struct verdict *decided = decision->decided;
    enum status status = find_forgotten(transaction, decision, why);
    if (status)
        return status;
    (void)transaction_add(
        transaction, "UPDATE verdicts SET kind = $2, reason = $3, decided_ms = $4 WHERE photo = $1",
        VALUES(ID(&decided->photo), INTEGER(decided->kind), TEXT(decided->reason), INTEGER(decided->decided_ms)));
    for (size_t i = 0; !status && i < decision->forgotten_count; i++)
        status = transaction_add_one(transaction, "DELETE FROM verdicts WHERE photo = $1",
                                     VALUES(ID(&decision->forgotten[i])), why);
    return status;
}

static enum status verdict_decide(struct store *store, struct verdict_decision *decision, struct text *why)
{
    return postgres_write(store, decide, decision, why);
}

const struct store_verdict_ops postgres_verdicts = {
    .add = verdict_add,
    .decide = verdict_decide,
    .find_pixels = verdict_find_pixels,
    .nearest = verdicts_nearest,
    .list = verdicts_list,
    .forget = verdict_forget,
};
