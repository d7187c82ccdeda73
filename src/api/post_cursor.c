#include "post_cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cursor_format(const struct post_cursor *cursor, char ret_text[static CURSOR_TEXT_SIZE])
{
    char id[ID_TEXT_SIZE];
    id_format(&cursor->id, id);
    (void)snprintf(ret_text, CURSOR_TEXT_SIZE, "%" PRIx64 "-%s", (uint64_t)cursor->time_ms, id);
}

enum status cursor_parse(const char *text, struct post_cursor *ret_cursor, struct text *why)
{
    size_t digits = strspn(text, "0123456789abcdef");
    struct post_cursor cursor = {0};
    if (digits >= 1 && digits <= 15 && text[digits] == '-'
        && id_parse(text + digits + 1, strlen(text + digits + 1), &cursor.id)) {
        cursor.time_ms = strtoll(text, NULL, 16);
        *ret_cursor = cursor;
        return STATUS_OK;
    }
    text_setf(why, "The cursor \"%.60s\" is none that this server gave: take it from the Link header.", text);
    return STATUS_INVALID;
}
