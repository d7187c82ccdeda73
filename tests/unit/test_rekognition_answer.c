/* What Rekognition's answers and errors mean for a photo, without any network. */
#include "check.h"
#include "memory.h"
#include "rekognition_answer.h"

#include <stdio.h>
#include <stdlib.h>

/* "Weapons<Violence 97 refuse; Violence 97 label" */
static void write_labels(const struct moderation_labels *labels, struct text *ret_text)
{
    for (size_t i = 0; i < labels->count; i++) {
        const struct moderation_label *label = &labels->rows[i];
        text_addf(ret_text, "%s%s%s%s %g %s", i ? "; " : "", label->name, *label->parent ? "<" : "", label->parent,
                  label->confidence, moderation_action_name(label->action));
    }
}

#define ROW(name, parent, confidence)                                                                                  \
    "{\"Name\":\"" name "\",\"ParentName\":\"" parent "\",\"Confidence\":" confidence "}"
#define ANSWER(rows) "{\"ModerationModelVersion\":\"7.0\",\"ModerationLabels\":[" rows "]}"

static void test_verdicts(void)
{
    static const struct {
        const char *name;
        const char *bodies[3];
        struct rekognition_policy policy;
        const char *labels;
    } rows[] = {
        {"nothing", {ANSWER("")}, {0}, ""},
        {"the lowest acts",
         {ANSWER(ROW("Violence", "", "97") "," ROW("Weapons", "Violence", "97"))},
         {0},
         "Weapons<Violence 97 refuse; Violence 97 label"},
        {"three levels",
         {ANSWER(ROW("A", "", "60") "," ROW("B", "A", "60") "," ROW("C", "B", "60"))},
         {0},
         "C<B 60 refuse; A 60 label; B<A 60 label"},
        {"the surest first", {ANSWER(ROW("A", "", "60") "," ROW("B", "", "70"))}, {0}, "B 70 refuse; A 60 refuse"},
        {"a parent that is not listed", {ANSWER(ROW("Weapons", "Violence", "97"))}, {0}, "Weapons<Violence 97 refuse"},
        {"several pictures: where it is surest",
         {ANSWER(ROW("A", "", "60")), ANSWER(""), ANSWER(ROW("B", "", "55") "," ROW("A", "", "90.5"))},
         {0},
         "A 90.5 refuse; B 55 refuse"},
        {"allowed by its own name", {ANSWER(ROW("A", "", "60"))}, {.label_only = " b ,a"}, "A 60 label"},
        {"allowed by its parent's name", {ANSWER(ROW("B", "A", "60"))}, {.label_only = "A"}, "B<A 60 label"},
        {"allowed by the top level's name",
         {ANSWER(ROW("C", "B", "60") "," ROW("B", "A", "60"))},
         {.label_only = "A"},
         "B<A 60 label; C<B 60 label"},
        {"held by its parent's name", {ANSWER(ROW("B", "A", "60"))}, {.hold = "A"}, "B<A 60 hold"},
        {"the nearest name counts", {ANSWER(ROW("B", "A", "60"))}, {.label_only = "B", .hold = "A"}, "B<A 60 label"},
        {"part of a name is none", {ANSWER(ROW("Beer", "", "60"))}, {.label_only = "Bee,Beers,,"}, "Beer 60 refuse"},
        {"what acts comes first",
         {ANSWER(ROW("A", "", "99") "," ROW("B", "", "60") "," ROW("C", "", "55"))},
         {.label_only = "A", .hold = "B"},
         "C 55 refuse; B 60 hold; A 99 label"},
        {"its own parent", {ANSWER(ROW("A", "A", "60"))}, {0}, "A<A 60 refuse"},
        {"a name in two places",
         {ANSWER(ROW("A", "X", "60") "," ROW("A", "B", "70") "," ROW("B", "A", "60"))},
         {0},
         "B<A 60 refuse; A<X 70 label"},
        {"a circle",
         {ANSWER(ROW("A", "C", "60") "," ROW("B", "A", "60") "," ROW("C", "B", "60"))},
         {.label_only = "x"},
         "A<C 60 refuse; B<A 60 refuse; C<B 60 refuse"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rekognition_answer *answer = NEW(struct rekognition_answer);
        struct moderation_labels labels = {0};
        TEXT_CLEANUP struct text seen = {0}, why = {0};
        check_case("%s", rows[i].name);
        for (size_t k = 0; k < 3 && rows[i].bodies[k]; k++)
            CHECK_INT(rekognition_read_answer(rows[i].bodies[k], strlen(rows[i].bodies[k]), answer, &why), STATUS_OK);
        rekognition_judge(answer, &rows[i].policy, &labels);
        write_labels(&labels, &seen);
        CHECK_STR(text_get(&seen), rows[i].labels);
        CHECK_STR(answer->model_version, "7.0");
        free(answer);
    }
}

/* A refusal is never pushed out by labels that only tell. */
static void test_many(void)
{
    struct rekognition_answer *answer = NEW(struct rekognition_answer);
    struct moderation_labels labels = {0};
    const struct rekognition_policy policy = {.label_only = "Harmless"};
    TEXT_CLEANUP struct text body = {0};
    text_add(&body, "{\"ModerationLabels\":[");
    for (int i = 0; i < REKOGNITION_LABELS_MAX - 1; i++)
        text_addf(&body, "{\"Name\":\"%d\",\"ParentName\":\"Harmless\",\"Confidence\":99},", i);
    text_add(&body, ROW("Weapons", "", "50") "]}");
    CHECK_INT(rekognition_read_answer(text_get(&body), body.length, answer, NULL), STATUS_OK);
    CHECK_INT(answer->count, REKOGNITION_LABELS_MAX);
    rekognition_judge(answer, &policy, &labels);
    CHECK_INT(labels.count, MODERATION_LABELS_MAX);
    CHECK_STR(labels.rows[0].name, "Weapons");
    CHECK_STR(moderation_find(&labels, MODERATION_REFUSE) ? "found" : NULL, "found");
    free(answer);
}

static void test_garbage(void)
{
    static const struct {
        const char *name, *body, *why;
    } rows[] = {
        {"half an answer", "{\"ModerationLabels\":[",
         "the response is malformed: line 1, column 21: ']' expected near end of file"},
        {"no object", "7", "the response is malformed: it has no ModerationLabels"},
        {"labels that are no list", "{\"ModerationLabels\":{}}",
         "the response is malformed: it has no ModerationLabels"},
        {"one of them broken", ANSWER(ROW("A", "", "60") ",{}"),
         "the response is malformed: a label lacks its Name, or a Confidence of 0 to 100, or a name is too long"},
        {"a name without end",
         ANSWER(ROW("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456",
                    "", "60")),
         "the response is malformed: a label lacks its Name, or a Confidence of 0 to 100, or a name is too long"},
        {"less than nothing", ANSWER(ROW("A", "", "-1")),
         "the response is malformed: a label lacks its Name, or a Confidence of 0 to 100, or a name is too long"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rekognition_answer *answer = NEW(struct rekognition_answer);
        TEXT_CLEANUP struct text why = {0};
        check_case("%s", rows[i].name);
        CHECK_INT(rekognition_read_answer(rows[i].body, strlen(rows[i].body), answer, &why), STATUS_UNAVAILABLE);
        CHECK_STR(text_get(&why), rows[i].why);
        free(answer);
    }
}

static void test_errors(void)
{
    static const struct {
        unsigned code;
        const char *type, *body;
        enum status status;
        bool is_about_who_asks;
        const char *why;
    } rows[] = {
        {400, "", "{\"__type\":\"ImageTooLargeException\",\"Message\":\"m\"}", STATUS_TOO_LARGE, false,
         "code 400 ImageTooLargeException: m"},
        {400, "", "{\"__type\":\"a.b#InvalidImageFormatException\",\"message\":\"m\"}", STATUS_UNSUPPORTED, false,
         "code 400 InvalidImageFormatException: m"},
        {400, "ThrottlingException:http://x/", "", STATUS_BUSY, false,
         "code 400 ThrottlingException (ask Amazon for more requests a second)"},
        {400, "", "{\"__type\":\"ProvisionedThroughputExceededException\"}", STATUS_BUSY, false,
         "code 400 ProvisionedThroughputExceededException (ask Amazon for more requests a second)"},
        {400, "", "{\"__type\":\"AccessDeniedException\"}", STATUS_UNAVAILABLE, true,
         "code 400 AccessDeniedException (the credentials need the right rekognition:DetectModerationLabels)"},
        {400, "", "{\"__type\":\"ExpiredTokenException\"}", STATUS_UNAVAILABLE, true,
         "code 400 ExpiredTokenException (the credentials have expired)"},
        {400, "", "{\"__type\":\"InvalidParameterException\",\"Message\":\"m\"}", STATUS_UNAVAILABLE, false,
         "code 400 InvalidParameterException: m"},
        {500, "", "{\"__type\":\"InternalServerError\"}", STATUS_UNAVAILABLE, false, "code 500 InternalServerError"},
        {418, "Teapot", "[]", STATUS_UNAVAILABLE, false, "code 418 Teapot"},
        {502, "", "<html>", STATUS_UNAVAILABLE, false, "code 502 without a name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text why = {0};
        check_case("%s", rows[i].why);
        const struct rekognition_error error =
            rekognition_read_error(rows[i].code, rows[i].type, rows[i].body, strlen(rows[i].body), &why);
        CHECK_INT(error.status, rows[i].status);
        CHECK_INT(error.is_about_who_asks, rows[i].is_about_who_asks);
        CHECK_STR(text_get(&why), rows[i].why);
    }
}

CHECK_MAIN({"an answer becomes labels that act", test_verdicts}, {"many labels hide no refusal", test_many},
           {"garbage is no answer", test_garbage}, {"an error is the picture's, ours, or the service's", test_errors})
