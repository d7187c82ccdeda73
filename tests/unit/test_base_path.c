/* The path below which the server is found. */
#include "base_path.h"
#include "check.h"

#include <string.h>

static void test_read(void)
{
    static const struct {
        const char *words, *path;
    } rows[] = {
        {"/", ""},
        {"/photos", "/photos"},
        {"/photos/", "/photos"},
        {"/a/b-c_d.e~f", "/a/b-c_d.e~f"},
        {"/Photos-of-us", "/Photos-of-us"},
        {"/...", "/..."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].words);
        ARENA_CLEANUP struct arena arena = {0};
        const char *path = NULL;
        CHECK_INT(base_path_read(rows[i].words, &arena, &path, NULL), STATUS_OK);
        CHECK_STR(path, rows[i].path);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *words, *fault;
    } rows[] = {
        {"", "must begin with a slash"},
        {"photos", "must begin with a slash"},
        {"https://photos.example/a", "must begin with a slash"},
        {"//", "two slashes in a row"},
        {"/a//b", "two slashes in a row"},
        {"//evil.example", "two slashes in a row"},
        {"/a/../b", "must not contain"},
        {"/.", "must not contain"},
        {"/a b", "may only contain"},
        {"/a?b", "may only contain"},
        {"/a#b", "may only contain"},
        {"/a%20b", "may only contain"},
        {"/\"><script>", "may only contain"},
        {"/caf\xc3\xa9", "may only contain"},
        {"/a;b", "may only contain"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].words);
        ARENA_CLEANUP struct arena arena = {0};
        TEXT_CLEANUP struct text why = {0};
        const char *path = NULL;
        CHECK_INT(base_path_read(rows[i].words, &arena, &path, &why), STATUS_INVALID);
        CHECK(strstr(text_get(&why), rows[i].fault));
        CHECK(!path);
    }
    ARENA_CLEANUP struct arena arena = {0};
    char longest[BASE_PATH_MAX + 2];
    const char *path;
    memset(longest, 'a', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    CHECK_INT(base_path_read(longest, &arena, &path, NULL), STATUS_INVALID);
    longest[BASE_PATH_MAX] = '\0';
    CHECK_INT(base_path_read(longest, &arena, &path, NULL), STATUS_OK);
}

static void test_relations(void)
{
    static const struct {
        const char *base_path, *path;
        enum base_path_relation relation;
    } rows[] = {
        {"/a", "/a/", BASE_PATH_BELOW},   {"/a", "/a/b", BASE_PATH_BELOW},    {"/a", "/ab", BASE_PATH_OUTSIDE},
        {"/a", "/A/", BASE_PATH_OUTSIDE}, {"/a", "/", BASE_PATH_OUTSIDE},     {"/a", "", BASE_PATH_OUTSIDE},
        {"/a", "*", BASE_PATH_OUTSIDE},   {"/a/b", "/a/", BASE_PATH_OUTSIDE}, {"/a/b", "/a/b/c", BASE_PATH_BELOW},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s to %s", rows[i].path, rows[i].base_path);
        CHECK_INT(base_path_relation(rows[i].base_path, rows[i].path, strlen(rows[i].path)), rows[i].relation);
    }
}

CHECK_MAIN({"a base path is a path of plain letters", test_read}, {"all else is refused in words", test_refused},
           {"a path is below it by whole parts", test_relations})
