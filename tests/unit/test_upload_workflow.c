/* What becomes of a photo whose tasks fail: by our fault it waits, for as long as that lasts; by its own it is
 * refused. */
#include "asl_drive.h"
#include "check.h"
#include "execution_data.h"
#include "pipeline.h"

enum { LONG = 200, PAUSE_MAX_S = 30, TIMEOUT_S = 600 };

static void add_answers(json_t *answers, const char *resource, json_t *first, int times)
{
    json_t *list = json_array();
    for (int i = 0; i < times; i++)
        (void)json_array_append(list, first);
    (void)json_array_append_new(list, json_pack("{s:{}}", "output"));
    (void)json_object_set_new(answers, resource, list);
}

/* An upload whose task `resource` answers so at its first calls, and then does what it should. */
static void open_upload(struct drive *drive, const char *resource, json_t *first, int times, json_t *answers)
{
    static const char *const resources[] = {"detect-and-store", "review", "resize", "publish", "reject"};
    TEXT_CLEANUP struct text definition = {0};
    TEXT_CLEANUP struct text data = {0};
    TEXT_CLEANUP struct text why = {0};
    JSON_CLEANUP json_t *input = json_object();
    text_append(&definition, pipeline_workflow_text, pipeline_workflow_length);
    execution_data_initial(input, &data);
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++)
        add_answers(answers, resources[i], first, strcmp(resources[i], resource) == 0 ? times : 0);
    CHECK_INT(drive_open(drive, text_get(&definition), text_get(&data), answers, &why), STATUS_OK);
    CHECK_STR(text_get(&why), "");
}

static void test_faults(void)
{
    static const struct {
        const char *resource, *error; /* NULL: it takes longer than it may */
        int times;
        bool is_published;
    } rows[] = {
        {"detect-and-store", NULL, 10, true},
        {"detect-and-store", NULL, 11, false},
        {"detect-and-store", "Moderation.Unavailable", LONG, true},
        {"detect-and-store", "Darkroom.Unavailable", LONG, true},
        {"detect-and-store", "Storage.NoSpace", LONG, true},
        {"detect-and-store", "Moderation.Refused", 1, false},
        {"detect-and-store", "Photo.Broken", 1, false},
        {"detect-and-store", "Darkroom.Timeout", 1, true},
        {"detect-and-store", "Darkroom.Timeout", 2, false},
        {"detect-and-store", "Darkroom.Crashed", 2, true},
        {"detect-and-store", "Darkroom.Crashed", 3, false},
        {"detect-and-store", "Moderation.Crashed", 4, true},
        {"detect-and-store", "Moderation.Crashed", 5, false},
        {"detect-and-store", "Moderation.Timeout", 5, false},
        {"resize", NULL, 10, true},
        {"resize", NULL, 11, false},
        {"resize", "Storage.Unavailable", LONG, true},
        {"resize", "Darkroom.Unavailable", LONG, true},
        {"resize", "Darkroom.Crashed", 3, false},
        {"resize", "Darkroom.Timeout", 1, true},
        {"resize", "Darkroom.Timeout", 2, false},
        {"publish", NULL, LONG, true},
        {"publish", "Storage.Unavailable", LONG, true},
        {"publish", "Photo.Refused", 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        JSON_CLEANUP json_t *answers = json_object();
        JSON_CLEANUP json_t *first = rows[i].error ? json_pack("{s:s}", "error", rows[i].error)
                                                   : json_pack("{s:{}, s:i}", "output", "seconds", TIMEOUT_S + 1);
        struct drive drive;
        check_case("%s: %s, %d times", rows[i].resource, rows[i].error ? rows[i].error : "States.Timeout",
                   rows[i].times);
        open_upload(&drive, rows[i].resource, first, rows[i].times, answers);
        CHECK(drive_run(&drive));
        CHECK_INT(interpreter_get_status(drive.interpreter),
                  rows[i].is_published ? EXECUTION_SUCCEEDED : EXECUTION_FAILED);
        CHECK_INT(json_integer_value(json_object_get(drive.calls, "reject")), !rows[i].is_published);
        CHECK(drive.now_ms - DRIVE_START_MS <= (int64_t)rows[i].times * (TIMEOUT_S + 1 + PAUSE_MAX_S) * 1000);
        drive_release(&drive);
    }
}

/* A moderator asks for a person: the photo waits in a state of its own, however long, and the decision counts. */
static void test_review(void)
{
    static const struct {
        const char *decision; /* NULL: approved */
        int published;
    } rows[] = {{NULL, 1}, {"Moderation.Refused", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        JSON_CLEANUP json_t *answers = json_object(), *held = json_pack("{s:s}", "error", "Moderation.Held");
        struct drive drive;
        check_case("%s", rows[i].decision ? rows[i].decision : "approved");
        open_upload(&drive, "review", held, LONG, answers);
        (void)json_object_set_new(answers, "detect-and-store", json_pack("[o]", json_incref(held)));
        if (rows[i].decision)
            (void)json_array_set_new(json_object_get(answers, "review"), LONG,
                                     json_pack("{s:s}", "error", rows[i].decision));
        CHECK(drive_run(&drive));
        CHECK_INT(json_integer_value(json_object_get(drive.calls, "detect-and-store")), 1);
        CHECK_INT(json_integer_value(json_object_get(drive.calls, "review")), LONG + 1);
        CHECK_INT(json_integer_value(json_object_get(drive.calls, "publish")), rows[i].published);
        CHECK_INT(json_integer_value(json_object_get(drive.calls, "reject")), !rows[i].published);
        drive_release(&drive);
    }
}

CHECK_MAIN({"a photo waits while the fault is ours, and is refused when it is its own", test_faults},
           {"a held photo waits for a person", test_review})
