/* Records of the back ends on SQL databases: which columns of which tables they have, and the statements that read and
 * write them. What isn't here is made anew where records are written (records_finish), or is of the moment: leases. A
 * test compares this with the tables that there are. */
#ifndef SQL_RECORDS_H
#define SQL_RECORDS_H

#include "json.h"
#include "sql.h"

enum record_type { RECORD_INTEGER, RECORD_BOOLEAN, RECORD_TEXT, RECORD_BYTES };
struct record_column {
    const char *name;
    enum record_type type;
    const char *read; /* an expression, where it isn't the column; else NULL */
};
struct record_table {
    enum record_kind kind;
    const char *name, *from; /* the table, and with what it is joined */
    const char *id, *place;  /* expressions: whose row it is, and the order of rows of one id */
    const char *condition;   /* more of which rows; "" */
    const char *remove;      /* the statement that removes the rows of an id; NULL: they go with others */
    const char *make_way;    /* the statement that is run before a row is written, with the values of… */
    int make_way_columns[2]; /* …these columns; -1: of none */
    const struct record_column *columns;
    size_t count;
};
enum { RECORD_TABLES = 5, RECORD_VALUES_MAX = 40 };
/* In the order in which rows are written; those of one kind side by side. */
extern const struct record_table record_tables[RECORD_TABLES];

/* Where SQL differs. */
struct record_dialect {
    const char *object;            /* the function that makes a JSON object of names and values */
    const char *object_end;        /* after it, so that it is text */
    const char *hex, *hex_end;     /* around bytes */
    const char *boolean_read;      /* after a truth value, so that it is a number */
    const char *boolean_written;   /* after a number, so that it is a truth value */
    const char *numbers_are_given; /* in an INSERT of a column that the database counts itself */
};

/* The parameters are the first id and the limit; the columns id, table (as in record_tables), row, sorted by the first
 * two. A single statement, so that all rows are of one moment. */
void records_read_sql(const struct record_dialect *dialect, enum record_kind kind, struct text *out);

/* Puts the rows together. */
struct record_reading {
    enum record_kind kind;
    store_record_row *row;
    void *context;
    json_t *record; /* that is being put together; NULL at the beginning and the end */
    struct id id;
    enum status status;
    struct text *why;
};
/* False: nothing more is wanted. */
bool record_reading_add(struct record_reading *reading, const struct id *id, int64_t table, const char *row);
/* The last record. */
enum status record_reading_end(struct record_reading *reading);

/* Runs a statement of which no rows are wanted. Its text and values are borrowed for the call. */
typedef enum status record_run(void *context, const char *sql, const struct value *values, struct text *why);
enum status records_write(const struct record_dialect *dialect, enum record_kind kind,
                          const struct record_change *changes, size_t count, record_run *run, void *context,
                          struct text *why);
/* Users and queues, as photos and executions say. */
enum status records_finish(record_run *run, void *context, struct text *why);

#endif
