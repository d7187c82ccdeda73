#include "check.h"
#include "path.h"

#include <stdlib.h>

/* The document of RFC 9535's and Goessner's examples, shortened. */
#define STORE                                                                                                          \
    "{\"store\":{\"book\":[{\"category\":\"reference\",\"price\":8.5,\"title\":\"A\"},"                                \
    "{\"category\":\"fiction\",\"price\":12.75,\"title\":\"B\"},"                                                      \
    "{\"category\":\"fiction\",\"price\":8.75,\"title\":\"C\",\"isbn\":\"0-553\"}],\"bicycle\":{\"price\":19.5}},"     \
    "\"expensive\":10}"

struct selecting {
    const char *document, *path, *selected; /* selected NULL: nothing is there */
};

static const struct selecting selections[] = {
    {"{\"a\":1}", "$", "{\"a\":1}"},
    {"{\"foo\":123}", "$.foo", "123"},
    {"{\"foo\":null}", "$.foo", "null"},
    {"{\"car\":{\"cdr\":true}}", "$.car.cdr", "true"},
    {"{\"a\":1}", "$.b", NULL},
    {"{\"a\":1}", "$.a.b", NULL},
    {"{\"a\":[1]}", "$.a.b", NULL},
    {"[1]", "$.0", NULL},
    {"{\"delivery-partner\":\"UQS\"}", "$.delivery-partner", "\"UQS\""},
    {"{\"a b\":1}", "$['a b']", "1"},
    {"{\"a'b\":1}", "$['a\\'b']", "1"},
    {"{\"a\\\"b\":1}", "$[\"a\\\"b\"]", "1"},
    {"{\"\":1}", "$['']", "1"},
    {"{\"store\":{\"book\":5}}", "$['store']['book']", "5"},
    {"{\"store\":{\"book\":5}}", "$.\\stor\\e.boo\\k", "5"},
    {"{\"store.book\":5}", "$.store\\.book", "5"},
    {"{\"foo\":{\".bar\":5}}", "$.foo.\\.bar", "5"},
    {"{\"foo@bar\":{\"baz[[\":{\"?pretty\":1}}}", "$.foo\\@bar.baz\\[\\[.\\?pretty", "1"},
    {"{\"&Ж中\":{\"𐍆\":1}}", "$.&Ж中.𐍆", "1"},
    {"{\"a\":{\"$\":1}}", "$.a.$", "1"},
    {"{\"a\":[10,20,30]}", "$.a[0]", "10"},
    {"{\"a\":[10,20,30]}", "$.a[-1]", "30"},
    {"{\"a\":[10,20,30]}", "$.a[-3]", "10"},
    {"{\"a\":[10,20,30]}", "$.a[-4]", NULL},
    {"{\"a\":[10,20,30]}", "$.a[3]", NULL},
    {"{\"a\":{\"0\":1}}", "$.a[0]", NULL},
    {"[[0,[1,2]]]", "$[0][1][0]", "1"},
    {"{\"a\":[1,2,3,4]}", "$.a[0,1]", "[1,2]"},
    {"{\"a\":[1,2,3,4]}", "$.a[ 0 , 0 ]", "[1,1]"},
    {"{\"a\":[1,2,3,4]}", "$.a[0,9]", "[1]"},
    {"{\"a\":1,\"b\":2,\"c\":3}", "$['c','a']", "[3,1]"},
    {"{\"v\":[0,10,20,30,40,50]}", "$.v[-3:]", "[30,40,50]"},
    {"{\"v\":[0,10,20,30]}", "$.v[1:3]", "[10,20]"},
    {"{\"v\":[0,10,20,30]}", "$.v[:2]", "[0,10]"},
    {"{\"v\":[0,10,20,30]}", "$.v[:]", "[0,10,20,30]"},
    {"{\"v\":[0,10,20,30]}", "$.v[::2]", "[0,20]"},
    {"{\"v\":[0,10,20,30]}", "$.v[::-1]", "[30,20,10,0]"},
    {"{\"v\":[0,10,20,30]}", "$.v[2:0:-1]", "[20,10]"},
    {"{\"v\":[0,10,20,30]}", "$.v[::0]", "[]"},
    {"{\"v\":[0,10,20,30]}", "$.v[-99:99]", "[0,10,20,30]"},
    {"{\"v\":[0,10,20,30]}", "$.v[5:]", "[]"},
    {"{\"v\":[0]}", "$.v[0:1]", "[0]"},
    {"{\"a\":{\"b\":1,\"c\":2}}", "$.a.*", "[1,2]"},
    {"{\"a\":[1,2]}", "$.a[*]", "[1,2]"},
    {"{\"a\":3}", "$.a[*]", "[]"},
    {"[{\"x\":1},{\"y\":2},{\"x\":3}]", "$[*].x", "[1,3]"},
    {STORE, "$.store.book[*].title", "[\"A\",\"B\",\"C\"]"},
    {STORE, "$..title", "[\"A\",\"B\",\"C\"]"},
    {STORE, "$.store..price", "[8.5,12.75,8.75,19.5]"},
    {STORE, "$..book[2].title", "[\"C\"]"},
    {STORE, "$..book[-1:].title", "[\"C\"]"},
    {STORE, "$..book[0,1].title", "[\"A\",\"B\"]"},
    {STORE, "$..book[?(@.isbn)].title", "[\"C\"]"},
    {STORE, "$..book[?(!@.isbn)].title", "[\"A\",\"B\"]"},
    {STORE, "$..book[?(@.price < 10)].title", "[\"A\",\"C\"]"},
    {STORE, "$..book[?(@.price<=8.5)].title", "[\"A\"]"},
    {STORE, "$..book[?(@.price > $.expensive)].title", "[\"B\"]"},
    {STORE, "$..book[?(@.price >= 12.75)].title", "[\"B\"]"},
    {STORE, "$..book[?@.category == 'fiction'].title", "[\"B\",\"C\"]"},
    {STORE, "$..book[?(@.category != \"fiction\")].title", "[\"A\"]"},
    {STORE, "$..book[?(@.category == 'fiction' && @.price < 10)].title", "[\"C\"]"},
    {STORE, "$..book[?(@.category == 'reference' || @.isbn)].title", "[\"A\",\"C\"]"},
    {STORE, "$..book[?(@.isbn || @.category == 'fiction' && @.price > 100)].title", "[\"C\"]"},
    {STORE, "$..book[?((@.isbn || @.category == 'fiction') && !(@.price > 10))].title", "[\"C\"]"},
    {STORE, "$..book[?(@.title == 'A'), 1].title", "[\"A\",\"B\"]"},
    {"[1,\"1\",true,null,[],{}]", "$[?(@ == 1)]", "[1]"},
    {"[1,\"1\",true,null,[],{}]", "$[?(@ == true)]", "[true]"},
    {"[1,\"1\",true,null,[],{}]", "$[?(@ == null)]", "[null]"},
    {"[1,\"1\",true,null,[],{}]", "$[?(@ != null)]", "[1,\"1\",true,[],{}]"},
    {"[1,2.5,-3]", "$[?(@ < -2.5e0)]", "[-3]"},
    {"[{\"a\":1}]", "$[?(@.b == null)]", "[]"},
    {"[{\"a\":[1,2]},{\"a\":[3]}]", "$[?(@.a[?(@ > 2)])]", "[{\"a\":[3]}]"},
    {"[[1],[1,2]]", "$[?(@ == $[0])]", "[[1]]"},
    {"{\"a\":[]}", "$..*", "[[]]"},
};

static void test_selecting(void)
{
    for (size_t i = 0; i < sizeof selections / sizeof selections[0]; i++) {
        const struct selecting *row = &selections[i];
        ARENA_CLEANUP struct arena arena = {0};
        TEXT_CLEANUP struct text why = {0};
        TEXT_CLEANUP struct text found = {0};
        JSON_CLEANUP json_t *document = NULL;
        JSON_CLEANUP json_t *value = NULL;
        const struct path *path;
        check_case("%s of %.60s", row->path, row->document);
        CHECK_INT(json_parse(row->document, strlen(row->document), &document, NULL), STATUS_OK);
        CHECK_INT(path_parse(row->path, &arena, &path, &why), STATUS_OK);
        if (!CHECK_STR(text_get(&why), ""))
            continue;
        CHECK_INT(path_get(path, document, &value, &why), row->selected ? STATUS_OK : STATUS_NOT_FOUND);
        if (value)
            json_add(&found, value);
        CHECK_STR(text_get(&found), row->selected ? row->selected : "");
    }
}

struct refusal {
    const char *path;
    enum status status;
    const char *why; /* in part */
};

static const struct refusal refusals[] = {
    {"", STATUS_INVALID, "begins with"},
    {"foo", STATUS_INVALID, "begins with"},
    {"$.f\xc6o", STATUS_INVALID, "UTF-8"},
    {".guid", STATUS_INVALID, "begins with"},
    {"()", STATUS_INVALID, "begins with"},
    {"$foo", STATUS_UNSUPPORTED, "variables"},
    {"$states.input", STATUS_UNSUPPORTED, "variables"},
    {"$$MyVar[0]", STATUS_UNSUPPORTED, "variables"},
    {"$!", STATUS_INVALID, "expected"},
    {"$.", STATUS_INVALID, "a name is missing"},
    {"$...", STATUS_INVALID, "a name is missing"},
    {"$.a.", STATUS_INVALID, "a name is missing"},
    {"$.a b", STATUS_INVALID, "escaped or quoted"},
    {"$.a@b", STATUS_INVALID, "escaped or quoted"},
    {"$.a]", STATUS_INVALID, "escaped or quoted"},
    {"$.a\\", STATUS_INVALID, "backslash"},
    {"$.a.length()", STATUS_UNSUPPORTED, "functions"},
    {"$[", STATUS_INVALID, "expected"},
    {"$[]", STATUS_INVALID, "expected"},
    {"$[a]", STATUS_INVALID, "expected"},
    {"$[1", STATUS_INVALID, "\"]\""},
    {"$[1,]", STATUS_INVALID, "expected"},
    {"$['a", STATUS_INVALID, "quote"},
    {"$[99999999999]", STATUS_INVALID, "index"},
    {"$[(@.length-1)].bar", STATUS_UNSUPPORTED, "script"},
    {"$[?(@.a]", STATUS_INVALID, "\")\""},
    {"$[?()]", STATUS_INVALID, "a value"},
    {"$[?(1)]", STATUS_INVALID, "comparison"},
    {"$[?(@.a == )]", STATUS_INVALID, "a value"},
    {"$[?(@.a == b)]", STATUS_INVALID, "a value"},
    {"$[?(@.a =~ /x/)]", STATUS_UNSUPPORTED, "regular"},
    {"$[?((((((((((((((((((((@.a))))))))))))))))))))]", STATUS_INVALID, "nested"},
    {"$[?!!!!!!!!!!!!!!!!!!!!!@.a]", STATUS_INVALID, "nested"},
};

static void test_refusing(void)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        ARENA_CLEANUP struct arena arena = {0};
        TEXT_CLEANUP struct text why = {0};
        const struct path *path = NULL;
        check_case("\"%s\"", refusals[i].path);
        CHECK_INT(path_parse(refusals[i].path, &arena, &path, &why), refusals[i].status);
        CHECK(path == NULL);
        if (!CHECK(strstr(text_get(&why), refusals[i].why) != NULL))
            CHECK_STR(text_get(&why), refusals[i].why);
    }
}

static void test_long_path(void)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text text = {0};
    const struct path *path;
    text_add(&text, "$");
    while (text.length < 5000)
        text_add(&text, ".a");
    CHECK_INT(path_parse(text_get(&text), &arena, &path, NULL), STATUS_INVALID);
}

static const struct {
    const char *path;
    bool reference, context;
} kinds[] = {
    {"$", true, false},         {"$.a[0]['b'][-1]", true, false}, {"$$.Execution.Id", true, true},
    {"$.a[*]", false, false},   {"$..a", false, false},           {"$.a[0,1]", false, false},
    {"$.a[0:1]", false, false}, {"$.a[?(@.b)]", false, false},    {"$.*", false, false},
};

static void test_kinds(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        ARENA_CLEANUP struct arena arena = {0};
        const struct path *path;
        check_case("%s", kinds[i].path);
        CHECK_INT(path_parse(kinds[i].path, &arena, &path, NULL), STATUS_OK);
        CHECK_INT(path_is_reference(path), kinds[i].reference);
        CHECK_INT(path_reads_context(path), kinds[i].context);
        CHECK_STR(path_get_text(path), kinds[i].path);
    }
}

static const struct {
    const char *document, *path, *result; /* of putting 9; NULL: it can't be */
} placements[] = {
    {"{\"a\":1}", "$", "9"},
    {"\"foo\"", "$", "9"},
    {"{\"a\":1}", "$.a", "{\"a\":9}"},
    {"{\"a\":1}", "$.b", "{\"a\":1,\"b\":9}"},
    {"{\"a\":1}", "$.b.c.d", "{\"a\":1,\"b\":{\"c\":{\"d\":9}}}"},
    {"{\"a\":{\"b\":1,\"c\":2}}", "$.a.b", "{\"a\":{\"b\":9,\"c\":2}}"},
    {"{\"a\":[1,2]}", "$.a", "{\"a\":9}"},
    {"{\"a\":[1,2]}", "$.a[1]", "{\"a\":[1,9]}"},
    {"{\"a\":[1,2]}", "$.a[-2]", "{\"a\":[9,2]}"},
    {"{\"a\":[{\"b\":1}]}", "$.a[0].c", "{\"a\":[{\"b\":1,\"c\":9}]}"},
    {"{\"a\":[1,2]}", "$.a[2]", NULL},
    {"{\"a\":[1,2]}", "$.a[-3]", NULL},
    {"{\"a\":1}", "$.a.b", NULL},
    {"{\"a\":null}", "$.a.b", NULL},
    {"{\"a\":1}", "$.b[0]", NULL},
    {"\"foo\"", "$.x", NULL},
    {"[1]", "$.x", NULL},
};

static void test_putting(void)
{
    JSON_CLEANUP json_t *nine = json_integer(9);
    for (size_t i = 0; i < sizeof placements / sizeof placements[0]; i++) {
        ARENA_CLEANUP struct arena arena = {0};
        TEXT_CLEANUP struct text text = {0};
        TEXT_CLEANUP struct text before = {0};
        JSON_CLEANUP json_t *document = NULL;
        JSON_CLEANUP json_t *result = NULL;
        const struct path *path;
        check_case("%s into %s", placements[i].path, placements[i].document);
        CHECK_INT(json_parse(placements[i].document, strlen(placements[i].document), &document, NULL), STATUS_OK);
        CHECK_INT(path_parse(placements[i].path, &arena, &path, NULL), STATUS_OK);
        CHECK_INT(path_put(path, document, nine, &result, NULL), placements[i].result ? STATUS_OK : STATUS_CONFLICT);
        if (result)
            json_add(&text, result);
        CHECK_STR(text_get(&text), placements[i].result ? placements[i].result : "");
        json_add(&before, document);
        CHECK_STR(text_get(&before), placements[i].document);
    }
}

/* A list in a list in a list …: each ".." looks at each level from each level above it. */
static void test_too_much(void)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    JSON_CLEANUP json_t *deep = json_integer(1);
    JSON_CLEANUP json_t *value = NULL;
    const struct path *path;
    for (int i = 0; i < 1000; i++)
        deep = json_pack("[o]", deep);
    CHECK_INT(path_parse("$..*..*..*..*", &arena, &path, NULL), STATUS_OK);
    CHECK_INT(path_get(path, deep, &value, &why), STATUS_TOO_LARGE);
    CHECK(value == NULL);
}

CHECK_MAIN({"a path selects", test_selecting}, {"what is no path is refused", test_refusing},
           {"a path is not endless", test_long_path}, {"a reference path names a single place", test_kinds},
           {"a value is put at a reference path, and nothing is changed in place", test_putting},
           {"a path that takes too much work is stopped", test_too_much})
