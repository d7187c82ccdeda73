/* Which verb changes what, from which state. A change that is allowed in several states with different effects has a
 * row for each of them, and a row expects all that its effects depend on: a back end compares and writes, and decides
 * nothing. */
#include "photo_rules.h"

#include "reasons.h"

enum {
    PENDING = PHOTO_IN(PHOTO_PENDING),
    SUCCESS = PHOTO_IN(PHOTO_SUCCESS),
    ERROR = PHOTO_IN(PHOTO_ERROR),
    DELETED = PHOTO_IN(PHOTO_DELETED),
    ABSENT = PHOTO_IN(PHOTO_ABSENT),
    ANY = PENDING | SUCCESS | ERROR,

    /* PHOTO_IN a review */
    UNDECIDED = PHOTO_IN(REVIEW_NONE),
    WAITING = PHOTO_IN(REVIEW_WAITING),
    APPROVED = PHOTO_IN(REVIEW_APPROVED),

    HAS_FAILED = PHOTO_IN(EXECUTION_FAILED) | PHOTO_IN(EXECUTION_ABORTED),

    MOVES = PHOTO_FIELD_STATE | PHOTO_FIELD_UPDATED,
    LOOKED_AT = PHOTO_FIELD_LABELS | PHOTO_FIELD_AUDIT,
    IMAGES = PHOTO_FIELD_LARGE | PHOTO_FIELD_MEDIUM | PHOTO_FIELD_THUMBNAIL,
    BEGINS_ANEW = PHOTO_FIELD_ERROR_MESSAGE | LOOKED_AT | PHOTO_FIELD_REVIEW,
    WORDS = PHOTO_FIELD_CAPTION | PHOTO_FIELD_ALT_TEXT,
    /* What is about the author or the picture, and goes at once with either. */
    PERSONAL =
        BEGINS_ANEW | WORDS | PHOTO_FIELD_KEY | PHOTO_FIELD_THUMBHASH | PHOTO_FIELD_SHA256 | PHOTO_FIELD_CAPTURED,
};

static const char not_published[] = "The photo is not published.";

/* The likeliest state of a verb comes first, and of two rows for a state the one that expects more. */
static const struct photo_rule rules[] = {
    {VERB_DESCRIBE, ANY, .fields = PHOTO_FIELD_UPDATED, .fields_if_given = WORDS},
    {VERB_SET_LABELS, ANY, .fields = PHOTO_FIELD_UPDATED | LOOKED_AT},

    {VERB_HOLD, PENDING, .reviews = UNDECIDED, .fields = PHOTO_FIELD_UPDATED | PHOTO_FIELD_REVIEW},
    {VERB_HOLD, PENDING, .reviews = WAITING, .is_done = true},
    {VERB_HOLD, ANY, .refusal = "A person, or the moderator, has decided about this photo already."},

    {VERB_DECIDE, PENDING, .reviews = WAITING, .fields = PHOTO_FIELD_UPDATED | PHOTO_FIELD_REVIEW,
     .effect = EXECUTION_HURRIES},
    {VERB_DECIDE, ANY, .refusal = "The photo isn't waiting for a decision."},

    {VERB_PUBLISH, PENDING, .reviews = UNDECIDED | APPROVED, .to = PHOTO_SUCCESS, .fields = MOVES | IMAGES,
     .fields_if_given = PHOTO_FIELD_LABELS | PHOTO_FIELD_THUMBHASH, .posts = 1},
    {VERB_PUBLISH, PENDING, .refusal = "A person has to decide about the photo, or has refused it."},
    {VERB_PUBLISH, SUCCESS, .is_done = true},
    {VERB_PUBLISH, ERROR, .refusal = "The photo was refused already."},

    {VERB_RENDER, SUCCESS, .fields = PHOTO_FIELD_MEDIUM},
    {VERB_RENDER, PENDING | ERROR, .refusal = not_published},

    {VERB_REJECT, PENDING, .to = PHOTO_ERROR, .fields = MOVES | PHOTO_FIELD_ERROR_MESSAGE,
     .fields_if_given = PHOTO_FIELD_LABELS},
    {VERB_REJECT, ERROR, .is_done = true},
    {VERB_REJECT, SUCCESS, .refusal = "The photo was published already."},

    {VERB_WITHDRAW, SUCCESS, .reviews = UNDECIDED, .to = PHOTO_PENDING,
     .fields = MOVES | LOOKED_AT | PHOTO_FIELD_REVIEW, .posts = -1, .effect = EXECUTION_ANEW},
    {VERB_WITHDRAW, SUCCESS, .refusal = "A person has approved the photo."},
    {VERB_WITHDRAW, PENDING | ERROR, .refusal = not_published},

    {VERB_RETRY, ERROR, .to = PHOTO_PENDING, .fields = MOVES | BEGINS_ANEW, .execution_from = HAS_FAILED,
     .effect = EXECUTION_ANEW},
    {VERB_RETRY, PENDING | SUCCESS, .execution_from = HAS_FAILED, .effect = EXECUTION_ANEW},

    {VERB_DELETE, SUCCESS, .to = PHOTO_DELETED, .fields = MOVES | PERSONAL, .posts = -1, .effect = EXECUTION_ENDS},
    {VERB_DELETE, PENDING | ERROR, .to = PHOTO_DELETED, .fields = MOVES | PERSONAL, .effect = EXECUTION_ENDS},

    {VERB_PURGE, DELETED, .to = PHOTO_ABSENT, .fields = PHOTO_FIELD_STATE},
    {VERB_PURGE, ABSENT, .is_done = true},
    {VERB_PURGE, ANY, .refusal = "A photo is deleted before it is forgotten."},
};
enum { RULES = sizeof rules / sizeof rules[0] };

const struct photo_rule *photo_rule_first(enum photo_verb verb)
{
    const struct photo_rule *rule = rules;
    while (rule->verb != verb)
        rule++;
    return rule;
}

const struct photo_rule *photo_rule_find(enum photo_verb verb, unsigned state, enum photo_review review)
{
    for (size_t i = 0; i < RULES; i++)
        if (rules[i].verb == verb && (rules[i].from & PHOTO_IN(state))
            && (!rules[i].reviews || (rules[i].reviews & PHOTO_IN(review))))
            return &rules[i];
    return NULL;
}

void photo_rule_apply(const struct photo_rule *rule, unsigned given, struct photo_change *change)
{
    change->from = rule->from;
    change->reviews = rule->reviews;
    change->execution_from = rule->execution_from;
    change->to = rule->to;
    change->fields = rule->fields | (rule->fields_if_given & given);
    change->posts = rule->posts;
    change->effect = rule->effect;
}

static enum status refuse_execution(const struct photo_found *found, struct text *why)
{
    if (!found->has_execution) {
        text_setf(why, "There is no such execution.");
        return STATUS_NOT_FOUND;
    }
    text_setf(why, "An execution that is %s can't be retried.", execution_status_name(found->execution_status));
    return STATUS_CONFLICT;
}

static enum status refuse_claim(struct text *why)
{
    text_setf(why, "Another process works on the photo now, or nobody does any more.");
    return STATUS_CONFLICT;
}

static bool was_expected(const struct photo_change *change, const struct photo_found *found)
{
    return (change->from & PHOTO_IN(found->state)) && (!change->reviews || (change->reviews & PHOTO_IN(found->review)));
}

const struct photo_rule *photo_rule_next(enum photo_verb verb, const struct photo_change *change,
                                         const struct photo_found *found, enum status *ret_status, struct text *why)
{
    const struct photo_rule *rule = photo_rule_find(verb, found->state, found->review);
    if (!rule) {
        reason_set(why, REASON_PHOTO_UNKNOWN);
        *ret_status = STATUS_NOT_FOUND;
    } else if (!found->is_authors) {
        reason_set(why, REASON_PHOTO_NOT_YOURS);
        *ret_status = STATUS_FORBIDDEN;
    } else if (rule->is_done) {
        *ret_status = STATUS_OK;
    } else if (rule->refusal) {
        text_setf(why, "%s", rule->refusal);
        *ret_status = STATUS_CONFLICT;
    } else if (was_expected(change, found)) {
        *ret_status = found->is_claimed ? refuse_execution(found, why) : refuse_claim(why);
    } else {
        return rule;
    }
    return NULL;
}
