/* The table of transitions that back ends carry out, walked through row by row; what comes of it in a store is in
 * tests/contract/test_store_transitions.c. */
#include "photo_rules.h"

#include "check.h"

enum {
    SUCCESS = PHOTO_IN(PHOTO_SUCCESS),
    KEPT_WHEN_DELETED = PHOTO_FIELD_LARGE | PHOTO_FIELD_MEDIUM | PHOTO_FIELD_THUMBNAIL,
    ALL_FIELDS = (PHOTO_FIELD_KEY << 1) - 1,
};

static bool is_visible(unsigned state)
{
    return state != PHOTO_DELETED && state != PHOTO_ABSENT;
}

static bool changes(const struct photo_rule *rule)
{
    return !rule->is_done && !rule->refusal;
}

/* An author's count is that of their published photos: what a row adds to it follows from its states, which it
 * therefore has to expect. */
static void check_count(const struct photo_rule *rule)
{
    bool was_published = rule->from == SUCCESS, is_published = rule->to == PHOTO_SUCCESS;
    if (rule->fields & PHOTO_FIELD_STATE) {
        CHECK(was_published || !(rule->from & SUCCESS));
        CHECK_INT(rule->posts, is_published - was_published);
    } else {
        CHECK_INT(rule->posts, 0);
    }
}

static void check_row(const struct photo_rule *rule)
{
    check_count(rule);
    if (!changes(rule))
        CHECK(!rule->fields && !rule->fields_if_given && rule->effect == EXECUTION_STAYS);
    if ((rule->fields & PHOTO_FIELD_STATE) && rule->to != PHOTO_ABSENT)
        CHECK(rule->fields & PHOTO_FIELD_UPDATED);
    if (rule->to == PHOTO_DELETED) /* nothing about a person stays */
        CHECK_INT(rule->fields, (unsigned)ALL_FIELDS & ~(unsigned)KEPT_WHEN_DELETED);
}

static void test_rows(void)
{
    for (int verb = 0; verb < PHOTO_VERBS; verb++) {
        CHECK(changes(photo_rule_first((enum photo_verb)verb)));
        for (unsigned state = 0; state < PHOTO_STATES; state++) {
            for (int review = REVIEW_NONE; review <= REVIEW_REFUSED; review++) {
                const struct photo_rule *rule =
                    photo_rule_find((enum photo_verb)verb, state, (enum photo_review)review);
                check_case("verb %d, state %u, review %d", verb, state, review);
                CHECK(is_visible(state) || verb == VERB_PURGE ? rule != NULL : rule == NULL);
                if (rule)
                    check_row(rule);
            }
        }
    }
}

static void test_given(void)
{
    struct photo_change change = {0};
    const struct photo_rule *rule = photo_rule_first(VERB_PUBLISH);
    photo_rule_apply(rule, 0, &change);
    CHECK(!(change.fields & (PHOTO_FIELD_LABELS | PHOTO_FIELD_THUMBHASH)));
    photo_rule_apply(rule, PHOTO_FIELD_LABELS | PHOTO_FIELD_CAPTION, &change);
    CHECK(change.fields & PHOTO_FIELD_LABELS);
    CHECK(!(change.fields & (PHOTO_FIELD_THUMBHASH | PHOTO_FIELD_CAPTION))); /* publishing has no caption */
}

/* What a verb tries, what there is instead, and what follows. */
static const struct {
    const char *what;
    enum photo_verb verb;
    struct photo_found found;
    bool tries_again;
    enum status status;
} answers[] = {
    {"published meanwhile", VERB_DELETE, {.state = PHOTO_PENDING, .is_authors = true}, .tries_again = true},
    {"of another author", VERB_DELETE, {.state = PHOTO_PENDING}, .status = STATUS_FORBIDDEN},
    {"deleted, of another author", VERB_DELETE, {.state = PHOTO_DELETED}, .status = STATUS_NOT_FOUND},
    {"unknown", VERB_PUBLISH, {.state = PHOTO_ABSENT}, .status = STATUS_NOT_FOUND},
    {"done already", VERB_PUBLISH, {.state = PHOTO_SUCCESS, .is_authors = true}, .status = STATUS_OK},
    {"not allowed", VERB_PUBLISH, {.state = PHOTO_ERROR, .is_authors = true}, .status = STATUS_CONFLICT},
    {"gone already", VERB_PURGE, {.state = PHOTO_ABSENT, .is_authors = true}, .status = STATUS_OK},
    {"refused by a person",
     VERB_PUBLISH,
     {.state = PHOTO_PENDING, .review = REVIEW_REFUSED, .is_authors = true},
     .status = STATUS_CONFLICT},
    {"another's by now",
     VERB_PUBLISH,
     {.state = PHOTO_PENDING, .is_authors = true, .has_execution = true},
     .status = STATUS_CONFLICT},
    {"no execution",
     VERB_RETRY,
     {.state = PHOTO_ERROR, .is_authors = true, .is_claimed = true},
     .status = STATUS_NOT_FOUND},
    {"an execution that runs",
     VERB_RETRY,
     {.state = PHOTO_ERROR,
      .is_authors = true,
      .is_claimed = true,
      .has_execution = true,
      .execution_status = EXECUTION_RUNNING},
     .status = STATUS_CONFLICT},
};

static void test_answers(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct text why TEXT_CLEANUP = {0};
        struct photo_change change = {0};
        enum status status = STATUS_INTERNAL;
        check_case("%s", answers[i].what);
        photo_rule_apply(photo_rule_first(answers[i].verb), 0, &change);
        const struct photo_rule *next = photo_rule_next(answers[i].verb, &change, &answers[i].found, &status, &why);
        CHECK(answers[i].tries_again ? next && (next->from & PHOTO_IN(answers[i].found.state)) : !next);
        if (next)
            continue;
        CHECK_STR(status_name(status), status_name(answers[i].status));
        CHECK(!status || why.length);
    }
}

static void test_creations(void)
{
    static const struct {
        const char *what;
        uint64_t max_pending, pending;
        bool is_key_used, is_id_used, has_session, is_session_claimed;
        enum creation_outcome outcome;
    } rows[] = {
        {"a first", .max_pending = 1, .outcome = CREATION_DONE},
        {"as many as may be", .max_pending = 3, .pending = 3, .outcome = CREATION_TOO_MANY},
        {"one fewer", .max_pending = 3, .pending = 2, .outcome = CREATION_DONE},
        {"any number", .pending = 1000, .outcome = CREATION_DONE},
        {"an id", .is_id_used = true, .max_pending = 3, .pending = 3, .outcome = CREATION_ID_USED},
        {"a key", .is_key_used = true, .max_pending = 3, .pending = 3, .outcome = CREATION_KEY_USED},
        {"a session", .has_session = true, .is_session_claimed = true, .outcome = CREATION_DONE},
        {"a lost session", .has_session = true, .max_pending = 1, .pending = 3, .outcome = CREATION_SESSION_LOST},
        {"a key and a lost session", .has_session = true, .is_key_used = true, .outcome = CREATION_KEY_USED},
        {"a key and an id", .is_key_used = true, .is_id_used = true, .outcome = CREATION_KEY_USED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const struct session_claim session = {"me", 1};
        const struct photo_creation creation = {.max_pending = rows[i].max_pending,
                                                .session = rows[i].has_session ? &session : NULL};
        const struct photo_creation_found found = {.is_key_used = rows[i].is_key_used,
                                                   .is_id_used = rows[i].is_id_used,
                                                   .is_session_claimed = rows[i].is_session_claimed,
                                                   .pending = rows[i].pending};
        check_case("%s", rows[i].what);
        CHECK_INT(photo_creation_judge(&creation, &found), rows[i].outcome);
    }
}

/* A back end whose photo is never found as it was a moment ago. */
struct restless {
    struct store store;
    unsigned updates;
};

static enum status never_as_expected(struct store *store, const struct photo_change *change,
                                     struct photo_found *ret_found, struct text *why)
{
    (void)why;
    ((struct restless *)store)->updates++;
    *ret_found = (struct photo_found){
        .state = change->from & SUCCESS ? PHOTO_PENDING : PHOTO_SUCCESS,
        .is_authors = true,
    };
    return STATUS_OK;
}

static void test_restless(void)
{
    static const struct store_photo_ops photos = {.update = never_as_expected};
    static const struct store_ops ops = {.photos = &photos};
    struct restless restless = {.store.ops = &ops};
    struct text why TEXT_CLEANUP = {0};
    struct id id = id_new();
    CHECK_STR(status_name(store_photo_delete(&restless.store, &id, "anna", &why)), status_name(STATUS_BUSY));
    CHECK(why.length);
    CHECK(restless.updates > 1 && restless.updates < 100);
}

CHECK_MAIN({"each verb has one row a state, and each row expects what its effects depend on", test_rows},
           {"what the caller has not given stays as it is", test_given},
           {"what a back end found instead is answered, or tried again", test_answers},
           {"a request that is repeated is answered with its photo, whatever else is in the way", test_creations},
           {"a photo that others change each time is given up with a sentence", test_restless})
