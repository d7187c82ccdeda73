/* The order of RFC 9110 13.2.2: first what protects from lost updates, then what saves a transfer, then the range. */
#include "conditional.h"

#include "clock.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* ---- Entity tags (8.8.3) ---- */

struct tag {
    bool weak;
    const char *text; /* without quotes */
    size_t length;
};

/* Reads one tag and returns what follows; NULL when there is none. */
static const char *read_tag(const char *text, struct tag *ret_tag)
{
    bool weak = strncmp(text, "W/", 2) == 0;
    text += weak ? 2 : 0;
    if (*text != '"')
        return NULL;
    const char *end = strchr(text + 1, '"');
    if (!end)
        return NULL;
    *ret_tag = (struct tag){weak, text + 1, (size_t)(end - text - 1)};
    return end + 1;
}

/* Strong comparison (8.8.3.2): a weak tag equals nothing. */
static bool equals(const struct tag *tag, const char *etag, bool strong)
{
    struct tag own;
    return read_tag(etag, &own) && !(strong && (tag->weak || own.weak)) && tag->length == own.length
           && memcmp(tag->text, own.text, own.length) == 0;
}

/* Is the tag in the list, or the list "*"? What can't be read ends the list. */
static bool list_has(const char *list, const char *etag, bool strong)
{
    struct tag tag;
    list = skip_blanks(list);
    if (list[0] == '*')
        return *skip_blanks(list + 1) == '\0';
    while ((list = read_tag(list + strspn(list, ", \t"), &tag))) {
        if (equals(&tag, etag, strong))
            return true;
        list = skip_blanks(list);
        if (*list != ',')
            break;
    }
    return false;
}

/* ---- Preconditions (13.1) ---- */

/* A date that is none is as if it were not there. */
static bool is_later(int64_t modified_s, const char *date)
{
    int64_t than_s = clock_parse_http_date(date);
    return than_s >= 0 && modified_s > than_s;
}

static bool is_failed(const struct conditional_request *request, const struct conditional_object *object)
{
    if (request->if_match)
        return !list_has(request->if_match, object->etag, true);
    return request->if_unmodified_since && is_later(object->modified_s, request->if_unmodified_since);
}

static bool is_unchanged(const struct conditional_request *request, const struct conditional_object *object)
{
    if (request->if_none_match)
        return list_has(request->if_none_match, object->etag, false);
    return request->if_modified_since && clock_parse_http_date(request->if_modified_since) >= 0
           && !is_later(object->modified_s, request->if_modified_since);
}

/* A range is for a client that has the other parts of the very same object: by its strong tag, or its exact date. */
static bool range_applies(const struct conditional_request *request, const struct conditional_object *object)
{
    struct tag tag;
    if (!request->range || !request->if_range)
        return request->range;
    const char *end = read_tag(request->if_range, &tag);
    if (end)
        return *skip_blanks(end) == '\0' && equals(&tag, object->etag, true);
    return clock_parse_http_date(request->if_range) == object->modified_s;
}

/* ---- The range (14.1.2) ---- */

/* As many digits as there are, UINT64_MAX when the number is larger; false when there is none. */
static bool read_number(const char **text, uint64_t *ret_number)
{
    uint64_t number = 0;
    const char *start = *text;
    for (; **text >= '0' && **text <= '9'; (*text)++)
        if (__builtin_mul_overflow(number, 10, &number)
            || __builtin_add_overflow(number, (uint64_t)(**text - '0'), &number))
            number = UINT64_MAX / 10 + 1; /* each further digit overflows again */
    *ret_number = number > UINT64_MAX / 10 ? UINT64_MAX : number;
    return *text > start;
}

enum range { RANGE_IGNORED, RANGE_GOOD, RANGE_OUTSIDE };

static enum range suffix_range(uint64_t length, uint64_t size, struct conditional_answer *ret_answer)
{
    if (!length || !size)
        return RANGE_OUTSIDE;
    length = length < size ? length : size;
    *ret_answer = (struct conditional_answer){206, size - length, length};
    return RANGE_GOOD;
}

static enum range parse_range(const char *text, uint64_t size, struct conditional_answer *ret_answer)
{
    static const char unit[] = "bytes=";
    uint64_t first, last = UINT64_MAX;
    if (strncasecmp(text, unit, strlen(unit)) != 0)
        return RANGE_IGNORED;
    text = skip_blanks(text + strlen(unit));
    bool has_first = read_number(&text, &first);
    if (*text++ != '-')
        return RANGE_IGNORED;
    bool has_last = read_number(&text, &last);
    if (*skip_blanks(text) || !(has_first || has_last)) /* a comma, too: several ranges are answered with the whole */
        return RANGE_IGNORED;
    if (!has_first)
        return suffix_range(last, size, ret_answer);
    if (!has_last)
        last = UINT64_MAX;
    if (last < first)
        return RANGE_IGNORED;
    if (first >= size)
        return RANGE_OUTSIDE;
    last = last < size ? last : size - 1;
    *ret_answer = (struct conditional_answer){206, first, last - first + 1};
    return RANGE_GOOD;
}

struct conditional_answer conditional_decide(const struct conditional_request *request,
                                             const struct conditional_object *object)
{
    struct conditional_answer answer = {200, 0, object->size};
    if (is_failed(request, object))
        return (struct conditional_answer){.code = 412};
    if (is_unchanged(request, object))
        return (struct conditional_answer){.code = 304};
    if (range_applies(request, object) && parse_range(request->range, object->size, &answer) == RANGE_OUTSIDE)
        return (struct conditional_answer){.code = 416};
    return answer;
}
