#include "sql_records.h"

#include <string.h>

/* ---- The tables ---- */

#define WHOLE(name_)                                                                                                   \
    {                                                                                                                  \
        .name = (name_), .type = RECORD_INTEGER                                                                        \
    }
#define FLAG(name_)                                                                                                    \
    {                                                                                                                  \
        .name = (name_), .type = RECORD_BOOLEAN                                                                        \
    }
#define STRING(name_)                                                                                                  \
    {                                                                                                                  \
        .name = (name_), .type = RECORD_TEXT                                                                           \
    }
#define RAW(name_)                                                                                                     \
    {                                                                                                                  \
        .name = (name_), .type = RECORD_BYTES                                                                          \
    }
#define COUNT(array_) (sizeof(array_) / sizeof(array_)[0])

static const struct record_column photo_columns[] = {
    RAW("id"),
    STRING("author"),
    STRING("idempotency_key"),
    WHOLE("state"),
    WHOLE("created_ms"),
    WHOLE("updated_ms"),
    STRING("error_message"),
    STRING("format"),
    WHOLE("frames"),
    WHOLE("original_width"),
    WHOLE("original_height"),
    WHOLE("original_bytes"),
    WHOLE("large_width"),
    WHOLE("large_height"),
    WHOLE("large_bytes"),
    WHOLE("medium_width"),
    WHOLE("medium_height"),
    WHOLE("medium_bytes"),
    WHOLE("thumbnail_width"),
    WHOLE("thumbnail_height"),
    WHOLE("thumbnail_bytes"),
    STRING("labels"),
    STRING("audit"),
    WHOLE("review"),
    STRING("caption"),
    STRING("alt_text"),
    STRING("thumbhash"),
    RAW("sha256"),
    WHOLE("captured_ms"),
    WHOLE("captured_offset"),
};
enum { PHOTO_AUTHOR = 1, PHOTO_KEY };

/* Nobody holds it where it is written; so it has what it was diverted to. */
static const struct record_column execution_columns[] = {
    WHOLE("number"),
    RAW("id"),
    STRING("author"),
    WHOLE("status"),
    STRING("workflow"),
    STRING("state"),
    {.name = "data", .type = RECORD_TEXT, .read = "coalesce(diverted_data, data)"},
    WHOLE("started_ms"),
    WHOLE("updated_ms"),
    WHOLE("due_ms"),
    WHOLE("queued_ms"),
    WHOLE("version"),
    WHOLE("event_count"),
};

static const struct record_column event_columns[] = {
    WHOLE("execution"), WHOLE("sequence"), WHOLE("time_ms"), STRING("type"), STRING("detail"),
};

static const struct record_column verdict_columns[] = {
    WHOLE("number"), RAW("photo"),     WHOLE("kind"),    RAW("pixels"),       RAW("shape"),
    RAW("cells"),    STRING("reason"), STRING("labels"), WHOLE("decided_ms"),
};

static const struct record_column session_columns[] = {
    RAW("id"),          STRING("author"), STRING("network"), STRING("caption"),   STRING("alt_text"),  WHOLE("length"),
    WHOLE("counts_as"), WHOLE("offset"),  STRING("bytes"),   WHOLE("expires_ms"), FLAG("is_finished"),
};

const struct record_table record_tables[RECORD_TABLES] = {
    {RECORD_PHOTO,
     "photos",
     "photos",
     "id",
     "0",
     "",
     "DELETE FROM photos WHERE id = $1",
     "UPDATE photos SET idempotency_key = NULL WHERE author = $1 AND idempotency_key = $2",
     {PHOTO_AUTHOR, PHOTO_KEY},
     photo_columns,
     COUNT(photo_columns)},
    {RECORD_PHOTO,
     "executions",
     "executions",
     "id",
     "0",
     "",
     "DELETE FROM executions WHERE id = $1",
     "DELETE FROM executions WHERE number = $1",
     {0, -1},
     execution_columns,
     COUNT(execution_columns)},
    {RECORD_PHOTO,
     "execution_events",
     "execution_events JOIN executions ON execution = number",
     "id",
     "sequence",
     "",
     NULL,
     NULL,
     {-1, -1},
     event_columns,
     COUNT(event_columns)},
    {RECORD_VERDICT,
     "verdicts",
     "verdicts",
     "photo",
     "0",
     "",
     "DELETE FROM verdicts WHERE photo = $1",
     "DELETE FROM verdicts WHERE number = $1",
     {0, -1},
     verdict_columns,
     COUNT(verdict_columns)},
    {RECORD_SESSION,
     "sessions",
     "sessions",
     "id",
     "0",
     " AND is_finished",
     "DELETE FROM sessions WHERE id = $1",
     NULL,
     {-1, -1},
     session_columns,
     COUNT(session_columns)},
};

/* ---- Reading ---- */

static void add_object(const struct record_dialect *dialect, const struct record_table *table, struct text *out)
{
    text_addf(out, "%s(", dialect->object);
    for (size_t i = 0; i < table->count; i++) {
        const struct record_column *column = &table->columns[i];
        bool is_bytes = column->type == RECORD_BYTES;
        text_addf(out, "%s'%s', %s", i ? ", " : "", column->name, is_bytes ? dialect->hex : "");
        text_addf(out, column->read ? "%s" : "\"%s\"", column->read ? column->read : column->name);
        text_add(out, is_bytes ? dialect->hex_end : column->type == RECORD_BOOLEAN ? dialect->boolean_read : "");
    }
    text_addf(out, ")%s", dialect->object_end);
}

/* The ids of a page: the first of each table, of which the first are taken. */
static void add_page(enum record_kind kind, struct text *out)
{
    const char *before = "WITH page AS (";
    for (size_t i = 0; i < RECORD_TABLES; i++) {
        const struct record_table *table = &record_tables[i];
        if (table->kind != kind || !table->remove)
            continue;
        text_addf(out, "%sSELECT id FROM (SELECT %s AS id FROM %s WHERE %s >= $1%s ORDER BY %s LIMIT $2) AS of_%s",
                  before, table->id, table->from, table->id, table->condition, table->id, table->name);
        before = " UNION ";
    }
    text_add(out, " ORDER BY id LIMIT $2) ");
}

void records_read_sql(const struct record_dialect *dialect, enum record_kind kind, struct text *out)
{
    const char *before = "SELECT id, part, content FROM (";
    add_page(kind, out);
    for (size_t i = 0; i < RECORD_TABLES; i++) {
        const struct record_table *table = &record_tables[i];
        if (table->kind != kind)
            continue;
        text_addf(out, "%sSELECT %s AS id, %zu AS part, %s AS place, ", before, table->id, i, table->place);
        add_object(dialect, table, out);
        text_addf(out, " AS content FROM %s WHERE %s >= $1 AND %s <= (SELECT id FROM page ORDER BY id DESC LIMIT 1)%s",
                  table->from, table->id, table->id, table->condition);
        before = " UNION ALL ";
    }
    text_add(out, ") AS found ORDER BY id, part, place");
}

static json_t *new_record(enum record_kind kind)
{
    json_t *record = json_object();
    for (size_t i = 0; i < RECORD_TABLES; i++)
        if (record_tables[i].kind == kind)
            (void)json_object_set_new(record, record_tables[i].name, json_array());
    return record;
}

/* Returns whether more are wanted. */
static bool hand_over(struct record_reading *reading)
{
    bool goes_on = !reading->record || reading->row(reading->context, &reading->id, reading->record);
    json_decref(reading->record);
    reading->record = NULL;
    return goes_on;
}

bool record_reading_add(struct record_reading *reading, const struct id *id, int64_t table, const char *row)
{
    json_t *parsed;
    if (reading->record && !id_equal(id, &reading->id) && !hand_over(reading))
        return false;
    reading->status = json_parse(row ? row : "", row ? strlen(row) : 0, &parsed, reading->why);
    if (reading->status)
        return false;
    if (!reading->record)
        reading->record = new_record(reading->kind);
    reading->id = *id;
    (void)json_array_append_new(json_object_get(reading->record, record_tables[table].name), parsed);
    return true;
}

enum status record_reading_end(struct record_reading *reading)
{
    if (!reading->status)
        (void)hand_over(reading);
    json_decref(reading->record);
    reading->record = NULL;
    return reading->status;
}

/* ---- Writing ---- */

static enum status refuse(const struct record_table *table, const struct record_column *column, struct text *why)
{
    text_setf(why, "A row of %s has no usable value for %s.", table->name, column->name);
    return STATUS_INVALID;
}

static bool read_bytes(const json_t *json, struct arena *arena, struct value *ret_value)
{
    static const char hex[] = "0123456789abcdef";
    const char *text = json_string_value(json);
    size_t digits = json_string_length(json);
    if (!text || digits % 2 || strspn(text, hex) != digits)
        return false;
    uint8_t *bytes = arena_new(arena, digits / 2 + 1);
    for (size_t i = 0; i < digits; i++)
        bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | (strchr(hex, text[i]) - hex));
    *ret_value = (struct value)BLOB(bytes, digits / 2);
    return true;
}

static bool read_value(const struct record_column *column, const json_t *json, struct arena *arena,
                       struct value *ret_value)
{
    bool is_whole = column->type == RECORD_INTEGER || column->type == RECORD_BOOLEAN;
    if (json_is_null(json))
        *ret_value = is_whole                      ? (struct value)INTEGER_IF(false, 0)
                     : column->type == RECORD_TEXT ? (struct value)TEXT(NULL)
                                                   : (struct value)BLOB(NULL, 0);
    else if (is_whole && json_is_integer(json))
        *ret_value = (struct value)INTEGER(json_integer_value(json));
    else if (column->type == RECORD_TEXT && json_is_string(json))
        *ret_value = (struct value)TEXT(json_string_value(json));
    else
        return column->type == RECORD_BYTES && read_bytes(json, arena, ret_value);
    return true;
}

static enum status make_way(const struct record_table *table, const struct value *row, record_run *run, void *context,
                            struct text *why)
{
    struct value values[3];
    size_t count = 0;
    if (!table->make_way)
        return STATUS_OK;
    for (size_t i = 0; i < 2; i++)
        if (table->make_way_columns[i] >= 0)
            values[count++] = row[table->make_way_columns[i]];
    values[count] = (struct value){.type = VALUE_END};
    return run(context, table->make_way, values, why);
}

static void insert_sql(const struct record_dialect *dialect, const struct record_table *table, struct text *out)
{
    for (size_t i = 0; i < table->count; i++)
        text_addf(out, i ? ", \"%s\"" : "INSERT INTO %s (\"%s\"", i ? table->columns[i].name : table->name,
                  table->columns[i].name);
    text_addf(out, ") %sVALUES (", dialect->numbers_are_given);
    for (size_t i = 0; i < table->count; i++)
        text_addf(out, "%s$%zu%s", i ? ", " : "", i + 1,
                  table->columns[i].type == RECORD_BOOLEAN ? dialect->boolean_written : "");
    text_addc(out, ')');
}

static enum status write_row(const struct record_dialect *dialect, const struct record_table *table, const json_t *row,
                             record_run *run, void *context, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text sql = {0};
    struct value values[RECORD_VALUES_MAX];
    for (size_t i = 0; i < table->count; i++) {
        const json_t *json = json_object_get(row, table->columns[i].name);
        if (!json || !read_value(&table->columns[i], json, &arena, &values[i]))
            return refuse(table, &table->columns[i], why);
    }
    values[table->count] = (struct value){.type = VALUE_END};
    insert_sql(dialect, table, &sql);
    enum status status = make_way(table, values, run, context, why);
    return status ? status : run(context, text_get(&sql), values, why);
}

static enum status write_record(const struct record_dialect *dialect, enum record_kind kind,
                                const struct record_change *change, record_run *run, void *context, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < RECORD_TABLES && !status; i++)
        if (record_tables[i].kind == kind && record_tables[i].remove)
            status = run(context, record_tables[i].remove, VALUES(ID(&change->id)), why);
    for (size_t i = 0; i < RECORD_TABLES && !status; i++) {
        const json_t *rows = json_object_get(change->record, record_tables[i].name), *row;
        size_t index;
        if (record_tables[i].kind != kind)
            continue;
        json_array_foreach(rows, index, row) if (!status) status =
            write_row(dialect, &record_tables[i], row, run, context, why);
    }
    return status;
}

enum status records_write(const struct record_dialect *dialect, enum record_kind kind,
                          const struct record_change *changes, size_t count, record_run *run, void *context,
                          struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = write_record(dialect, kind, &changes[i], run, context, why);
    return status;
}

enum status records_finish(record_run *run, void *context, struct text *why)
{
    static const char *const steps[] = {
        "DELETE FROM users",
        "INSERT INTO users (name, posts_count) SELECT author, count(*) FROM photos WHERE state = 1 GROUP BY author",
        "DELETE FROM queues",
        ("INSERT INTO queues (author, pending, under_way, served_ms, turn_ms)"
         " SELECT author, count(*), 0, 0, min(queued_ms) FROM executions WHERE status = 0 GROUP BY author"),
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < COUNT(steps) && !status; i++)
        status = run(context, steps[i], VALUES(), why);
    return status;
}
