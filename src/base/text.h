/* A growable string: bytes with a length, always NUL-terminated after the first append.
 * Running out of memory aborts: what comes from outside is bounded before it gets here. */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    char *data; /* NULL while empty and never used */
    size_t length;
    size_t capacity;
};

#define TEXT_CLEANUP __attribute__((cleanup(text_release)))

void text_release(struct text *text);
void text_clear(struct text *text);
/* The string, "" if nothing was ever appended. Borrowed until the next change. */
const char *text_get(const struct text *text);
/* Hands the heap string over (the caller frees it) and leaves the text empty. Never NULL. */
char *text_take(struct text *text);

/* Room for `more` bytes and the NUL beyond the present length. */
void text_reserve(struct text *text, size_t more);
/* Inline: most pieces are constants of a few bytes. */
static inline void text_append(struct text *text, const char *data, size_t length)
{
    if (!text->data || length >= text->capacity - text->length)
        text_reserve(text, length);
    if (length)
        memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
}
static inline void text_add(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}
static inline void text_addc(struct text *text, char character)
{
    text_append(text, &character, 1);
}
void text_add_integer(struct text *text, int64_t value); /* decimal; many times faster than text_addf */
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vaddf(struct text *text, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

/* Replaces the content. The text may be NULL: so that callers who do not care for a reason pass none. */
void text_setf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
