/* Scenarios of behave-asl against our interpreter. */
#include "asl_suites.h"
#include "behave_steps.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Where we differ ---- */

#define REVERSED "the suite compares the value with the variable, the language the variable with the value"
#define LITERAL  "a value that is not of the operator's type is refused when the definition is loaded"
#define NO_STATE "it names a state that is not there"
#define NOT_JSON "its definition is not JSON"
#define CHOICE   "The Choice type supports the "
#define DATA_ALL "States.ALL does not match States.DataLimitExceeded in Step Functions"

/* Names begin so. */
static struct {
    const char *scenario, *reason;
    bool seen;
} differences[] = {
    {CHOICE "NumericGreaterThan operator", REVERSED, false},
    {CHOICE "NumericGreaterThanEquals operator", REVERSED, false},
    {CHOICE "NumericLessThan operator", REVERSED, false},
    {CHOICE "NumericLessThanEquals operator", REVERSED, false},
    {CHOICE "StringGreaterThan operator", REVERSED, false},
    {CHOICE "StringGreaterThanEquals operator", REVERSED, false},
    {CHOICE "StringLessThan operator", REVERSED, false},
    {CHOICE "StringLessThanEquals operator", REVERSED, false},
    {CHOICE "TimestampGreaterThan operator", REVERSED, false},
    {CHOICE "TimestampGreaterThanEquals operator", REVERSED, false},
    {CHOICE "TimestampLessThan operator", REVERSED, false},
    {CHOICE "TimestampLessThanEquals operator", REVERSED, false},
    {CHOICE "NumericEquals operator", LITERAL, false},
    {CHOICE "TimestampEquals operator", LITERAL, false},
    {CHOICE "BooleanEquals operator", NOT_JSON, false},
    {CHOICE "Or operator", "a variable that is not there fails the state, as in Step Functions; it is not just false",
     false},
    {"The Choice type supports Parameters", "the language gives a Choice state no Parameters", false},
    {"The Choice type chooses the correct next step given multiple Choices", NO_STATE, false},
    {"The Parallel ResultSelector can pull data from the Context object", "the id of the execution is ours", false},
    {"Errors that can be caught are caught: States.ALL States.DataLimitExceeded", DATA_ALL, false},
    {"A Retry will match an error: States.ALL States.DataLimitExceeded", DATA_ALL, false},
    {"Errors that can be caught and not retried are caught", "a retrier has no Next", false},
    {"The Task type can use '$' in the OutputPath to copy everything", NOT_JSON, false},
    {"The Task ResultPath can pull data from the Context object", NOT_JSON, false},
    {"The system won't exceed the max retries", "MaxAttempts counts the retries, not the first attempt", false},
    {"The Wait type can use SecondsPath to pull a value from", NO_STATE, false},
    {"The Wait type can change the output", NO_STATE, false},
    {"The Wait type can use TimestampPath", NO_STATE, false},
    {"The Pass type can set a parameter that is a JsonPath selector that is nonsense", "it is refused when loaded",
     false},
    {"The Pass type can have a nested json path expression", "the suite writes a list as Python does", false},
    {"State with Type=Choice", NO_STATE, false},
    {"State with Type=Fail", "nothing leads to its second state", false},
};
enum { DIFFERENCES = sizeof differences / sizeof differences[0] };

static const char *find_difference(const char *scenario)
{
    for (size_t i = 0; i < DIFFERENCES; i++)
        if (strncmp(scenario, differences[i].scenario, strlen(differences[i].scenario)) == 0) {
            differences[i].seen = true;
            return differences[i].reason;
        }
    return NULL;
}

static struct {
    unsigned as_told, differ, not_supported, not_ours;
} totals;

static void conclude(const struct world *world, const char *scenario)
{
    const char *difference = world->mismatch.length ? find_difference(scenario) : NULL;
    if (world->status == STATUS_UNSUPPORTED) {
        totals.not_supported++;
        check_skip("not supported: %s", text_get(&world->why));
    } else if (world->unknown) {
        totals.not_ours++;
        check_skip("about something that we do not have: %s", world->unknown);
    } else if (difference) {
        totals.differ++;
        check_skip("differs: %s", difference);
    } else {
        totals.as_told++;
        CHECK_STR(text_get(&world->mismatch), "");
        if (world->mismatch.length)
            printf("# %s\n", text_get(&world->why));
    }
}

static void run_scenario(json_t *scenario)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct world world;
    world_init(&world);
    json_t *told = json_object_get(scenario, "steps");
    for (size_t i = 0; i < json_array_size(told) && !world.unknown; i++)
        world_take_step(&world, json_array_get(told, i), &arena);
    conclude(&world, json_string_value(json_object_get(scenario, "name")));
    world_release(&world);
}

static void run_feature(const char *path, const char *name)
{
    char *text = asl_read_file(path);
    JSON_CLEANUP json_t *scenarios = gherkin_read(text ? text : "");
    CHECK(json_array_size(scenarios) > 0);
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        json_t *scenario = json_array_get(scenarios, i);
        check_case("%s: %s", name, json_string_value(json_object_get(scenario, "name")));
        run_scenario(scenario);
    }
    free(text);
}

static void test_behave(void)
{
    const char *folder = asl_suite("behave");
    if (!folder) {
        check_skip("the suite is not here");
        return;
    }
    size_t prefix = strlen(folder) + 1;
    JSON_CLEANUP json_t *files = asl_list_files(folder, ".feature");
    CHECK(json_array_size(files) > 0);
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *path = json_string_value(json_array_get(files, i));
        run_feature(path, path + prefix);
    }
    check_case("every difference that is named is still there");
    for (size_t i = 0; i < DIFFERENCES; i++)
        if (!CHECK(differences[i].seen))
            printf("# %s\n", differences[i].scenario);
    printf("# %u as told, %u differ for a reason, %u not supported, %u about other things\n", totals.as_told,
           totals.differ, totals.not_supported, totals.not_ours);
}

CHECK_MAIN({"behave-asl", test_behave})
