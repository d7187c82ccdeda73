#include "text.h"

#include "memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_release(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->data)
        text->data[0] = '\0';
}

const char *text_get(const struct text *text)
{
    return text->data ? text->data : "";
}

char *text_take(struct text *text)
{
    text_reserve(text, 0);
    text->data[text->length] = '\0';
    char *data = text->data;
    *text = (struct text){0};
    return data;
}

void text_reserve(struct text *text, size_t more)
{
    assert(more < SIZE_MAX / 2 - text->length);
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    text->data = memory_resize(text->data, capacity);
    text->capacity = capacity;
}

char *text_write_integer(char *to, int64_t value)
{
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    if (value < 0)
        *to++ = '-';
    size_t digits = 1;
    for (uint64_t beyond = rest / 10; beyond; beyond /= 10)
        digits++;
    for (size_t at = digits; at-- > 0; rest /= 10)
        to[at] = (char)('0' + rest % 10);
    return to + digits;
}

void text_add_integer(struct text *text, int64_t value)
{
    text_end(text, text_write_integer(text_room(text, INTEGER_MOST), value));
}

void text_vaddf(struct text *text, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    text_reserve(text, 64);
    size_t room = text->capacity - text->length;
    int written = vsnprintf(text->data + text->length, room, format, arguments);
    assert(written >= 0);
    if ((size_t)written >= room) {
        text_reserve(text, (size_t)written);
        (void)vsnprintf(text->data + text->length, (size_t)written + 1, format, again);
    }
    va_end(again);
    text->length += (size_t)written;
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_vaddf(text, format, arguments);
    va_end(arguments);
}

void text_setf(struct text *text, const char *format, ...)
{
    if (!text)
        return;
    text_clear(text);
    va_list arguments;
    va_start(arguments, format);
    text_vaddf(text, format, arguments);
    va_end(arguments);
}
