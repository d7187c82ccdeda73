#include "post_cursor.h"

#include "reasons.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cursor_format(const struct post_cursor *cursor, enum post_order order, char ret_text[static CURSOR_TEXT_SIZE])
{
    char id[ID_TEXT_SIZE];
    int64_t time = cursor->time_ms;
    id_format(&cursor->id, id);
    (void)snprintf(ret_text, CURSOR_TEXT_SIZE, "%s%s%" PRIx64 "-%s", order == ORDER_CAPTURED ? "t" : "",
                   time < 0 ? "-" : "", (uint64_t)(time < 0 ? -time : time), id);
}

enum status cursor_parse(const char *text, struct post_cursor *ret_cursor, enum post_order *ret_order, struct text *why)
{
    bool is_captured = text[0] == 't', is_before = is_captured && text[1] == '-';
    const char *time = text + is_captured + is_before;
    size_t digits = strspn(time, "0123456789abcdef");
    bool has_zero = time[0] == '0' && (digits > 1 || is_before); /* of a time that is written in another way */
    struct post_cursor cursor = {0};
    if (digits >= 1 && digits <= 15 && time[digits] == '-' && !has_zero
        && id_parse(time + digits + 1, strlen(time + digits + 1), &cursor.id)) {
        cursor.time_ms = strtoll(time, NULL, 16);
        cursor.time_ms = is_before ? -cursor.time_ms : cursor.time_ms;
        *ret_cursor = cursor;
        *ret_order = is_captured ? ORDER_CAPTURED : ORDER_PUBLISHED;
        return STATUS_OK;
    }
    reason_set(why, REASON_CURSOR_INVALID);
    return STATUS_INVALID;
}

enum status cursor_parse_of(const char *text, enum post_order order, struct post_cursor *ret_cursor, struct text *why)
{
    enum post_order its;
    struct post_cursor cursor;
    enum status status = cursor_parse(text, &cursor, &its, why);
    if (status != STATUS_OK)
        return status;
    if (its != order) {
        reason_set(why, REASON_CURSOR_OF_OTHER_ORDER);
        return STATUS_INVALID;
    }
    *ret_cursor = cursor;
    return STATUS_OK;
}
