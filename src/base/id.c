#include "id.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { TIME_BYTES = 6 };

struct id id_new(void)
{
    struct id id;
    uint64_t ms = (uint64_t)clock_now_ms();
    for (int i = 0; i < TIME_BYTES; i++)
        id.bytes[i] = (uint8_t)(ms >> (8 * (TIME_BYTES - 1 - i)));
    if (getrandom(id.bytes + TIME_BYTES, ID_BYTES - TIME_BYTES, 0) != ID_BYTES - TIME_BYTES)
        abort(); /* up to 256 bytes never fail once the system has booted: getrandom(2) */
    return id;
}

void id_format(const struct id *id, char ret_text[static ID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < ID_BYTES; i++) {
        ret_text[2 * i] = digits[id->bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[id->bytes[i] & 15];
    }
    ret_text[ID_TEXT_SIZE - 1] = '\0';
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

bool id_parse(const char *text, size_t length, struct id *ret_id)
{
    struct id id;
    if (length != ID_TEXT_SIZE - 1)
        return false;
    for (int i = 0; i < ID_BYTES; i++) {
        int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_id = id;
    return true;
}

bool id_equal(const struct id *a, const struct id *b)
{
    return memcmp(a->bytes, b->bytes, ID_BYTES) == 0;
}
