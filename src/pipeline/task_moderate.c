/* The tasks that find out whether a photo may be shown. */
#include "clock.h"
#include "reasons.h"
#include "refusal.h"
#include "task_errors.h"
#include "tasks.h"

/* For what it shows; without a label: by a person. */
static void fail_refused(struct task_outcome *outcome, const struct moderation_label *label)
{
    text_setf(&outcome->error, "Moderation.Refused");
    if (label)
        refusal_of_label(&outcome->cause, label);
    else
        reason_set(&outcome->cause, REASON_REFUSED_BY_REVIEWER);
}

/* ---- detect-and-store: is it a photo within the limits, and may it be shown? ---- */

static enum status read_review(struct tasks *tasks, const struct id *id, enum photo_review *ret_review,
                               struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo;
    enum status status = store_photo_get(tasks->store, id, &arena, &photo, why);
    if (status == STATUS_OK)
        *ret_review = photo.review;
    return status;
}

/* A person has decided. */
static enum status keep_decision(struct tasks *tasks, const struct id *id, bool is_approved, struct text *why)
{
    return store_verdict_decide(tasks->store, id, is_approved ? VERDICT_APPROVED : VERDICT_REFUSED,
                                is_approved ? NULL : reason_sentence(REASON_REFUSED_BY_REVIEWER), why);
}

/* The moderator asked for a person: the photo stays PENDING until one has decided. */
static void follow_review(struct tasks *tasks, const struct id *id, enum photo_review review,
                          struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    if (review != REVIEW_APPROVED && review != REVIEW_REFUSED) {
        fail(outcome, "Moderation.Held", "The photo waits for a person to look at it.");
        return;
    }
    enum status status = keep_decision(tasks, id, review == REVIEW_APPROVED, &why);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
    else if (review == REVIEW_APPROVED)
        outcome->output = json_object();
    else
        fail_refused(outcome, NULL);
}

/* Whose fault it is decides how often the photo is tried. Each one that waits would tell the operator so again and
 * again: one line in ten seconds is enough. */
static void report_outage(struct tasks *tasks, const struct text *why)
{
    enum { PAUSE_MS = 10000 };
    TEXT_CLEANUP struct text sentence = {0};
    int64_t now = clock_monotonic_ns() / 1000000, last = atomic_load(&tasks->told_outage_ms);
    if (!tasks->trouble || (last && now - last < PAUSE_MS)
        || !atomic_compare_exchange_strong(&tasks->told_outage_ms, &last, now))
        return;
    text_setf(&sentence, "Photos are waiting because they can't be moderated: %s", text_get(why));
    tasks->trouble(tasks->context, text_get(&sentence));
}

static void fail_inspection(struct tasks *tasks, enum inspect_stage stage, enum status status, const struct text *why,
                            struct task_outcome *outcome)
{
    struct moderator *moderator = tasks->moderator;
    bool is_suspect = status == STATUS_CRASHED || status == STATUS_TIMEOUT;
    if (stage == INSPECT_DECODING)
        fail_darkroom(outcome, status, why);
    else if (stage == INSPECT_MODERATING)
        fail_moderator(outcome, status, is_suspect && inspect_works(moderator), why);
    else
        fail_storage(outcome, status, why);
    if (task_error_is_outage(text_get(&outcome->error)))
        report_outage(tasks, why);
}

/* Where a process that has lost its lease has held it before, a person may have decided by now. */
static void hold(struct tasks *tasks, const struct task_call *call, const struct id *id,
                 const struct findings *findings, struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    enum photo_review review = REVIEW_WAITING;
    enum status status = inspect_keep_verdict(tasks->store, id, findings, VERDICT_WAITING, NULL, &why);
    if (status == STATUS_OK)
        status = store_photo_hold(tasks->store, id, call->claim, &why);
    if (status == STATUS_CONFLICT)
        status = read_review(tasks, id, &review, &why);
    if (status == STATUS_OK)
        follow_review(tasks, id, review, outcome);
    else
        fail_storage(outcome, status, &why);
}

/* Copies of it will be refused, too, if the moderator is sure: the nets may err another time. */
static void refuse(struct tasks *tasks, const struct id *id, const struct findings *findings,
                   const struct moderation_label *label, struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    enum status status = STATUS_OK;
    fail_refused(outcome, label);
    if (label->confidence >= MODERATION_SURE_AT)
        status = inspect_keep_verdict(tasks->store, id, findings, VERDICT_REFUSED, text_get(&outcome->cause), &why);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
}

/* What the moderator saw decides, or asks for a person. */
static void follow_labels(struct tasks *tasks, const struct task_call *call, const struct id *id,
                          const struct findings *findings, struct negative *negative, struct task_outcome *outcome)
{
    const struct moderation_label *label;
    switch (moderation_decide(&findings->labels, tasks->when_unsure, &label)) {
    case MODERATION_REFUSE:
        refuse(tasks, id, findings, label, outcome);
        break;
    case MODERATION_HOLD:
        hold(tasks, call, id, findings, outcome);
        break;
    case MODERATION_LABEL:
        if (negative->file >= 0)
            decoded_cache_keep(&tasks->decoded, id, negative);
        outcome->output = json_object();
    }
}

/* Shows the photo to the moderator and writes what it saw to the photo, whatever will become of it. As inspect_in_turn,
 * then as store_photo_set_labels: ret_findings->stage tells which. ret_findings, which begins as {0}, and *ret_negative
 * are the caller's to release, whatever came of it. */
static enum status inspect(struct tasks *tasks, const struct task_call *call, const struct id *id,
                           const struct darkroom_original *original, struct findings *ret_findings,
                           struct negative *ret_negative, struct text *why)
{
    const struct inspect_context context = {
        .turns = tasks->turns,
        .author = task_read_author(call),
        .store = tasks->store,
        .asks_about_alike = tasks->when_unsure == MODERATION_HOLD,
    };
    enum status status =
        inspect_in_turn(&context, tasks->darkroom, tasks->moderator, original, ret_findings, ret_negative, why);
    if (status != STATUS_OK)
        return status;
    ret_findings->stage = INSPECT_KEEPING;
    return store_photo_set_labels(tasks->store, id, text_get(&ret_findings->json), text_get(&ret_findings->audit),
                                  call->claim, why);
}

static void moderate(struct tasks *tasks, const struct task_call *call, const struct id *id,
                     const struct darkroom_original *original, struct task_outcome *outcome)
{
    FINDINGS_CLEANUP struct findings findings = {0};
    NEGATIVE_CLEANUP struct negative negative = {.file = -1};
    TEXT_CLEANUP struct text why = {0};
    enum photo_review review;
    enum status status = read_review(tasks, id, &review, &why);
    if (status != STATUS_OK) {
        fail_storage(outcome, status, &why);
        return;
    }
    if (review != REVIEW_NONE) {
        follow_review(tasks, id, review, outcome);
        return;
    }
    status = inspect(tasks, call, id, original, &findings, &negative, &why);
    if (status != STATUS_OK)
        fail_inspection(tasks, findings.stage, status, &why, outcome);
    else if (findings.refusal.length)
        fail(outcome, "Moderation.Refused", text_get(&findings.refusal));
    else
        follow_labels(tasks, call, id, &findings, &negative, outcome);
}

/* Asked anew each time: what is in quarantine costs nothing, and a crash may have come in between. */
static void review_withdrawn(struct tasks *tasks, const struct id *id, struct task_outcome *outcome)
{
    TEXT_CLEANUP struct text why = {0};
    enum photo_review review;
    enum status status = photos_quarantine(tasks->blob, id, &why);
    if (status == STATUS_OK)
        status = read_review(tasks, id, &review, &why);
    if (status == STATUS_NOT_FOUND) /* deleted meanwhile */
        (void)photos_remove_quarantined(tasks->blob, id, NULL);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
    else if (review == REVIEW_NONE) {
        text_setf(&outcome->error, "Photo.Gone");
        reason_set(&outcome->cause, REASON_WITHDRAWN);
    } else
        follow_review(tasks, id, review, outcome);
}

void task_detect_and_store(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct tasks *tasks = context;
    struct id id;
    struct blob_object original;
    struct image_info info;
    TEXT_CLEANUP struct text why = {0};
    if (!task_read_id(call, &id, outcome))
        return;
    if (task_is_withdrawn(call)) {
        review_withdrawn(tasks, &id, outcome);
        return;
    }
    enum status status = task_open_original(tasks, &id, &original, &why);
    if (status != STATUS_OK) {
        fail_storage(outcome, status, &why);
        return;
    }
    status = task_find_image(tasks, call, &original, &info, &why);
    if (status != STATUS_OK)
        fail_darkroom(outcome, status, &why);
    else
        moderate(tasks, call, &id, &(struct darkroom_original){original.fd, &info}, outcome);
    blob_object_release(&original);
}

/* ---- review: has a person decided? ---- */

void task_review(void *context, const struct task_call *call, struct task_outcome *outcome)
{
    struct tasks *tasks = context;
    struct id id;
    TEXT_CLEANUP struct text why = {0};
    enum photo_review decision;
    if (!task_read_id(call, &id, outcome))
        return;
    if (task_is_withdrawn(call)) {
        review_withdrawn(tasks, &id, outcome);
        return;
    }
    enum status status = read_review(tasks, &id, &decision, &why);
    if (status != STATUS_OK)
        fail_storage(outcome, status, &why);
    else
        follow_review(tasks, &id, decision, outcome);
}
