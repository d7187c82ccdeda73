/* What is wrong in a definition is refused when it is loaded, with its place: asl/refused.json has a row a rule. */
#include "check.h"
#include "definition.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *load(const char *path)
{
    json_error_t error;
    json_t *value = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        printf("# %s: line %d: %s\n", path, error.line, error.text);
    return value;
}

/* A row has a "definition"; or "states" alone, or the fields of one "state" A beside which there is a B. */
static json_t *whole(const json_t *row)
{
    json_t *definition = json_object_get(row, "definition"), *states = json_object_get(row, "states");
    json_t *state = json_object_get(row, "state");
    if (definition)
        return json_incref(definition);
    if (states)
        return json_pack("{s:s,s:O}", "StartAt", "A", "States", states);
    return json_pack("{s:s,s:{s:O,s:{s:s}}}", "StartAt", "A", "States", "A", state, "B", "Type", "Succeed");
}

static void check_refused(const json_t *row, const char *why)
{
    TEXT_CLEANUP struct text text = {0};
    TEXT_CLEANUP struct text actual = {0};
    JSON_CLEANUP json_t *definition = whole(row);
    struct definition *parsed = NULL;
    bool unsupported = json_is_true(json_object_get(row, "unsupported"));
    json_add(&text, definition);
    enum status status = definition_parse(text_get(&text), text.length, &parsed, &actual);
    CHECK_INT(status, unsupported ? STATUS_UNSUPPORTED : STATUS_INVALID);
    CHECK_STR(text_get(&actual), why);
    definition_free(parsed);
}

static void test_refusals(void)
{
    JSON_CLEANUP json_t *rows = load(ASL_CASES "/refused.json");
    CHECK(json_array_size(rows) > 0);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *why = json_string_value(json_object_get(row, "why"));
        check_case("%s", why);
        check_refused(row, why);
    }
}

static const struct {
    const char *text, *why;
} broken[] = {
    {"", "line 1, column 0: '[' or '{' expected near end of file"},
    {"{", NULL},
    {"[]", "the definition: must be an object"},
    {"{\"StartAt\":\"A\",\"StartAt\":\"A\"}", NULL},
};

static void test_broken(void)
{
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        TEXT_CLEANUP struct text why = {0};
        struct definition *definition = NULL;
        check_case("%s", broken[i].text);
        CHECK_INT(definition_parse(broken[i].text, strlen(broken[i].text), &definition, &why), STATUS_INVALID);
        CHECK(why.length > 0);
        if (i >= 2 && broken[i].why)
            CHECK_STR(text_get(&why), broken[i].why);
        CHECK(definition == NULL);
    }
}

static bool note(void *context, const char *resource)
{
    text_addf(context, "%s ", resource);
    return true;
}

static const char all_of_it[] =
    "{\"Comment\":\"c\",\"Version\":\"1.0\",\"TimeoutSeconds\":9,\"QueryLanguage\":\"JSONPath\",\"StartAt\":\"A\","
    "\"States\":{"
    "\"A\":{\"Type\":\"Task\",\"Comment\":\"c\",\"QueryLanguage\":\"JSONPath\",\"Resource\":\"a\",\"InputPath\":\"$."
    "x\","
    "\"OutputPath\":null,\"ResultPath\":null,\"Parameters\":{\"a\":1},\"ResultSelector\":{\"b.$\":\"$\"},"
    "\"TimeoutSeconds\":5,\"HeartbeatSeconds\":4,\"Next\":\"P\",\"End\":false,"
    "\"Retry\":[{\"Comment\":\"c\",\"ErrorEquals\":[\"X\"],\"IntervalSeconds\":2,\"MaxAttempts\":0,\"BackoffRate\":1.0,"
    "\"MaxDelaySeconds\":3,\"JitterStrategy\":\"FULL\"},{\"ErrorEquals\":[\"States.ALL\"],\"JitterStrategy\":\"NONE\"}]"
    ","
    "\"Catch\":[{\"Comment\":\"c\",\"ErrorEquals\":[\"States.ALL\"],\"ResultPath\":null,\"Next\":\"F\"}]},"
    "\"P\":{\"Type\":\"Parallel\",\"Next\":\"C\",\"Branches\":[{\"Comment\":\"c\",\"StartAt\":\"b\",\"States\":{\"b\":{"
    "\"Type\":"
    "\"Task\",\"Resource\":\"b\",\"TimeoutSecondsPath\":\"$.t\",\"HeartbeatSecondsPath\":\"$.h\",\"End\":true}}}]},"
    "\"C\":{\"Type\":\"Choice\",\"Default\":\"W\",\"Choices\":[{\"Comment\":\"c\",\"Not\":{\"Comment\":\"c\","
    "\"Variable\":"
    "\"$.x[0]\",\"IsNull\":true},\"Next\":\"F\"}]},"
    "\"W\":{\"Type\":\"Wait\",\"Seconds\":0,\"End\":true},\"F\":{\"Type\":\"Fail\",\"Error\":\"E\",\"CausePath\":\"$$."
    "State.Name\"}}}";

static void test_whole_language(void)
{
    TEXT_CLEANUP struct text why = {0};
    TEXT_CLEANUP struct text resources = {0};
    struct definition *definition = NULL;
    CHECK_INT(definition_parse(all_of_it, strlen(all_of_it), &definition, &why), STATUS_OK);
    CHECK_STR(text_get(&why), "");
    if (!definition)
        return;
    CHECK(definition_each_resource(definition, note, &resources));
    CHECK_STR(text_get(&resources), "a b ");
    definition_free(definition);
}

CHECK_MAIN({"a definition that is wrong is refused with its place", test_refusals},
           {"text that is no definition is refused", test_broken}, {"every field is understood", test_whole_language})
