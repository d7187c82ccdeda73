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

/* The likeliest state of a verb comes first. */
static const struct photo_rule rules[] = {
    {VERB_DESCRIBE, ANY, .fields = PHOTO_FIELD_UPDATED, .fields_if_given = WORDS},
    {VERB_SET_LABELS, ANY, .fields = PHOTO_FIELD_UPDATED | LOOKED_AT},
    {VERB_REVIEW, ANY, .fields = PHOTO_FIELD_UPDATED | PHOTO_FIELD_REVIEW, .effect = EXECUTION_HURRIES},

    {VERB_PUBLISH, PENDING, PHOTO_SUCCESS, .fields = MOVES | IMAGES,
     .fields_if_given = PHOTO_FIELD_LABELS | PHOTO_FIELD_THUMBHASH, .posts = 1},
    {VERB_PUBLISH, SUCCESS, .is_done = true},
    {VERB_PUBLISH, ERROR, .refusal = "The photo was refused already."},

    {VERB_RENDER, SUCCESS, .fields = PHOTO_FIELD_MEDIUM},
    {VERB_RENDER, PENDING | ERROR, .refusal = not_published},

    {VERB_REJECT, PENDING, PHOTO_ERROR, .fields = MOVES | PHOTO_FIELD_ERROR_MESSAGE,
     .fields_if_given = PHOTO_FIELD_LABELS},
    {VERB_REJECT, ERROR, .is_done = true},
    {VERB_REJECT, SUCCESS, .refusal = "The photo was published already."},

    {VERB_WITHDRAW, SUCCESS, PHOTO_PENDING, .fields = MOVES | LOOKED_AT | PHOTO_FIELD_REVIEW, .posts = -1,
     .effect = EXECUTION_ANEW},
    {VERB_WITHDRAW, PENDING | ERROR, .refusal = not_published},

    {VERB_RETRY, ERROR, PHOTO_PENDING, .fields = MOVES | BEGINS_ANEW, .execution_from = HAS_FAILED,
     .effect = EXECUTION_ANEW},
    {VERB_RETRY, PENDING | SUCCESS, .execution_from = HAS_FAILED, .effect = EXECUTION_ANEW},

    {VERB_DELETE, SUCCESS, PHOTO_DELETED, .fields = MOVES | PERSONAL, .posts = -1, .effect = EXECUTION_ENDS},
    {VERB_DELETE, PENDING | ERROR, PHOTO_DELETED, .fields = MOVES | PERSONAL, .effect = EXECUTION_ENDS},

    {VERB_PURGE, DELETED, PHOTO_ABSENT, .fields = PHOTO_FIELD_STATE},
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

const struct photo_rule *photo_rule_find(enum photo_verb verb, unsigned state)
{
    for (size_t i = 0; i < RULES; i++)
        if (rules[i].verb == verb && (rules[i].from & PHOTO_IN(state)))
            return &rules[i];
    return NULL;
}

void photo_rule_apply(const struct photo_rule *rule, unsigned given, struct photo_change *change)
{
    change->from = rule->from;
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

const struct photo_rule *photo_rule_next(enum photo_verb verb, const struct photo_change *change,
                                         const struct photo_found *found, enum status *ret_status, struct text *why)
{
    const struct photo_rule *rule = photo_rule_find(verb, found->state);
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
    } else if (change->from & PHOTO_IN(found->state)) {
        *ret_status = refuse_execution(found, why);
    } else {
        return rule;
    }
    return NULL;
}
