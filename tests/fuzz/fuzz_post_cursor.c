/* A cursor that is taken is written back as it came, but for leading zeros. */
#include "fuzz.h"
#include "post_cursor.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[128], again[CURSOR_TEXT_SIZE];
    struct post_cursor cursor, same;
    enum post_order order, same_order;
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (cursor_parse(text, &cursor, &order, NULL) != STATUS_OK)
        return 0;
    cursor_format(&cursor, order, again);
    assert(cursor_parse(again, &same, &same_order, NULL) == STATUS_OK && same_order == order);
    assert(same.time_ms == cursor.time_ms && id_equal(&same.id, &cursor.id));
    assert(strcmp(text + strlen(text) - strlen(again), again) == 0);
    return 0;
}
