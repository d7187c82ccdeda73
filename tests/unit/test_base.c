/* The base library: text, arena, ids, times, JSON text, metrics and settings. */
#include "arena.h"
#include "check.h"
#include "clock.h"
#include "file_at.h"
#include "id.h"
#include "json.h"
#include "metrics.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void text_grows(void)
{
    TEXT_CLEANUP struct text text = {0};
    CHECK_STR(text_get(&text), "");
    for (int i = 0; i < 1000; i++)
        text_addf(&text, "%d,", i);
    CHECK_INT(text.length, 3890);
    CHECK(strncmp(text.data, "0,1,2,", 6) == 0);
    CHECK_STR(text.data + text.length - 4, "999,");
    text_setf(&text, "%0200d", 7);
    CHECK_INT(text.length, 200);
    char *taken = text_take(&text);
    CHECK_INT(strlen(taken), 200);
    CHECK_INT(text.length, 0);
    free(taken);
    text_setf(NULL, "nobody listens");
}

static void integers_are_written(void)
{
    static const int64_t cases[] = {0, 7, 10, -1, 1234567890123, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TEXT_CLEANUP struct text fast = {0}, slow = {0};
        text_add_integer(&fast, cases[i]);
        text_addf(&slow, "%lld", (long long)cases[i]);
        CHECK_STR(text_get(&fast), text_get(&slow));
    }
}

static void arena_is_aligned(void)
{
    ARENA_CLEANUP struct arena arena = {0};
    for (size_t size = 0; size < 10000; size += 37) {
        char *memory = arena_new(&arena, size);
        CHECK_INT((uintptr_t)memory % _Alignof(max_align_t), 0);
        memset(memory, 1, size);
    }
    CHECK_STR(arena_printf(&arena, "%s-%d", "a", 5), "a-5");
    CHECK(arena_copy_string(&arena, NULL) == NULL);
}

static void ids_parse(void)
{
    static const struct {
        const char *text;
        bool is_valid;
    } cases[] = {
        {"0123456789abcdef0123456789abcdef", true},  {"0123456789ABCDEF0123456789abcdef", false},
        {"0123456789abcdef0123456789abcde", false},  {"0123456789abcdef0123456789abcdef0", false},
        {"0123456789abcdef0123456789abcdeg", false}, {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("\"%s\"", cases[i].text);
        struct id id;
        char again[ID_TEXT_SIZE];
        CHECK_INT(id_parse(cases[i].text, strlen(cases[i].text), &id), cases[i].is_valid);
        if (cases[i].is_valid) {
            id_format(&id, again);
            CHECK_STR(again, cases[i].text);
        }
    }
}

static void ids_are_ordered_by_time(void)
{
    struct id first = id_new();
    int64_t begin = clock_now_ms();
    while (clock_now_ms() == begin)
        ;
    struct id second = id_new();
    CHECK(memcmp(first.bytes, second.bytes, ID_BYTES) < 0);
    CHECK(!id_equal(&first, &second));
}

static void times_are_written(void)
{
    static const struct {
        int64_t seconds;
        const char *iso8601, *http;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
        {784111777, "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {1709164800, "2024-02-29T00:00:00Z", "Thu, 29 Feb 2024 00:00:00 GMT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("%s", cases[i].iso8601);
        char iso8601[CLOCK_ISO8601_SIZE], http[CLOCK_HTTP_DATE_SIZE];
        clock_format_iso8601(cases[i].seconds * 1000 + 999, iso8601);
        clock_format_http_date(cases[i].seconds, http);
        CHECK_STR(iso8601, cases[i].iso8601);
        CHECK_STR(http, cases[i].http);
        CHECK_INT(clock_parse_http_date(http), cases[i].seconds);
    }
}

static void bad_http_dates_are_refused(void)
{
    static const char *const cases[] = {
        "",
        "now",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT+1",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 28:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:3a GMT",
        "Sun, 06 Nov 199: 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun,\t06 Nov 1994 08:49:37 GMT",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("\"%s\"", cases[i]);
        CHECK_INT(clock_parse_http_date(cases[i]), -1);
    }
}

static void json_strings_are_escaped(void)
{
    static const struct {
        const char *raw, *json;
    } cases[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c\nd\te\x01", "\"a\\\"b\\\\c\\nd\\te\\u0001\""},
        {"caff\xc3\xa8 \xe2\x82\xac \xf0\x9f\x93\xb7", "\"caff\xc3\xa8 \xe2\x82\xac \xf0\x9f\x93\xb7\""},
        {"lone \xc3", "\"lone \xef\xbf\xbd\""},
        {"surrogate \xed\xa0\x80", "\"surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"overlong \xc0\xaf", "\"overlong \xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("%s", cases[i].json);
        TEXT_CLEANUP struct text out = {0};
        json_add_string(&out, cases[i].raw, strlen(cases[i].raw));
        CHECK_STR(text_get(&out), cases[i].json);
        JSON_CLEANUP json_t *value = NULL;
        CHECK_INT(json_parse(out.data, out.length, &value, NULL), STATUS_OK);
    }
}

static void json_is_written_as_it_reads(void)
{
    static const struct {
        const char *read, *written; /* NULL: the same */
    } cases[] = {
        {"{\"b\":1,\"a\":[true,false,null,\"x\"],\"\\\"\":{}}", NULL},
        {"[]", NULL},
        {"[1 , 2]", "[1,2]"},
        {"\"\\u20ac\\/\"", "\"\xe2\x82\xac/\""},
        {"-9223372036854775808", NULL},
        {"8.95", NULL},
        {"0.1", NULL},
        {"99.99999999999999", NULL},
        {"0.30000000000000004", NULL},
        {"1.0", NULL},
        {"-0.0", NULL},
        {"1e2", "100.0"},
        {"1e300", "1e+300"},
        {"5e-324", "4.94065645841247e-324"},
        {"1.7976931348623157e+308", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("%s", cases[i].read);
        JSON_CLEANUP json_t *value = NULL, *again = NULL;
        TEXT_CLEANUP struct text out = {0};
        CHECK_INT(json_parse(cases[i].read, strlen(cases[i].read), &value, NULL), STATUS_OK);
        json_add(&out, value);
        CHECK_STR(text_get(&out), cases[i].written ? cases[i].written : cases[i].read);
        CHECK_INT(json_parse(out.data, out.length, &again, NULL), STATUS_OK);
        CHECK(json_equal(value, again));
    }
}

static void broken_json_is_refused_with_its_place(void)
{
    static const char text[] = "{\"a\": 1,\n \"a\": 2}";
    json_t *value = NULL;
    TEXT_CLEANUP struct text why = {0};
    CHECK_INT(json_parse(text, strlen(text), &value, &why), STATUS_INVALID);
    CHECK(strstr(text_get(&why), "line 2") != NULL);
}

static void histograms_are_cumulative(void)
{
    static struct histogram histogram;
    histogram_observe(&histogram, 500000);        /* 0.5 ms */
    histogram_observe(&histogram, 20000000);      /* 20 ms */
    histogram_observe(&histogram, 60000000000LL); /* a minute */
    TEXT_CLEANUP struct text out = {0};
    metrics_add_histogram(&out, "x", "route=\"/\"", &histogram);
    CHECK(strstr(out.data, "x_bucket{route=\"/\",le=\"0.001\"} 1\n") != NULL);
    CHECK(strstr(out.data, "x_bucket{route=\"/\",le=\"0.025\"} 2\n") != NULL);
    CHECK(strstr(out.data, "x_bucket{route=\"/\",le=\"10\"} 2\n") != NULL);
    CHECK(strstr(out.data, "x_bucket{route=\"/\",le=\"+Inf\"} 3\n") != NULL);
    CHECK(strstr(out.data, "x_count{route=\"/\"} 3\n") != NULL);
}

struct fields {
    const char *listen;
    bool open;
    int64_t threads, size, pause;
};

static const struct setting rows[] = {
    {"listen", SETTING_STRING, offsetof(struct fields, listen), "127.0.0.1:80", 0, 0, "ADDRESS", "where"},
    {"open-login", SETTING_SWITCH, offsetof(struct fields, open), "no", 0, 0, NULL, "whether"},
    {"threads", SETTING_INTEGER, offsetof(struct fields, threads), "2", 1, 64, "N", "how many"},
    {"max-size", SETTING_BYTES, offsetof(struct fields, size), "64M", 1024, 1 << 30, "SIZE", "how much"},
    {"pause", SETTING_SECONDS, offsetof(struct fields, pause), "20s", 0, 0, "TIME", "how long"},
};
static const struct settings_table table = {"test", "cloudphotos test: tests", rows, 5};

/* What the fields point to lives until the arena is released. */
static enum status read_words(int count, const char *const *words, struct arena *arena, struct fields *fields,
                              struct text *why)
{
    bool help;
    char *arguments[8];
    for (int i = 0; i < count; i++)
        arguments[i] = arena_copy_string(arena, words[i]);
    return settings_read(&table, count, arguments, arena, fields, NULL, &help, why);
}

static void settings_take_flags_over_variables_over_file(void)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/settings.ini", check_folder());
    FILE *file = fopen(path, "we");
    if (!CHECK(file != NULL))
        return;
    (void)fputs("# comment\nthreads = 3\n[other]\nunknown = 1\n[test]\n max-size = 1M \npause=500ms\n", file);
    (void)fclose(file);
    struct fields fields;
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    (void)setenv("CLOUDPHOTOS_THREADS", "4", 1);
    (void)setenv("CLOUDPHOTOS_PAUSE", "2m", 1);
    CHECK_INT(read_words(4, (const char *[]){"--config", path, "--pause=7", "--open-login"}, &arena, &fields, &why),
              STATUS_OK);
    CHECK_STR(text_get(&why), "");
    (void)unsetenv("CLOUDPHOTOS_THREADS");
    (void)unsetenv("CLOUDPHOTOS_PAUSE");
    CHECK_STR(fields.listen, "127.0.0.1:80");
    CHECK(fields.open);
    CHECK_INT(fields.threads, 4);
    CHECK_INT(fields.size, 1 << 20);
    CHECK_INT(fields.pause, 7000);
}

static void bad_settings_are_named(void)
{
    static const struct {
        const char *word, *why;
    } cases[] = {
        {"--thread=1", "there is no option --thread (see cloudphotos test --help)"},
        {"--threads=x", "--threads: \"x\" is not a whole number"},
        {"--threads=0", "--threads: \"0\" is out of range; allowed is 1 to 64"},
        {"--threads=99999999999999999999", "--threads: \"99999999999999999999\" is not a whole number"},
        {"--max-size=64Q", "--max-size: \"64Q\" is not a number of bytes such as 64M, 512K or 2G"},
        {"--max-size=2G", "--max-size: \"2G\" is out of range; allowed is 1K to 1G"},
        {"--pause=-1s", "--pause: \"-1s\" is out of range; allowed is 0 or more"},
        {"--open-login=maybe", "--open-login: \"maybe\" is not yes or no"},
        {"--threads", "--threads needs a value: a whole number"},
        {"word", "\"word\" is not expected (see cloudphotos test --help)"},
        {"--config=/nowhere/x.ini", "the settings file /nowhere/x.ini can't be read: No such file or directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("%s", cases[i].word);
        struct fields fields;
        ARENA_CLEANUP struct arena arena = {0};
        TEXT_CLEANUP struct text why = {0};
        CHECK_INT(read_words(1, &cases[i].word, &arena, &fields, &why), STATUS_INVALID);
        CHECK_STR(text_get(&why), cases[i].why);
    }
}

static void errno_becomes_a_status(void)
{
    CHECK_INT(status_from_errno(ENOSPC), STATUS_NO_SPACE);
    CHECK_INT(status_from_errno(EROFS), STATUS_UNAVAILABLE);
    CHECK_INT(status_from_errno(EINVAL), STATUS_INTERNAL);
    CHECK_STR(status_name(STATUS_TOO_LARGE), "too-large");
}

static void files_are_read_and_written_whole(void)
{
    enum { SIZE = 3 << 20, OFFSET = 5 };
    int file = memfd_create("test", MFD_CLOEXEC);
    uint8_t *written = malloc(SIZE), *read = calloc(1, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        written[i] = (uint8_t)(i * 7 >> 3);
    CHECK(file_write_at(file, written, SIZE, OFFSET));
    check_case("all of it");
    CHECK_INT(file_read_at(file, read, SIZE, OFFSET), SIZE);
    CHECK(memcmp(read, written, SIZE) == 0);
    check_case("what there is before the end");
    CHECK_INT(file_read_at(file, read, SIZE, OFFSET + SIZE - 10), 10);
    CHECK(memcmp(read, written + SIZE - 10, 10) == 0);
    check_case("nothing, with the reason");
    CHECK_INT(file_read_at(-1, read, SIZE, 0), 0);
    CHECK(!file_write_at(-1, written, SIZE, 0));
    CHECK_INT(errno, EBADF);
    close(file);
    free(written);
    free(read);
}

CHECK_MAIN({"a text grows as needed", text_grows}, {"integers are written in decimal", integers_are_written},
           {"an arena's memory is aligned", arena_is_aligned}, {"an id is 32 lower-case hex digits", ids_parse},
           {"ids are ordered by time", ids_are_ordered_by_time}, {"times are written in UTC", times_are_written},
           {"bad HTTP dates are refused", bad_http_dates_are_refused},
           {"JSON strings are escaped", json_strings_are_escaped},
           {"JSON is written as it reads", json_is_written_as_it_reads},
           {"broken JSON is refused with its place", broken_json_is_refused_with_its_place},
           {"histogram buckets are cumulative", histograms_are_cumulative},
           {"flags win over variables over the file", settings_take_flags_over_variables_over_file},
           {"bad settings are named", bad_settings_are_named}, {"errno becomes a status", errno_becomes_a_status},
           {"files are read and written whole", files_are_read_and_written_whole})
