/* The sentences that owners of photos meet: each is found again by its code and values, and by no other. */
#include "check.h"
#include "reasons.h"

#include <ctype.h>
#include <string.h>

static const char longest[] = "JPEG, PNG, GIF, WebP, HEIC, AVIF, TIFF, NEF, CR2, ARW and DNG";

static void check_found(enum reason reason, const char *sentence, const char *const *values)
{
    struct reason_found found = {0};
    CHECK(reason_find(sentence, &found));
    CHECK_STR(reason_code(found.reason), reason_code(reason));
    for (unsigned i = 0; i < REASON_VALUES_MAX && i < reason_value_count(reason); i++) {
        CHECK_INT(found.values[i].length, strlen(values[i]));
        CHECK(strncmp(found.values[i].start, values[i], found.values[i].length) == 0);
    }
}

static void test_round_trip(void)
{
    static const char *const sets[][REASON_VALUES_MAX] = {
        {"JPEG", "16-bit float samples", "x"}, {"0.4 megapixels", "2.5", "3."}, {longest, longest, longest}};
    for (unsigned i = 0; i < REASONS; i++) {
        for (size_t k = 0; k < sizeof sets / sizeof sets[0]; k++) {
            check_case("%s, values %zu", reason_code((enum reason)i), k);
            TEXT_CLEANUP struct text why = {0};
            reason_set(&why, (enum reason)i, sets[k][0], sets[k][1], sets[k][2]);
            check_found((enum reason)i, text_get(&why), sets[k]);
            CHECK(why.length <= REASON_SENTENCE_MAX);
        }
    }
    reason_set(NULL, REASON_IMAGE_EMPTY);
}

/* No library's name, no signal: a sentence says what was found and what to do. */
static void test_plain_words(void)
{
    static const char *const strangers[] = {"signal",   "errno",          "exit code",   "seccomp",  "lib",    "vips",
                                            "spng",     "Decoder plugin", "Unspecified", "ONNX",     "SQLite", "sqlite",
                                            "database", "darkroom",       "sandbox",     "process ", "thread"};
    for (unsigned i = 0; i < REASONS; i++) {
        check_case("reason %u", i);
        CHECK(reason_code((enum reason)i));
        check_case("%s", reason_code((enum reason)i));
        TEXT_CLEANUP struct text why = {0};
        reason_set(&why, (enum reason)i, "a", "b", "c");
        bool is_verdict = strncmp(text_get(&why), "Not published: ", 15) == 0; /* which nobody can do anything about */
        CHECK(is_verdict || strpbrk(text_get(&why), ".:") < text_get(&why) + why.length - 1);
        CHECK(isupper((unsigned char)text_get(&why)[0]));
        CHECK(text_get(&why)[why.length - 1] == '.');
        CHECK(reason_value_count((enum reason)i) <= REASON_VALUES_MAX);
        for (size_t k = 0; k < sizeof strangers / sizeof strangers[0]; k++)
            CHECK(!strstr(text_get(&why), strangers[k]));
        for (unsigned other = 0; other < i; other++)
            CHECK(strcmp(reason_code((enum reason)i), reason_code((enum reason)other)) != 0);
    }
}

static void test_strangers(void)
{
    static const char *const sentences[] = {"", "This  is incomplete. Export or copy it again.",
                                            "This JPEG is incomplete.",
                                            "This JPEG is incomplete. Export or copy it again. ", "Something else."};
    struct reason_found found;
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        check_case("\"%s\"", sentences[i]);
        CHECK(!reason_find(sentences[i], &found));
    }
}

static void test_json(void)
{
    static const struct {
        const char *sentence, *json;
    } rows[] = {
        {NULL, ",\"error_code\":null,\"error_values\":[]"},
        {"Something else.", ",\"error_code\":null,\"error_values\":[]"},
        {"This file is empty. Choose the photo again, or copy it again.",
         ",\"error_code\":\"image-empty\",\"error_values\":[]"},
        {"This file is 73 MB; the limit is 64 MB. Export it at a smaller size.",
         ",\"error_code\":\"file-too-large\",\"error_values\":[\"73 MB\",\"64 MB\"]"},
        {"Not published: this photo appears to show \"a \"b\" c\" (94% confidence).",
         ",\"error_code\":\"shows-label\",\"error_values\":[\"a \\\"b\\\" c\",\"94%\"]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text json = {0};
        reason_add_json(&json, rows[i].sentence);
        CHECK_STR(text_get(&json), rows[i].json);
    }
}

static void test_numbers(void)
{
    static const struct {
        const char *(*write)(char buffer[static REASON_NUMBER_SIZE], uint64_t number);
        uint64_t number;
        const char *text;
    } rows[] = {
        {reason_bytes, 0, "0 bytes"},
        {reason_bytes, 999, "999 bytes"},
        {reason_bytes, 1001, "2 KB"},
        {reason_bytes, 67108864, "68 MB"},
        {reason_bytes, 73000000, "73 MB"},
        {reason_bytes, UINT64_MAX, "18446744073710 MB"},
        {reason_bytes_limit, 999, "999 bytes"},
        {reason_bytes_limit, 1999, "1 KB"},
        {reason_bytes_limit, 67108864, "67 MB"},
        {reason_pixels, 400000, "0.4 megapixels"},
        {reason_pixels, 1001000, "1.1 megapixels"},
        {reason_pixels_limit, 1099999, "1.0 megapixels"},
        {reason_pixels, 100000001, "101 megapixels"},
        {reason_pixels_limit, 100999999, "100 megapixels"},
        {reason_pixels, 108000000, "108 megapixels"},
        {reason_pixels, 10000000000, "10,000 megapixels"},
        {reason_number, 0, "0"},
        {reason_number, 999, "999"},
        {reason_number, 16383, "16,383"},
        {reason_number, UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char buffer[REASON_NUMBER_SIZE];
        CHECK_STR(rows[i].write(buffer, rows[i].number), rows[i].text);
    }
}

CHECK_MAIN({"a sentence is found by its code and values", test_round_trip},
           {"sentences are plain words", test_plain_words}, {"other sentences are none", test_strangers},
           {"code and values are written as JSON", test_json}, {"numbers are written for people", test_numbers})
