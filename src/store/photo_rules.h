/* The rules of changing a photo, as one table of transitions that every back end is asked to carry out. */
#ifndef PHOTO_RULES_H
#define PHOTO_RULES_H

#include "store_ops.h"

enum photo_verb {
    VERB_DESCRIBE,
    VERB_SET_LABELS,
    VERB_HOLD,
    VERB_DECIDE,
    VERB_PUBLISH,
    VERB_RENDER,
    VERB_REJECT,
    VERB_WITHDRAW,
    VERB_RETRY,
    VERB_DELETE,
    VERB_PURGE,
    PHOTO_VERBS
};

/* What a verb does to a photo in one of these states. Where a verb has no row for a state, there is no such photo. */
struct photo_rule {
    enum photo_verb verb;
    unsigned from;            /* states: PHOTO_IN */
    unsigned reviews;         /* likewise; 0: any */
    unsigned to;              /* with PHOTO_FIELD_STATE */
    unsigned fields;          /* that are written */
    unsigned fields_if_given; /* those are, too, if the caller has given them */
    int posts;                /* added to the author's count */
    unsigned execution_from;  /* statuses that its execution must have: PHOTO_IN; 0: whatever */
    enum execution_effect effect;
    bool is_done;        /* it is so already: OK, and nothing changes */
    const char *refusal; /* CONFLICT, with this sentence */
};

/* For whoever knows nothing of the photo: that of the likeliest state. */
const struct photo_rule *photo_rule_first(enum photo_verb verb);
/* NULL: there is no such photo. */
const struct photo_rule *photo_rule_find(enum photo_verb verb, unsigned state, enum photo_review review);
/* Puts into *change what the rule expects and does. */
void photo_rule_apply(const struct photo_rule *rule, unsigned given, struct photo_change *change);
/* After a back end found something else than *change expected: the rule to try then, or NULL and *ret_status, with its
 * sentence. */
const struct photo_rule *photo_rule_next(enum photo_verb verb, const struct photo_change *change,
                                         const struct photo_found *found, enum status *ret_status, struct text *why);

#endif
