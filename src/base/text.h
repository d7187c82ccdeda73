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
/* The same, inline, and where to write: for rows by the thousand. text_end then tells where the writing has ended. */
static inline char *text_room(struct text *text, size_t more)
{
    if (!text->data || more >= text->capacity - text->length)
        text_reserve(text, more);
    return text->data + text->length;
}
static inline void text_end(struct text *text, char *end)
{
    text->length = (size_t)(end - text->data);
    *end = '\0';
}
/* Inline: most pieces are constants of a few bytes. */
static inline void text_append(struct text *text, const char *data, size_t length)
{
    char *to = text_room(text, length);
    if (length)
        memcpy(to, data, length);
    text_end(text, to + length);
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
enum { INTEGER_MOST = 20 };
/* At most INTEGER_MOST bytes, without a NUL. Returns where the writing has ended. */
char *text_write_integer(char *to, int64_t value);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vaddf(struct text *text, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

/* Replaces the content. The text may be NULL: so that callers who do not care for a reason pass none. */
void text_setf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
