/* Base64, digests and UTF-8, a row a rule. */
#include "base64.h"
#include "check.h"
#include "digest.h"
#include "utf8.h"

#include <stdio.h>

/* RFC 4648, 10. */
static void test_base64(void)
{
    static const struct {
        const char *plain, *encoded;
    } pairs[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"},
                 {"\xff\xfb\xbe", "//u+"}};
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Z===", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm9-", "=Zm9"};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        check_case("\"%s\" there and back", pairs[i].encoded);
        TEXT_CLEANUP struct text encoded = {0}, plain = {0};
        base64_add(&encoded, pairs[i].plain, strlen(pairs[i].plain));
        CHECK_STR(text_get(&encoded), pairs[i].encoded);
        CHECK(base64_decode(&plain, pairs[i].encoded, strlen(pairs[i].encoded)));
        CHECK_STR(text_get(&plain), pairs[i].plain);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_case("\"%s\" is none", bad[i]);
        TEXT_CLEANUP struct text plain = {0};
        text_add(&plain, "kept");
        CHECK(!base64_decode(&plain, bad[i], strlen(bad[i])));
        CHECK_STR(text_get(&plain), "kept");
    }
}

/* FIPS 180-4's examples. */
static void test_digests(void)
{
    static const struct {
        enum digest_kind kind;
        const char *hex;
    } rows[] = {{DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
                {DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}};
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[DIGEST_BYTES_MAX];
        char hex[2 * DIGEST_BYTES_MAX + 1];
        struct digest *digest = digest_new(rows[i].kind);
        digest_add(digest, "a", 1);
        digest_add(digest, "bc", 2);
        size_t size = digest_finish(digest, bytes);
        for (size_t k = 0; k < size; k++)
            (void)snprintf(hex + 2 * k, 3, "%02x", bytes[k]);
        CHECK_STR(hex, rows[i].hex);
        digest_free(digest);
    }
    digest_free(NULL);
}

static void test_utf8(void)
{
    static const struct {
        const char *text;
        int characters; /* -1: it is none */
    } rows[] = {
        {"", 0},          {"abc", 3},           {"\xc3\xa4", 1},          {"\xe2\x82\xac!", 2}, {"\xf0\x9f\x8f\x96", 1},
        {"\xc0\x80", -1}, {"\xed\xa0\x80", -1}, {"\xf4\x90\x80\x80", -1}, {"a\xe2\x82", -1},    {"\xff", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t characters = 0;
        bool is = utf8_count(rows[i].text, strlen(rows[i].text), &characters);
        CHECK_INT(is ? (int)characters : -1, rows[i].characters);
    }
}

CHECK_MAIN({"base64", test_base64}, {"a digest is that of all pieces", test_digests},
           {"characters are counted", test_utf8})
