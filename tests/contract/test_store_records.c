/* Records: what one store has can be written to another of any back end, and nothing is missing then. */
#include "postgres_server.h"
#include "sql_records.h"
#include "store_fixture.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* ---- Moving ---- */

enum { RECORDS_MAX = 32 };
struct records {
    struct record_change items[RECORDS_MAX];
    size_t count;
};

static bool add_record(void *context, const struct id *id, json_t *record)
{
    struct records *records = context;
    records->items[records->count++] = (struct record_change){*id, json_incref(record)};
    return records->count < RECORDS_MAX;
}

static void release(struct records *records)
{
    for (size_t i = 0; i < records->count; i++)
        json_decref(records->items[i].record);
    records->count = 0;
}

/* In pages of two. */
static void read_all(struct store *store, enum record_kind kind, struct records *ret_records)
{
    struct id first = {{0}};
    for (size_t before = SIZE_MAX; before != ret_records->count;) {
        before = ret_records->count;
        CHECK_OK(store_records_read(store, kind, &first, 2, add_record, ret_records, why));
        if (ret_records->count == before)
            return;
        first = ret_records->items[ret_records->count - 1].id;
        first.bytes[ID_BYTES - 1]++; /* ids here end in less than 255 */
    }
}

static bool make_address(enum store_back_end back_end, struct text *out)
{
    static int count;
    if (back_end == STORE_POSTGRESQL)
        return postgres_server_make_database(out);
    text_addf(out, "sqlite:%s/copy-%d.db", check_folder(), count++);
    return true;
}

static void move(struct store *from, struct store *to)
{
    struct store_counts counts;
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        struct records records = {.count = 0};
        read_all(from, (enum record_kind)kind, &records);
        CHECK_OK(store_records_write(to, (enum record_kind)kind, records.items, records.count, why));
        release(&records);
    }
    CHECK_OK(store_get_counts(from, &counts, why));
    CHECK_OK(store_records_finish(to, counts.executions, why));
}

static void check_equal(struct store *one, struct store *other)
{
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        struct records a = {.count = 0}, b = {.count = 0};
        read_all(one, (enum record_kind)kind, &a);
        read_all(other, (enum record_kind)kind, &b);
        CHECK_INT(a.count, b.count);
        for (size_t i = 0; i < a.count && i < b.count; i++)
            if (!CHECK(id_equal(&a.items[i].id, &b.items[i].id) && json_equal(a.items[i].record, b.items[i].record)))
                printf("# %s\n# %s\n", json_dumps(a.items[i].record, 0), json_dumps(b.items[i].record, 0));
        release(&a);
        release(&b);
    }
}

/* ---- A store with something of everything ---- */

static struct id number_id(unsigned number)
{
    return (struct id){{(uint8_t)(number << 4), 0xff, 7}};
}

static struct photo make_numbered(const char *author, unsigned number)
{
    static const uint8_t sha256[SHA256_BYTES] = {1, 2, 0xfe};
    struct photo photo = make_photo(author, 1000 + number);
    photo.id = number_id(number);
    photo.caption = "\"Ünïcode\" and a\nline";
    photo.alt_text = "";
    photo.sha256 = sha256;
    photo.captured = (struct capture_time){.is_known = true, .ms = -77, .has_offset = true, .offset_minutes = -210};
    return photo;
}

static void add_verdict(struct store *store, unsigned number, enum verdict_kind kind, bool has_shape)
{
    struct verdict verdict = {
        .photo = number_id(number),
        .kind = kind,
        .fingerprint = {.pixels = {(uint8_t)number, 9}, .has_shape = has_shape, .shape = {0x81, 3}},
        .reason = kind == VERDICT_REFUSED ? "It shows a weapon." : NULL,
        .labels = "[]",
        .decided_ms = 5};
    CHECK_OK(store_verdict_add(store, &verdict, why));
}

static void add_session(struct store *store, unsigned number, bool is_finished)
{
    enum session_outcome outcome;
    const struct session session = {.id = number_id(number),
                                    .author = "anna",
                                    .network = "10.1",
                                    .length = 10,
                                    .offset = is_finished ? 10 : 5,
                                    .bytes = is_finished ? NULL : "state",
                                    .expires_ms = 90000,
                                    .is_finished = is_finished};
    CHECK_OK(store_session_create(store, &session, NULL, &outcome, why));
}

/* 1 published, 2 held by a worker with events and diverted, 3 waiting with a key, 4 refused, 5 deleted, 6 purged with
 * its execution left. */
static void fill(struct store *store)
{
    struct arena arena ARENA_CLEANUP = {0};
    const struct execution_event events[] = {{1, "TaskStateEntered", "{\"a\":1}"}, {2, "TaskStateExited", "{}"}};
    struct photo photos[7];
    struct execution claimed;
    bool is_held;
    for (unsigned i = 1; i < 7; i++) {
        photos[i] = make_numbered(i == 3 ? "bert" : "anna", i);
        CHECK_OK(create_photo(store, &photos[i], i == 3 ? "key" : NULL, NULL, why));
        if (i == 2) {
            CHECK(claim_one(store, "worker", 5000, 60000, &arena, &claimed));
        } else if (i == 1) {
            CHECK(claim_one(store, "worker", 5000, 60000, &arena, &claimed));
            claimed.status = EXECUTION_SUCCEEDED;
            CHECK_OK(store_execution_save(store, "worker", &claimed, events, 2, false, why));
        }
    }
    photos[1].large = (struct rendition){1440, 1080, 200000};
    photos[1].medium = (struct rendition){800, 600, 60000};
    photos[1].thumbnail = (struct rendition){350, 263, 9000};
    photos[1].thumbhash = "1QcSHQRnh493V4dIh4eXh1h4kJUI";
    CHECK_OK(store_photo_publish(store, &photos[1], NULL, why));
    CHECK_OK(store_photo_set_labels(store, &photos[1].id, "[{\"name\":\"x\"}]", "{\"model\":1}", NULL, why));
    CHECK_OK(store_execution_divert(store, &photos[2].id, "{\"diverted\":true}", &is_held, why));
    CHECK(is_held);
    CHECK_OK(store_photo_reject(store, &photos[4].id, "It is broken.", NULL, NULL, why));
    for (unsigned i = 5; i < 7; i++)
        CHECK_OK(store_photo_delete(store, &photos[i].id, "anna", why));
    CHECK_OK(store_photo_purge(store, &photos[6].id, why));
    add_verdict(store, 4, VERDICT_REFUSED, true);
    add_verdict(store, 1, VERDICT_APPROVED, false);
    add_session(store, 8, true);
    add_session(store, 9, false);
}

static void check_use(struct store *to)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct text names TEXT_CLEANUP = {0};
    struct execution claimed;
    struct photo photo;
    struct verdict verdict;
    struct verdict_match match;
    search_names(to, "ann", NULL, 9, &names);
    CHECK_STR(text_get(&names), "anna:1");
    CHECK_OK(store_photo_find_key(to, "bert", "key", &arena, &photo, why));
    struct store_counts counts = counts_of(to, 6000);
    CHECK_INT(counts.executions[EXECUTION_SUCCEEDED], 1);
    CHECK_INT(counts.executions[EXECUTION_RUNNING], 3);
    CHECK_INT(counts.queue_depth, 3);
    const struct fingerprint near = {.pixels = {77}, .has_shape = true, .shape = {0x81, 2}};
    CHECK_OK(store_verdict_find(to, &near, 4, &arena, &verdict, &match, why));
    CHECK_INT(match.distance, 1);
    add_verdict(to, 3, VERDICT_REFUSED, false); /* numbers go on */
    struct photo later = make_numbered("carl", 9);
    CHECK_OK(create_photo(to, &later, NULL, NULL, why));
    unsigned held = 0, diverted = 0;
    while (claim_one(to, "another", 7000, 1000, &arena, &claimed)) {
        held++;
        diverted += strcmp(claimed.data, "{\"diverted\":true}") == 0;
        CHECK(!claimed.was_lost);
        CHECK_OK(store_execution_save(to, "another", &claimed, NULL, 0, true, why));
    }
    CHECK_INT(held, 4);
    CHECK_INT(diverted, 1);
}

static void test_moving(struct store *store, const char *address)
{
    (void)address;
    fill(store);
    for (int i = 0; i < STORE_BACK_ENDS; i++) {
        struct text to_address TEXT_CLEANUP = {0}, reason TEXT_CLEANUP = {0};
        struct store *to;
        if (!make_address((enum store_back_end)i, &to_address)
            || !CHECK_INT(store_open(text_get(&to_address), &to, &reason), STATUS_OK))
            continue;
        use_test_clock(to);
        move(store, to);
        check_equal(store, to);
        move(store, to); /* over what is there */
        check_equal(store, to);
        check_use(to);
        store_close(to);
    }
}

/* What made way: a key and numbers that another row has by now. */
static void test_making_way(struct store *store, const char *address)
{
    (void)address;
    fill(store);
    struct records records = {.count = 0};
    read_all(store, RECORD_PHOTO, &records);
    for (size_t i = 0; i < records.count; i++) { /* each under another id */
        char text[ID_TEXT_SIZE];
        struct record_change change = {records.items[i].id, json_deep_copy(records.items[i].record)};
        change.id.bytes[15] = 3;
        id_format(&change.id, text);
        json_t *rows = json_object_get(change.record, "photos");
        (void)json_object_set_new(json_array_get(rows, 0), "id", json_string(text));
        (void)json_object_set_new(json_array_get(json_object_get(change.record, "executions"), 0), "id",
                                  json_string(text));
        CHECK_OK(store_records_write(store, RECORD_PHOTO, &change, 1, why));
        CHECK_OK(store_records_write(store, RECORD_PHOTO, &(struct record_change){records.items[i].id, NULL}, 1, why));
        json_decref(change.record);
    }
    struct records after = {.count = 0};
    read_all(store, RECORD_PHOTO, &after);
    CHECK_INT(after.count, records.count);
    for (size_t i = 0; i < after.count; i++)
        CHECK_INT(after.items[i].id.bytes[15], 3);
    release(&records);
    release(&after);
}

static void test_bad(struct store *store, const char *address)
{
    (void)address;
    static const char *const bad[] = {
        "{\"sessions\":[{}]}",
        "{\"sessions\":[{\"id\":\"xy\"}]}",
        "{\"sessions\":[{\"id\":7}]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t *record = json_loads(bad[i], 0, NULL);
        const struct record_change change = {number_id(1), record};
        CHECK_STATUS(store_records_write(store, RECORD_SESSION, &change, 1, why), STATUS_INVALID);
        json_decref(record);
    }
}

/* ---- All tables and columns are records, or are known to need none ---- */

static const struct {
    const char *table, *column; /* NULL: all of them */
} left_out[] = {
    {"users", NULL},                  /* follow from photos */
    {"queues", NULL},                 /* follow from executions */
    {"counters", NULL},               /* store_records_finish is given them */
    {"named_leases", NULL},           /* are of the moment, as all that is called lease_ */
    {"cloudphotos_migrations", NULL}, /* each database has its own */
    {"photos", "number"},             /* is SQLite's own */
    {"photos", "time_ms"},            /* is generated */
    {"executions", "waits_ms"},       /* likewise, as the next */
    {"executions", "ended_ms"},
    {"executions", "lease_owner"},
    {"executions", "lease_until_ms"},
    {"executions", "lease_version"},
    {"executions", "diverted_data"}, /* is read as the data */
    {"verdicts", "shape_bits"},      /* follow from the shape */
    {"sessions", "lease_owner"},
    {"sessions", "lease_until_ms"},
    {"sessions", "lease_number"},
};

static void check_column(const char *table, const char *column)
{
    bool is_known = false;
    for (size_t i = 0; i < RECORD_TABLES; i++)
        for (size_t k = 0; k < record_tables[i].count; k++)
            is_known =
                is_known
                || (strcmp(record_tables[i].name, table) == 0 && strcmp(record_tables[i].columns[k].name, column) == 0);
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        is_known = is_known
                   || (strcmp(left_out[i].table, table) == 0
                       && (!left_out[i].column || strcmp(left_out[i].column, column) == 0));
    if (!CHECK(is_known))
        printf("# %s.%s is in no record: see src/store/sql_records.c\n", table, column);
}

static void check_sqlite(const char *path)
{
    static const char sql[] = "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c"
                              " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
    sqlite3 *db;
    sqlite3_stmt *rows;
    size_t count = 0;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
    for (; sqlite3_step(rows) == SQLITE_ROW; count++)
        check_column((const char *)sqlite3_column_text(rows, 0), (const char *)sqlite3_column_text(rows, 1));
    CHECK(count > 70);
    (void)sqlite3_finalize(rows);
    (void)sqlite3_close(db);
}

static void check_postgres(const char *address)
{
    PGconn *connection = PQconnectdb(address);
    PGresult *rows = PQexec(connection, "SELECT table_name, column_name FROM information_schema.columns"
                                        " WHERE table_schema = current_schema()");
    CHECK(PQntuples(rows) > 70);
    for (int i = 0; i < PQntuples(rows); i++)
        check_column(PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1));
    PQclear(rows);
    PQfinish(connection);
}

static void test_complete(struct store *store, const char *address)
{
    (void)store;
    if (strncmp(address, "sqlite:", 7) == 0)
        check_sqlite(address + 7);
    else
        check_postgres(address);
}

static void test_records(void)
{
    static const struct store_case cases[] = {
        {"all that it has can be moved to a store of each back end, which goes on with it", test_moving},
        {"a record takes keys and numbers from those that had them", test_making_way},
        {"what is no record is refused", test_bad},
        {"each column of each table is in a record, or needn't be", test_complete},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"records", test_records})
