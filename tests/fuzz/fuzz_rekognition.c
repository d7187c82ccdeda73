/* The answer of a service that is not ours: it is refused, or its labels are within their bounds and lose no refusal.
 * As an error it is the picture's fault, or it is tried again. */
#include "fuzz.h"
#include "rekognition_answer.h"

#include <assert.h>
#include <string.h>

static void check_labels(const struct rekognition_answer *answer)
{
    static const struct rekognition_policy none = {0}, all = {.label_only = "Violence, Weapons", .hold = "Explicit"};
    struct moderation_labels labels = {0}, milder = {0};
    double surest = 0;
    assert(answer->count <= REKOGNITION_LABELS_MAX);
    for (size_t i = 0; i < answer->count; i++)
        surest = answer->rows[i].confidence > surest ? answer->rows[i].confidence : surest;
    rekognition_judge(answer, &none, &labels);
    rekognition_judge(answer, &all, &milder);
    assert(labels.count == milder.count && labels.count <= MODERATION_LABELS_MAX);
    for (size_t i = 0; i < labels.count; i++) {
        const struct moderation_label *label = &labels.rows[i];
        assert(*label->name && strlen(label->name) < MODERATION_NAME_SIZE);
        assert(label->confidence >= 0 && label->confidence <= 100);
    }
    /* Whatever is above or below what: some label acts, where there is one. */
    assert(!answer->count || labels.rows[0].action == MODERATION_REFUSE);
    assert(!moderation_find(&milder, MODERATION_REFUSE) || surest >= MODERATION_REFUSE_AT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rekognition_answer answer;
    TEXT_CLEANUP struct text why = {0};
    memset(&answer, 0, sizeof answer);
    if (rekognition_read_answer((const char *)data, size, &answer, &why) == STATUS_OK)
        check_labels(&answer);
    else
        assert(why.length);
    text_clear(&why);
    enum status status = rekognition_read_error(400, "", (const char *)data, size, &why).status;
    assert(status == STATUS_TOO_LARGE || status == STATUS_UNSUPPORTED || status == STATUS_BUSY
           || status == STATUS_UNAVAILABLE);
    assert(why.length);
    return 0;
}
