/* What the back ends on SQL databases share: the values of a statement, the columns of a row, and what a row that a
 * transaction holds means for what was expected of it. Statements, and how they are run, are each back end's own. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store_ops.h"

/* ---- Values ---- */

enum value_type { VALUE_END, VALUE_INTEGER, VALUE_TEXT, VALUE_BYTES };
struct value {
    enum value_type type;
    bool is_null; /* of an integer */
    int64_t integer;
    const void *bytes; /* of the others; NULL is NULL */
    size_t size;       /* value_size */
};
#define INTEGER(value_)                                                                                                \
    {                                                                                                                  \
        .type = VALUE_INTEGER, .integer = (int64_t)(value_)                                                            \
    }
#define INTEGER_IF(is_known_, value_)                                                                                  \
    {                                                                                                                  \
        .type = VALUE_INTEGER, .is_null = !(is_known_), .integer = (int64_t)(value_)                                   \
    }
/* A number of rows at most: SQLite takes a negative one for any, and PostgreSQL refuses it. */
#define LIMIT(rows_) INTEGER((rows_) > INT64_MAX ? INT64_MAX : (rows_))
#define TEXT(value_) TEXT_LENGTH(value_, SIZE_MAX)
#define TEXT_LENGTH(value_, size_)                                                                                     \
    {                                                                                                                  \
        .type = VALUE_TEXT, .bytes = (value_), .size = (size_)                                                         \
    }
#define BLOB(value_, size_)                                                                                            \
    {                                                                                                                  \
        .type = VALUE_BYTES, .bytes = (value_), .size = (size_)                                                        \
    }
#define ID(id_) BLOB((id_)->bytes, ID_BYTES)
/* The parameters of a statement, in order; borrowed until it has run. */
#define VALUES(...) ((const struct value[]){__VA_ARGS__ __VA_OPT__(, ){.type = VALUE_END}})

/* In bytes, of TEXT or BLOB. */
size_t value_size(const struct value *value);

/* ---- Columns, and the values of new rows ---- */

#define PHOTO_COLUMNS                                                                                                  \
    "id, author, state, created_ms, updated_ms, error_message, format, frames, original_width, original_height, "      \
    "original_bytes, large_width, large_height, large_bytes, thumbnail_width, thumbnail_height, thumbnail_bytes, "     \
    "labels, audit, review, caption, alt_text, thumbhash, sha256, medium_width, medium_height, medium_bytes, "         \
    "captured_ms, captured_offset"
#define RENDITION(rendition_) INTEGER((rendition_).width), INTEGER((rendition_).height), INTEGER((rendition_).bytes)
#define PHOTO_VALUES(photo_)                                                                                           \
    ID(&(photo_)->id), TEXT((photo_)->author), INTEGER((photo_)->state), INTEGER((photo_)->created_ms),                \
        INTEGER((photo_)->updated_ms), TEXT((photo_)->error_message), TEXT((photo_)->format),                          \
        INTEGER((photo_)->frames), RENDITION((photo_)->original), RENDITION((photo_)->large),                          \
        RENDITION((photo_)->thumbnail), TEXT((photo_)->labels), TEXT((photo_)->audit), INTEGER((photo_)->review),      \
        TEXT((photo_)->caption), TEXT((photo_)->alt_text), TEXT((photo_)->thumbhash),                                  \
        BLOB((photo_)->sha256, SHA256_BYTES), RENDITION((photo_)->medium),                                             \
        INTEGER_IF((photo_)->captured.is_known, (photo_)->captured.ms),                                                \
        INTEGER_IF((photo_)->captured.has_offset, (photo_)->captured.offset_minutes)

#define EXECUTION_COLUMNS "id, status, workflow, state, data, started_ms, updated_ms, due_ms, version"
#define EXECUTION_VALUES(execution_)                                                                                   \
    ID(&(execution_)->id), INTEGER((execution_)->status), TEXT((execution_)->workflow), TEXT((execution_)->state),     \
        TEXT((execution_)->data), INTEGER((execution_)->started_ms), INTEGER((execution_)->updated_ms),                \
        INTEGER((execution_)->due_ms), INTEGER((execution_)->version)

#define VERDICT_COLUMNS "photo, kind, pixels, shape, cells, reason, labels, decided_ms"
#define VERDICT_VALUES(verdict_)                                                                                       \
    ID(&(verdict_)->photo), INTEGER((verdict_)->kind), BLOB((verdict_)->fingerprint.pixels, FINGERPRINT_PIXELS),       \
        BLOB((verdict_)->fingerprint.has_shape ? (verdict_)->fingerprint.shape : NULL, FINGERPRINT_SHAPE),             \
        BLOB((verdict_)->fingerprint.has_shape ? (verdict_)->fingerprint.cells : NULL, FINGERPRINT_CELLS),             \
        TEXT((verdict_)->reason), TEXT((verdict_)->labels), INTEGER((verdict_)->decided_ms)

#define SESSION_COLUMNS                                                                                                \
    "id, author, network, caption, alt_text, length, \"offset\", bytes, expires_ms, is_finished, lease_owner,"         \
    " lease_until_ms, lease_number"
enum { SESSION_LEASE_OWNER = 10, SESSION_LEASE_UNTIL, SESSION_LEASE_NUMBER };

/* Of that id, a parameter. What is about a person goes, because nobody needs it any more. */
#define SESSION_FINISH_SQL(id_)                                                                                        \
    "UPDATE sessions SET is_finished = true, bytes = NULL, network = NULL, caption = NULL, alt_text = NULL,"           \
    " lease_owner = NULL, lease_until_ms = NULL WHERE id = " id_

/* ---- Changing a photo ---- */

enum { PHOTO_UPDATE_VALUES = 24 };
/* The statement that writes these fields: its parameters are $1, $2, … with the mark '$'. */
void photo_update_sql(unsigned fields, char mark, struct text *out);
/* Its values for this change. */
void photo_update_values(const struct photo_change *change, int64_t now_ms,
                         struct value ret_values[static PHOTO_UPDATE_VALUES]);

/* What there is of the photo; `state` PHOTO_ABSENT and `author` "": nothing. */
struct photo_found photo_compare(const struct photo_change *change, unsigned state, enum photo_review review,
                                 const char *author);

/* ---- Executions that a transaction changes ---- */

#define EXECUTION_ROW_COLUMNS                                                                                          \
    "number, status, author, lease_owner, lease_version, event_count, lease_until_ms, diverted_data IS NOT NULL"
struct execution_row {
    int64_t number, events, lease_until_ms /* 0: nobody holds it */;
    uint64_t lease_version;
    enum execution_status status;
    bool is_diverted;
    char author[AUTHOR_NAME_MAX + 1], owner[LEASE_NAME_MAX + 1] /* or whoever lost it; "": nobody */;
};

/* What there is of an execution that is expected to be RUNNING, and to have this owner (NULL: any, or none). */
struct execution_found execution_compare(const struct execution_row *row, const char *owner);
/* Whether the change expects anything of the execution. */
bool photo_expects_execution(const struct photo_change *change);
/* Adds to *found, which is as photo_compare has told, the execution that the change expects; NULL: there is none. */
void photo_compare_execution(const struct photo_change *change, const struct execution_row *row,
                             struct photo_found *found);

#endif
