#include "rekognition_answer.h"

#include "json.h"
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Labels ---- */

static bool copy_name(const json_t *row, const char *key, char ret_name[static MODERATION_NAME_SIZE])
{
    const char *name = json_string_value(json_object_get(row, key));
    size_t length = name ? strlen(name) : 0;
    if (length >= MODERATION_NAME_SIZE)
        return false;
    memcpy(ret_name, name ? name : "", length + 1);
    return true;
}

static bool read_label(const json_t *row, struct rekognition_label *ret_label)
{
    const json_t *confidence = json_object_get(row, "Confidence");
    ret_label->confidence = json_number_value(confidence);
    return json_is_number(confidence) && ret_label->confidence >= 0 && ret_label->confidence <= 100
           && copy_name(row, "Name", ret_label->name) && *ret_label->name
           && copy_name(row, "ParentName", ret_label->parent);
}

static const struct rekognition_label *find_label(const struct rekognition_answer *answer, const char *name)
{
    for (size_t i = 0; *name && i < answer->count; i++)
        if (strcmp(answer->rows[i].name, name) == 0)
            return &answer->rows[i];
    return NULL;
}

/* A name has one place in the taxonomy: the first one said. False: there is no room. */
static bool merge_label(struct rekognition_answer *answer, const struct rekognition_label *label)
{
    for (size_t i = 0; i < answer->count; i++) {
        struct rekognition_label *row = &answer->rows[i];
        if (strcmp(row->name, label->name) != 0)
            continue;
        row->confidence = label->confidence > row->confidence ? label->confidence : row->confidence;
        return true;
    }
    if (answer->count == REKOGNITION_LABELS_MAX)
        return false;
    answer->rows[answer->count++] = *label;
    return true;
}

static const char *merge(const json_t *root, struct rekognition_answer *answer)
{
    const json_t *rows = json_object_get(root, "ModerationLabels");
    if (!json_is_array(rows))
        return "it has no ModerationLabels";
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct rekognition_label label;
        if (!read_label(json_array_get(rows, i), &label))
            return "a label lacks its Name, or a Confidence of 0 to 100, or a name is too long";
        if (!merge_label(answer, &label))
            return "there are too many labels";
    }
    return copy_name(root, "ModerationModelVersion", answer->model_version) ? NULL : "the model's version is too long";
}

enum status rekognition_read_answer(const char *body, size_t size, struct rekognition_answer *answer, struct text *why)
{
    JSON_CLEANUP json_t *root = NULL;
    TEXT_CLEANUP struct text reason = {0};
    enum status status = json_parse(body, size, &root, &reason);
    const char *wrong = status == STATUS_OK ? merge(root, answer) : text_get(&reason);
    if (!wrong)
        return STATUS_OK;
    text_setf(why, "the response is malformed: %s", wrong);
    return STATUS_UNAVAILABLE;
}

/* ---- What they mean ---- */

static bool runs_in_circle(const struct rekognition_answer *answer, const struct rekognition_label *label)
{
    size_t steps = 0;
    while (label && steps++ <= answer->count)
        label = find_label(answer, label->parent);
    return label != NULL;
}

/* Another label tells more exactly what this one does. */
static bool sums_up(const struct rekognition_answer *answer, const struct rekognition_label *label)
{
    for (size_t i = 0; i < answer->count; i++)
        if (strcmp(answer->rows[i].parent, label->name) == 0)
            return !runs_in_circle(answer, label);
    return false;
}

/* By the nearest name that is listed: its own, its parent's, and so on. */
static enum moderation_action action_of(const struct rekognition_answer *answer, const struct rekognition_label *label,
                                        const struct rekognition_policy *policy)
{
    const char *name = label->name;
    if (sums_up(answer, label))
        return MODERATION_LABEL;
    for (size_t steps = 0; *name && steps <= answer->count; steps++) {
        if (moderation_is_listed(policy->hold, name))
            return MODERATION_HOLD;
        if (moderation_is_listed(policy->label_only, name))
            return MODERATION_LABEL;
        const struct rekognition_label *row = steps ? find_label(answer, name) : label;
        name = row ? row->parent : "";
    }
    return MODERATION_REFUSE;
}

static int compare_labels(const void *one, const void *other)
{
    const struct moderation_label *a = one, *b = other;
    if (a->action != b->action)
        return (int)b->action - (int)a->action;
    if (a->confidence != b->confidence)
        return a->confidence < b->confidence ? 1 : -1;
    return strcmp(a->name, b->name);
}

void rekognition_judge(const struct rekognition_answer *answer, const struct rekognition_policy *policy,
                       struct moderation_labels *ret_labels)
{
    struct moderation_label *all = NEW_ARRAY(REKOGNITION_LABELS_MAX, struct moderation_label);
    for (size_t i = 0; i < answer->count; i++) {
        const struct rekognition_label *row = &answer->rows[i];
        all[i] = moderation_label_make(row->name, row->parent, row->confidence, action_of(answer, row, policy));
    }
    qsort(all, answer->count, sizeof *all, compare_labels);
    ret_labels->count = answer->count < MODERATION_LABELS_MAX ? answer->count : MODERATION_LABELS_MAX;
    memcpy(ret_labels->rows, all, ret_labels->count * sizeof *all);
    free(all);
}

/* ---- Errors ---- */

/* The service model's errors of DetectModerationLabels, then those that every service of AWS has. What is not listed is
 * tried again. */
static const struct {
    const char *name;
    struct rekognition_error error;
    const char *advice;
} errors[] = {
    {"ImageTooLargeException", {STATUS_TOO_LARGE, false}, NULL},
    {"InvalidImageFormatException", {STATUS_UNSUPPORTED, false}, NULL},
    {"AccessDeniedException",
     {STATUS_UNAVAILABLE, true},
     "the credentials need the right rekognition:DetectModerationLabels"},
    {"HumanLoopQuotaExceededException", {STATUS_UNAVAILABLE, false}, "too many photos wait for Amazon's reviewers"},
    {"InternalServerError", {STATUS_UNAVAILABLE, false}, NULL},
    {"InvalidParameterException", {STATUS_UNAVAILABLE, false}, NULL},
    {"InvalidS3ObjectException", {STATUS_UNAVAILABLE, false}, "the service can't read the bucket"},
    {"ProvisionedThroughputExceededException", {STATUS_BUSY, false}, "ask Amazon for more requests a second"},
    {"ResourceNotFoundException", {STATUS_UNAVAILABLE, false}, NULL},
    {"ResourceNotReadyException", {STATUS_UNAVAILABLE, false}, NULL},
    {"ThrottlingException", {STATUS_BUSY, false}, "ask Amazon for more requests a second"},

    {"ExpiredTokenException", {STATUS_UNAVAILABLE, true}, "the credentials have expired"},
    {"IncompleteSignatureException", {STATUS_UNAVAILABLE, true}, NULL},
    {"InvalidSignatureException", {STATUS_UNAVAILABLE, true}, "is the secret key right, and this machine's clock?"},
    {"MissingAuthenticationTokenException", {STATUS_UNAVAILABLE, true}, NULL},
    {"UnrecognizedClientException",
     {STATUS_UNAVAILABLE, true},
     "are access key and session token right, and of this partition of AWS?"},
    {"OptInRequired", {STATUS_UNAVAILABLE, false}, "the account is not signed up for the service"},
    {"RequestExpired", {STATUS_UNAVAILABLE, false}, "is this machine's clock right?"},
    {"ServiceUnavailableException", {STATUS_UNAVAILABLE, false}, NULL},
};

/* "com.amazonaws.rekognition#ThrottlingException", "ThrottlingException:http://…" */
static void copy_type(const char *type, struct text *ret_name)
{
    const char *hash = strchr(type, '#');
    type = hash ? hash + 1 : type;
    text_append(ret_name, type, strcspn(type, ":"));
}

struct rekognition_error rekognition_read_error(unsigned code, const char *type, const char *body, size_t size,
                                                struct text *why)
{
    JSON_CLEANUP json_t *root = NULL;
    TEXT_CLEANUP struct text name = {0};
    struct rekognition_error error = {STATUS_UNAVAILABLE, false};
    const char *advice = NULL;
    (void)json_parse(body, size, &root, NULL);
    const char *own_type = json_string_value(json_object_get(root, "__type"));
    const char *message = json_string_value(json_object_get(root, "message"));
    if (!message)
        message = json_string_value(json_object_get(root, "Message"));
    copy_type(own_type ? own_type : type, &name);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(errors[i].name, text_get(&name)) == 0) {
            error = errors[i].error;
            advice = errors[i].advice;
        }
    text_setf(why, "code %u %.100s", code, name.length ? text_get(&name) : "without a name");
    if (why && advice)
        text_addf(why, " (%s)", advice);
    if (why && message)
        text_addf(why, ": %.400s", message);
    return error;
}
