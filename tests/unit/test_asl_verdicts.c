/* Verdicts of other checkers of the States Language on whole definitions, against ours. */
#include "asl_suites.h"
#include "check.h"
#include "definition.h"

#include <stdio.h>
#include <stdlib.h>

/* Where we judge otherwise, and why. */
static const struct {
    const char *file, *reason;
} differences[] = {
    {"valid-task-intrisic-function.json", "its Resource is an object of CloudFormation; the language wants a string"},
    {"invalid-cfn-definition-substitutions.json", "placeholders of CloudFormation are not part of the language"},
    {"invalid-task-alias-function.json", "a Resource is any name that a handler answers to, not an ARN alone"},
    {"succeed-with-comment-in-catcher.json", "a comment in a catcher is harmless, and Step Functions takes it"},
};

static const char *find_difference(const char *file)
{
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++)
        if (strcmp(differences[i].file, file) == 0)
            return differences[i].reason;
    return NULL;
}

static void judge(const char *path, const char *file, bool valid)
{
    TEXT_CLEANUP struct text why = {0};
    struct definition *definition = NULL;
    char *text = asl_read_file(path);
    const char *difference = find_difference(file);
    check_case("%s", file);
    if (!text) {
        CHECK(text != NULL);
        return;
    }
    enum status status = definition_parse(text, strlen(text), &definition, &why);
    free(text);
    definition_free(definition);
    if (status == STATUS_UNSUPPORTED)
        check_skip("not supported: %s", text_get(&why));
    else if (difference)
        (void)(CHECK((status == STATUS_OK) != valid), check_skip("differs: %s", difference));
    else if (!CHECK((status == STATUS_OK) == valid))
        printf("# %s\n", text_get(&why));
}

static void test_validator(void)
{
    const char *folder = asl_suite("validator");
    if (!folder) {
        check_skip("the suite is not here");
        return;
    }
    JSON_CLEANUP json_t *files = asl_list_files(folder, ".json");
    CHECK(json_array_size(files) > 0);
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *path = json_string_value(json_array_get(files, i)), *file = strrchr(path, '/') + 1;
        judge(path, file, strncmp(file, "valid", 5) == 0);
    }
}

/* A line is a file and the number of problems that the reference linter finds. */
static void test_statelint(void)
{
    const char *folder = asl_suite("statelint");
    TEXT_CLEANUP struct text path = {0};
    if (!folder) {
        check_skip("the suite is not here");
        return;
    }
    text_setf(&path, "%s/verdicts.tsv", folder);
    char *verdicts = asl_read_file(text_get(&path)), *rest = verdicts;
    CHECK(verdicts != NULL);
    for (char *line; (line = strsep(&rest, "\n"));) {
        const char *file = strsep(&line, "\t");
        if (file[0] == '#' || !line)
            continue;
        text_setf(&path, "%s/%s", folder, file);
        judge(text_get(&path), file, strcmp(line, "0") == 0);
    }
    free(verdicts);
}

CHECK_MAIN({"the verdict of asl-validator", test_validator}, {"the verdict of statelint", test_statelint})
