#include "sql.h"

#include <string.h>

/* The numbers in the statements of these back ends. */
_Static_assert(PHOTO_PENDING == 0 && PHOTO_SUCCESS == 1 && PHOTO_ERROR == 2 && PHOTO_DELETED == 3, "photos.state");
_Static_assert(REVIEW_NONE == 0 && REVIEW_WAITING == 1, "photos.review");
_Static_assert(VERDICT_WAITING == 0 && VERDICT_REFUSED == 1, "verdicts.kind");
_Static_assert(EXECUTION_RUNNING == 0 && EXECUTION_SUCCEEDED == 1 && EXECUTION_FAILED == 2 && EXECUTION_ABORTED == 3,
               "executions.status, and the columns of counters");

size_t value_size(const struct value *value)
{
    return value->type == VALUE_TEXT && value->size == SIZE_MAX ? strlen(value->bytes ? value->bytes : "")
                                                                : value->size;
}

/* ---- Changing a photo ---- */

static const struct {
    unsigned field;
    const char *column;
} columns[] = {
    {PHOTO_FIELD_STATE, "state"},
    {PHOTO_FIELD_UPDATED, "updated_ms"},
    {PHOTO_FIELD_ERROR_MESSAGE, "error_message"},
    {PHOTO_FIELD_LARGE, "large_width"},
    {PHOTO_FIELD_LARGE, "large_height"},
    {PHOTO_FIELD_LARGE, "large_bytes"},
    {PHOTO_FIELD_MEDIUM, "medium_width"},
    {PHOTO_FIELD_MEDIUM, "medium_height"},
    {PHOTO_FIELD_MEDIUM, "medium_bytes"},
    {PHOTO_FIELD_THUMBNAIL, "thumbnail_width"},
    {PHOTO_FIELD_THUMBNAIL, "thumbnail_height"},
    {PHOTO_FIELD_THUMBNAIL, "thumbnail_bytes"},
    {PHOTO_FIELD_THUMBHASH, "thumbhash"},
    {PHOTO_FIELD_LABELS, "labels"},
    {PHOTO_FIELD_AUDIT, "audit"},
    {PHOTO_FIELD_REVIEW, "review"},
    {PHOTO_FIELD_CAPTION, "caption"},
    {PHOTO_FIELD_ALT_TEXT, "alt_text"},
    {PHOTO_FIELD_SHA256, "sha256"},
    {PHOTO_FIELD_CAPTURED, "captured_ms"},
    {PHOTO_FIELD_CAPTURED, "captured_offset"},
    {PHOTO_FIELD_KEY, "idempotency_key"},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };
_Static_assert(PHOTO_UPDATE_VALUES == COLUMNS + 2, "a value for each column, the id and the end");

void photo_update_sql(unsigned fields, char mark, struct text *out)
{
    const char *before = "UPDATE photos SET";
    int count = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].field & fields) {
            text_addf(out, "%s %s = %c%d", before, columns[i].column, mark, ++count);
            before = ",";
        }
    text_addf(out, " WHERE id = %c%d", mark, ++count);
}

void photo_update_values(const struct photo_change *change, int64_t now_ms,
                         struct value ret_values[static PHOTO_UPDATE_VALUES])
{
    const struct photo *to = change->values;
    const struct value all[] = {
        INTEGER(change->to),
        INTEGER(now_ms),
        TEXT(to->error_message),
        RENDITION(to->large),
        RENDITION(to->medium),
        RENDITION(to->thumbnail),
        TEXT(to->thumbhash),
        TEXT(to->labels),
        TEXT(to->audit),
        INTEGER(to->review),
        TEXT(to->caption),
        TEXT(to->alt_text),
        BLOB(to->sha256, SHA256_BYTES),
        INTEGER_IF(to->captured.is_known, to->captured.ms),
        INTEGER_IF(to->captured.has_offset, to->captured.offset_minutes),
        TEXT(NULL),
    };
    _Static_assert(sizeof all / sizeof all[0] == COLUMNS, "a value for each column");
    size_t count = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].field & change->fields)
            ret_values[count++] = all[i];
    ret_values[count++] = (struct value)ID(change->id);
    ret_values[count] = (struct value){.type = VALUE_END};
}

/* ---- What was expected ---- */

struct photo_found photo_compare(const struct photo_change *change, unsigned state, enum photo_review review,
                                 const char *author)
{
    bool is_authors = !change->author || strcmp(change->author, author) == 0;
    bool is_reviewed = !change->reviews || (change->reviews & PHOTO_IN(review));
    return (struct photo_found){
        .is_changed = (change->from & PHOTO_IN(state)) && is_reviewed && is_authors,
        .state = state,
        .review = review,
        .is_authors = is_authors,
    };
}

bool photo_expects_execution(const struct photo_change *change)
{
    return change->execution_from || change->claim;
}

/* As store_execution_save expects it of whoever saves. */
static bool is_claimed(const struct execution_claim *claim, const struct execution_row *row)
{
    return !claim
           || (row && row->status == EXECUTION_RUNNING && strcmp(row->owner, claim->owner) == 0
               && claim->version >= row->lease_version);
}

void photo_compare_execution(const struct photo_change *change, const struct execution_row *row,
                             struct photo_found *found)
{
    bool is_in_status = !change->execution_from || (row && (change->execution_from & PHOTO_IN(row->status)));
    found->is_claimed = is_claimed(change->claim, row);
    found->is_changed = is_in_status && found->is_claimed;
    found->has_execution = row;
    found->execution_status = row ? row->status : EXECUTION_RUNNING;
}

struct execution_found execution_compare(const struct execution_row *row, const char *owner)
{
    return (struct execution_found){
        .is_changed = row->status == EXECUTION_RUNNING && (!owner || strcmp(row->owner, owner) == 0),
        .status = row->status,
        .is_held = row->lease_until_ms != 0,
        .was_diverted = row->is_diverted,
    };
}
