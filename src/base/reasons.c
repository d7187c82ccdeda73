#include "reasons.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* {} is a value. Within a row, what stands between two values must not occur in the first. */
static const struct {
    const char *code, *sentence;
} rows[REASONS] = {
    [REASON_IMAGE_INCOMPLETE] = {"image-incomplete", "This {} is incomplete. Export or copy it again."},
    [REASON_IMAGE_DAMAGED] = {"image-damaged", "This {} is damaged and can't be read. Export or copy it again."},
    [REASON_IMAGE_EMPTY] = {"image-empty", "This file is empty. Choose the photo again, or copy it again."},
    [REASON_IMAGE_UNKNOWN] = {"image-unknown", "This file isn't a photo in a supported format. Export it as {}."},
    [REASON_IMAGE_KIND_UNSUPPORTED] = {"image-kind-unsupported",
                                       "This {} has {}, which isn't supported. Export it as a JPEG."},
    [REASON_IMAGE_RAW] = {"image-raw", "This is a raw photo ({}). Develop it and export it as a JPEG."},
    [REASON_IMAGE_TOO_MANY_PIXELS] = {"image-too-many-pixels",
                                      "This photo has {}; the limit is {}. Export it in a smaller size."},
    [REASON_IMAGE_TOO_MANY_FRAMES] = {"image-too-many-frames",
                                      "This animation has {} frames; the limit is {}. Export a shorter one."},
    [REASON_IMAGE_TOO_LONG_A_SIDE] = {"image-too-long-a-side",
                                      "This photo's longer side has {} pixels; the limit is {}. Export it smaller."},
    [REASON_IMAGE_TOO_COMPLEX] = {"image-too-complex",
                                  "This {} is built in a way that takes too much work to read. Export it again."},
    [REASON_IMAGE_NEEDS_MEMORY] = {"image-needs-memory",
                                   "This {} needs more memory to read than the {} allowed. Export it smaller."},
    [REASON_IMAGE_NEEDS_TIME] = {"image-needs-time", "This photo takes too long to read. Export it again, or smaller."},
    [REASON_IMAGE_CRASHES] = {"image-crashes",
                              "This photo can't be read: the decoder failed each time. Export it in another format."},
    [REASON_FILE_TOO_LARGE] = {"file-too-large", "This file has {}; the limit is {}. Export it in a smaller size."},
};

static const char gap[] = "{}";
enum { GAP_LENGTH = sizeof gap - 1 };

const char *reason_code(enum reason reason)
{
    return rows[reason].code;
}

unsigned reason_value_count(enum reason reason)
{
    unsigned count = 0;
    for (const char *at = rows[reason].sentence; (at = strstr(at, gap)); at += GAP_LENGTH)
        count++;
    return count;
}

void reason_set(struct text *why, enum reason reason, ...)
{
    if (!why)
        return;
    va_list values;
    va_start(values, reason);
    text_clear(why);
    const char *rest = rows[reason].sentence;
    for (const char *at; (at = strstr(rest, gap)); rest = at + GAP_LENGTH) {
        text_append(why, rest, (size_t)(at - rest));
        text_add(why, va_arg(values, const char *));
    }
    text_add(why, rest);
    va_end(values);
}

/* Where the value at `start` ends: where what follows its gap begins; the last value has all but the sentence's end. */
static const char *find_end(const char *start, const char *after)
{
    const char *next = strstr(after, gap);
    size_t following = next ? (size_t)(next - after) : strlen(after), length = strlen(start);
    if (!next)
        return length < following ? start : start + length - following;
    const char *end = start;
    while (*end && strncmp(end, after, following) != 0)
        end++;
    return end;
}

/* Whether the sentence is the template with something in each gap. */
static bool matches(const char *template, const char *sentence, struct reason_value *ret_values)
{
    for (const char *at; (at = strstr(template, gap)); template = at + GAP_LENGTH) {
        size_t fixed = (size_t)(at - template);
        if (strncmp(sentence, template, fixed) != 0)
            return false;
        sentence += fixed;
        const char *end = find_end(sentence, at + GAP_LENGTH);
        if (end == sentence)
            return false;
        *ret_values++ = (struct reason_value){sentence, (size_t)(end - sentence)};
        sentence = end;
    }
    return strcmp(sentence, template) == 0;
}

bool reason_find(const char *sentence, struct reason_found *ret_found)
{
    for (size_t i = 0; i < REASONS; i++) {
        struct reason_found found = {.reason = (enum reason)i};
        if (!matches(rows[i].sentence, sentence, found.values))
            continue;
        *ret_found = found;
        return true;
    }
    return false;
}

const char *reason_bytes(char buffer[static REASON_NUMBER_SIZE], uint64_t bytes)
{
    static const struct {
        uint64_t bytes;
        const char *name;
    } units[] = {{1000000, "MB"}, {1000, "KB"}, {1, "bytes"}};
    size_t i = 0;
    while (i < 2 && bytes < units[i].bytes)
        i++;
    uint64_t count = bytes / units[i].bytes + (bytes % units[i].bytes != 0);
    (void)snprintf(buffer, REASON_NUMBER_SIZE, "%" PRIu64 " %s", count, units[i].name);
    return buffer;
}

const char *reason_pixels(char buffer[static REASON_NUMBER_SIZE], uint64_t pixels)
{
    enum { MILLION = 1000000 };
    char whole[REASON_NUMBER_SIZE];
    if (pixels < 10 * MILLION)
        (void)snprintf(buffer, REASON_NUMBER_SIZE, "%.1f megapixels", (double)pixels / MILLION);
    else
        (void)snprintf(buffer, REASON_NUMBER_SIZE, "%.20s megapixels",
                       reason_number(whole, pixels / MILLION + (pixels % MILLION >= MILLION / 2)));
    return buffer;
}

const char *reason_number(char buffer[static REASON_NUMBER_SIZE], uint64_t number)
{
    char digits[INTEGER_MOST + 1], *to = buffer;
    int count = snprintf(digits, sizeof digits, "%" PRIu64, number);
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return buffer;
}
