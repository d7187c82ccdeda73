/* RFC 9110 13 and 14, a row a rule. */
#include "check.h"
#include "conditional.h"

#include <stdint.h>

#define MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT" /* 784111777 */
#define EARLIER  "Sun, 06 Nov 1994 08:49:36 GMT"
#define LATER    "Sun, 06 Nov 1994 08:49:38 GMT"

struct row {
    const char *name;
    struct conditional_request request;
    unsigned code;
    uint64_t offset, size;
};

static const struct conditional_object object = {"\"abc\"", 784111777, 100};
static const struct conditional_object weak_object = {"W/\"abc\"", 784111777, 100};
static const struct conditional_object empty_object = {"\"abc\"", 784111777, 0};

static void decide(const struct row *rows, size_t count, const struct conditional_object *of)
{
    for (size_t i = 0; i < count; i++) {
        check_case("%s", rows[i].name);
        struct conditional_answer answer = conditional_decide(&rows[i].request, of);
        CHECK_INT(answer.code, rows[i].code);
        if (rows[i].code == 200 || rows[i].code == 206) {
            CHECK_INT(answer.offset, rows[i].offset);
            CHECK_INT(answer.size, rows[i].size);
        }
    }
}
#define DECIDE(rows, of) decide((rows), sizeof(rows) / sizeof((rows)[0]), (of))

static void test_preconditions(void)
{
    static const struct row rows[] = {
        {"nothing asked", {0}, 200, 0, 100},
        {"If-Match: the tag", {.if_match = "\"abc\""}, 200, 0, 100},
        {"If-Match: another", {.if_match = "\"abd\""}, 412, 0, 0},
        {"If-Match: a prefix", {.if_match = "\"ab\""}, 412, 0, 0},
        {"If-Match: in a list", {.if_match = "\"x\", \"abc\""}, 200, 0, 100},
        {"If-Match: in a list without blanks", {.if_match = "\"x\",\"abc\",\"y\""}, 200, 0, 100},
        {"If-Match: a list with empty members", {.if_match = ", ,\"abc\""}, 200, 0, 100},
        {"If-Match: a comma within a tag", {.if_match = "\"a,b\", \"abc\""}, 200, 0, 100},
        {"If-Match: any", {.if_match = "*"}, 200, 0, 100},
        {"If-Match: any, with blanks", {.if_match = " * "}, 200, 0, 100},
        {"If-Match: a weak tag never matches", {.if_match = "W/\"abc\""}, 412, 0, 0},
        {"If-Match: malformed", {.if_match = "abc"}, 412, 0, 0},
        {"If-Match: empty", {.if_match = ""}, 412, 0, 0},
        {"If-Match: no second quote", {.if_match = "\"abc"}, 412, 0, 0},
        {"If-Match: members without a comma", {.if_match = "\"x\" \"abc\""}, 412, 0, 0},
        {"If-Unmodified-Since: the date", {.if_unmodified_since = MODIFIED}, 200, 0, 100},
        {"If-Unmodified-Since: a later one", {.if_unmodified_since = LATER}, 200, 0, 100},
        {"If-Unmodified-Since: an earlier one", {.if_unmodified_since = EARLIER}, 412, 0, 0},
        {"If-Unmodified-Since: no date is ignored", {.if_unmodified_since = "yesterday"}, 200, 0, 100},
        {"If-Match goes before If-Unmodified-Since",
         {.if_match = "\"abc\"", .if_unmodified_since = EARLIER},
         200,
         0,
         100},
        {"If-None-Match: the tag", {.if_none_match = "\"abc\""}, 304, 0, 0},
        {"If-None-Match: a weak tag matches", {.if_none_match = "W/\"abc\""}, 304, 0, 0},
        {"If-None-Match: another", {.if_none_match = "\"abd\""}, 200, 0, 100},
        {"If-None-Match: in a list", {.if_none_match = "W/\"x\", W/\"abc\""}, 304, 0, 0},
        {"If-None-Match: any", {.if_none_match = "*"}, 304, 0, 0},
        {"If-None-Match: malformed", {.if_none_match = "abc"}, 200, 0, 100},
        {"If-Modified-Since: the date", {.if_modified_since = MODIFIED}, 304, 0, 0},
        {"If-Modified-Since: a later one", {.if_modified_since = LATER}, 304, 0, 0},
        {"If-Modified-Since: an earlier one", {.if_modified_since = EARLIER}, 200, 0, 100},
        {"If-Modified-Since: no date is ignored", {.if_modified_since = "now"}, 200, 0, 100},
        {"If-None-Match goes before If-Modified-Since",
         {.if_none_match = "\"x\"", .if_modified_since = LATER},
         200,
         0,
         100},
        {"412 goes before 304", {.if_match = "\"x\"", .if_none_match = "\"abc\""}, 412, 0, 0},
        {"304 goes before the range", {.if_none_match = "\"abc\"", .range = "bytes=0-1"}, 304, 0, 0},
        {"412 goes before 416", {.if_match = "\"x\"", .range = "bytes=500-"}, 412, 0, 0},
    };
    DECIDE(rows, &object);
}

static void test_weak_object(void)
{
    static const struct row rows[] = {
        {"If-Match never holds", {.if_match = "W/\"abc\""}, 412, 0, 0},
        {"If-None-Match: strong against weak", {.if_none_match = "\"abc\""}, 304, 0, 0},
        {"If-Range: a weak tag gives the whole", {.range = "bytes=0-1", .if_range = "W/\"abc\""}, 200, 0, 100},
        {"If-Range: a strong tag gives the whole", {.range = "bytes=0-1", .if_range = "\"abc\""}, 200, 0, 100},
    };
    DECIDE(rows, &weak_object);
}

static void test_ranges(void)
{
    static const struct row rows[] = {
        {"first bytes", {.range = "bytes=0-9"}, 206, 0, 10},
        {"one byte", {.range = "bytes=5-5"}, 206, 5, 1},
        {"open", {.range = "bytes=90-"}, 206, 90, 10},
        {"all, open", {.range = "bytes=0-"}, 206, 0, 100},
        {"past the end", {.range = "bytes=90-200"}, 206, 90, 10},
        {"far past the end", {.range = "bytes=90-99999999999999999999999"}, 206, 90, 10},
        {"last bytes", {.range = "bytes=-10"}, 206, 90, 10},
        {"more last bytes than there are", {.range = "bytes=-1000"}, 206, 0, 100},
        {"blanks about it", {.range = "bytes= 0-9 "}, 206, 0, 10},
        {"the unit in capitals", {.range = "BYTES=0-9"}, 206, 0, 10},
        {"outside", {.range = "bytes=100-"}, 416, 0, 0},
        {"outside, closed", {.range = "bytes=100-200"}, 416, 0, 0},
        {"far outside", {.range = "bytes=99999999999999999999999-"}, 416, 0, 0},
        {"no last bytes", {.range = "bytes=-0"}, 416, 0, 0},
        {"backwards is ignored", {.range = "bytes=9-0"}, 200, 0, 100},
        {"several give the whole", {.range = "bytes=0-1,5-6"}, 200, 0, 100},
        {"several, one outside, give the whole", {.range = "bytes=0-1, 500-"}, 200, 0, 100},
        {"another unit is ignored", {.range = "items=0-1"}, 200, 0, 100},
        {"no unit is ignored", {.range = "0-1"}, 200, 0, 100},
        {"nothing is ignored", {.range = "bytes="}, 200, 0, 100},
        {"a dash is ignored", {.range = "bytes=-"}, 200, 0, 100},
        {"letters are ignored", {.range = "bytes=a-b"}, 200, 0, 100},
        {"a sign is ignored", {.range = "bytes=+1-2"}, 200, 0, 100},
        {"two dashes are ignored", {.range = "bytes=--1"}, 200, 0, 100},
        {"hexadecimal is ignored", {.range = "bytes=0x1-2"}, 200, 0, 100},
        {"more behind it is ignored", {.range = "bytes=0-1x"}, 200, 0, 100},
        {"If-Range: the tag", {.range = "bytes=0-9", .if_range = "\"abc\""}, 206, 0, 10},
        {"If-Range: another", {.range = "bytes=0-9", .if_range = "\"x\""}, 200, 0, 100},
        {"If-Range: weak", {.range = "bytes=0-9", .if_range = "W/\"abc\""}, 200, 0, 100},
        {"If-Range: a list is malformed", {.range = "bytes=0-9", .if_range = "\"abc\", \"x\""}, 200, 0, 100},
        {"If-Range: the date", {.range = "bytes=0-9", .if_range = MODIFIED}, 206, 0, 10},
        {"If-Range: an earlier date", {.range = "bytes=0-9", .if_range = EARLIER}, 200, 0, 100},
        {"If-Range: a later date", {.range = "bytes=0-9", .if_range = LATER}, 200, 0, 100},
        {"If-Range: malformed", {.range = "bytes=0-9", .if_range = "abc"}, 200, 0, 100},
        {"If-Range: outside, but another object", {.range = "bytes=500-", .if_range = "\"x\""}, 200, 0, 100},
        {"If-Range without a range", {.if_range = "\"x\""}, 200, 0, 100},
    };
    DECIDE(rows, &object);
}

static void test_empty_object(void)
{
    static const struct row rows[] = {
        {"the whole", {0}, 200, 0, 0},
        {"any range is outside", {.range = "bytes=0-"}, 416, 0, 0},
        {"so are last bytes", {.range = "bytes=-5"}, 416, 0, 0},
    };
    DECIDE(rows, &empty_object);
}

CHECK_MAIN({"preconditions are tried in the order of RFC 9110", test_preconditions},
           {"a weak tag is no proof of the same bytes", test_weak_object},
           {"ranges are answered, ignored or refused", test_ranges},
           {"an empty object has no range", test_empty_object})
