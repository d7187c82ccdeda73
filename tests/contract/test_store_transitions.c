/* Every verb on photos, in every state, by its author and by another: what store.h promises as a table, on every back
 * end. */
#include "store_fixture.h"

#include <stdio.h>
#include <string.h>

enum { MADE_MS = 1000, ENDED_MS = 2000, TRIED_MS = 5000, LEASE_MS = 500 };

/* ---- States ---- */

enum start {
    PENDING,
    PUBLISHED,
    REFUSED,
    DELETED,
    UNKNOWN,
    PENDING_FAILED,
    PUBLISHED_FAILED,
    HELD,
    APPROVED,
    DENIED,
    PUBLISHED_APPROVED,
    STARTS
};

/* The state, what the author's count is, the state of the execution, and what a person has said of it. */
static const char *const starts[STARTS] = {
    [PENDING] = "PENDING 0 RUNNING",
    [PUBLISHED] = "SUCCESS 1 SUCCEEDED",
    [REFUSED] = "ERROR 0 FAILED",
    [DELETED] = "not-found 0 SUCCEEDED",
    [UNKNOWN] = "not-found 0 not-found",
    [PENDING_FAILED] = "PENDING 0 FAILED",
    [PUBLISHED_FAILED] = "SUCCESS 1 FAILED",
    [HELD] = "PENDING 0 RUNNING waiting",
    [APPROVED] = "PENDING 0 RUNNING approved",
    [DENIED] = "PENDING 0 RUNNING refused",
    [PUBLISHED_APPROVED] = "SUCCESS 1 SUCCEEDED approved",
};

static void end_execution(struct store *store, const struct id *id, enum execution_status status)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution;
    if (!CHECK(claim_one(store, "me", ENDED_MS, LEASE_MS, &arena, &execution)) || !CHECK(id_equal(&execution.id, id)))
        return;
    execution.status = status;
    execution.updated_ms = ENDED_MS;
    CHECK_OK(store_execution_save(store, "me", &execution, NULL, 0, false, why));
}

static struct photo make_start(struct store *store, enum start start, const char *author)
{
    struct photo photo = make_photo(author, MADE_MS);
    bool is_published =
        start == PUBLISHED || start == PUBLISHED_FAILED || start == DELETED || start == PUBLISHED_APPROVED;
    bool is_approved = start == APPROVED || start == PUBLISHED_APPROVED;
    bool has_failed = start == REFUSED || start == PENDING_FAILED || start == PUBLISHED_FAILED;
    set_now(MADE_MS);
    if (start == UNKNOWN)
        return photo;
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    if (start == REFUSED)
        CHECK_OK(store_photo_reject(store, &photo.id, "It is too dark.", NULL, NULL, why));
    if (start == HELD || start == DENIED || is_approved)
        CHECK_OK(store_photo_hold(store, &photo.id, NULL, why));
    if (start == DENIED || is_approved)
        CHECK_OK(store_photo_decide(store, &photo.id, is_approved ? REVIEW_APPROVED : REVIEW_REFUSED, why));
    if (is_published)
        CHECK_OK(store_photo_publish(store, &photo, NULL, why));
    if (start != PENDING && start != HELD && start != APPROVED && start != DENIED)
        end_execution(store, &photo.id, has_failed ? EXECUTION_FAILED : EXECUTION_SUCCEEDED);
    set_now(MADE_MS);
    if (start == DELETED)
        CHECK_OK(store_photo_delete(store, &photo.id, author, why));
    return photo;
}

static bool take_count(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    (void)name, (void)name_length;
    *(long long *)context = (long long)posts_count;
    return false;
}

static void describe_photo(struct store *store, const struct photo *photo, struct text *out)
{
    static const char *const reviews[] = {"", " waiting", " approved", " refused"};
    struct arena arena ARENA_CLEANUP = {0};
    struct photo read = {0};
    long long posts = 0;
    (void)store_photo_get(store, &photo->id, &arena, &read, NULL);
    CHECK_OK(store_users_search(store, photo->author, NULL, 1, take_count, &posts, why));
    text_setf(out, "%s %lld %s%s", state_of(store, &photo->id), posts, execution_state_of(store, &photo->id),
              reviews[read.review]);
}

/* ---- Verbs ---- */

typedef enum status verb(struct store *store, const struct photo *photo, struct text *why);

static enum status describe(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_describe(store, &photo->id, photo->author, "Words", NULL, why);
}

static enum status describe_anothers(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_describe(store, &photo->id, "bert", "Words", NULL, why);
}

static enum status label(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_set_labels(store, &photo->id, "[1]", "{}", NULL, why);
}

static enum status hold(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_hold(store, &photo->id, NULL, why);
}

static enum status approve(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_decide(store, &photo->id, REVIEW_APPROVED, why);
}

static enum status deny(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_decide(store, &photo->id, REVIEW_REFUSED, why);
}

static enum status publish(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_publish(store, photo, NULL, why);
}

static enum status render(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_render(store, &photo->id, &(struct rendition){8, 6, 100}, why);
}

static enum status reject(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_reject(store, &photo->id, "It is too bright.", NULL, NULL, why);
}

static enum status withdraw(struct store *store, const struct photo *photo, struct text *why)
{
    struct execution execution = make_execution(photo);
    return store_photo_withdraw(store, &photo->id, "[1]", "{}", &execution, why);
}

static enum status retry(struct store *store, const struct photo *photo, struct text *why)
{
    return store_execution_retry(store, &photo->id, "{}", why);
}

static enum status delete (struct store *store, const struct photo *photo, struct text *why) {
    return store_photo_delete(store, &photo->id, photo->author, why);
}

static enum status delete_anothers(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_delete(store, &photo->id, "bert", why);
}

static enum status purge(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_purge(store, &photo->id, why);
}

/* ---- What comes of it ---- */

struct outcome {
    enum status status;
    bool is_dated;     /* the photo was changed now */
    const char *after; /* as starts; NULL: as before */
};

#define CHANGED                                                                                                        \
    {                                                                                                                  \
        STATUS_OK, true, NULL                                                                                          \
    }
#define TO(after)                                                                                                      \
    {                                                                                                                  \
        STATUS_OK, true, after                                                                                         \
    }
#define ANEW(after)                                                                                                    \
    {                                                                                                                  \
        STATUS_OK, false, after                                                                                        \
    }
#define NOTHING                                                                                                        \
    {                                                                                                                  \
        STATUS_OK, false, NULL                                                                                         \
    }
#define CONFLICT                                                                                                       \
    {                                                                                                                  \
        STATUS_CONFLICT, false, NULL                                                                                   \
    }
#define FORBIDDEN                                                                                                      \
    {                                                                                                                  \
        STATUS_FORBIDDEN, false, NULL                                                                                  \
    }
#define MISSING                                                                                                        \
    {                                                                                                                  \
        STATUS_NOT_FOUND, false, NULL                                                                                  \
    }

static const struct transition {
    const char *name;
    verb *run;
    struct outcome outcomes[STARTS]; /* in the order of enum start */
} transitions[] = {
    {"describe",
     describe,
     {CHANGED, CHANGED, CHANGED, MISSING, MISSING, CHANGED, CHANGED, CHANGED, CHANGED, CHANGED, CHANGED}},
    {"describe another's",
     describe_anothers,
     {FORBIDDEN, FORBIDDEN, FORBIDDEN, MISSING, MISSING, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN,
      FORBIDDEN}},
    {"label",
     label,
     {CHANGED, CHANGED, CHANGED, MISSING, MISSING, CHANGED, CHANGED, CHANGED, CHANGED, CHANGED, CHANGED}},
    {"hold",
     hold,
     {TO("PENDING 0 RUNNING waiting"), CONFLICT, CONFLICT, MISSING, MISSING, TO("PENDING 0 FAILED waiting"), CONFLICT,
      NOTHING, CONFLICT, CONFLICT, CONFLICT}},
    {"approve",
     approve,
     {CONFLICT, CONFLICT, CONFLICT, MISSING, MISSING, CONFLICT, CONFLICT, TO("PENDING 0 RUNNING approved"), CONFLICT,
      CONFLICT, CONFLICT}},
    {"deny",
     deny,
     {CONFLICT, CONFLICT, CONFLICT, MISSING, MISSING, CONFLICT, CONFLICT, TO("PENDING 0 RUNNING refused"), CONFLICT,
      CONFLICT, CONFLICT}},
    {"publish",
     publish,
     {TO("SUCCESS 1 RUNNING"), NOTHING, CONFLICT, MISSING, MISSING, TO("SUCCESS 1 FAILED"), NOTHING, CONFLICT,
      TO("SUCCESS 1 RUNNING approved"), CONFLICT, NOTHING}},
    {"render",
     render,
     {CONFLICT, NOTHING, CONFLICT, MISSING, MISSING, CONFLICT, NOTHING, CONFLICT, CONFLICT, CONFLICT, NOTHING}},
    {"reject",
     reject,
     {TO("ERROR 0 RUNNING"), CONFLICT, NOTHING, MISSING, MISSING, TO("ERROR 0 FAILED"), CONFLICT,
      TO("ERROR 0 RUNNING waiting"), TO("ERROR 0 RUNNING approved"), TO("ERROR 0 RUNNING refused"), CONFLICT}},
    {"withdraw",
     withdraw,
     {CONFLICT, TO("PENDING 0 RUNNING waiting"), CONFLICT, MISSING, MISSING, CONFLICT, TO("PENDING 0 RUNNING waiting"),
      CONFLICT, CONFLICT, CONFLICT, CONFLICT}},
    {"retry",
     retry,
     {CONFLICT, CONFLICT, TO("PENDING 0 RUNNING"), MISSING, MISSING, ANEW("PENDING 0 RUNNING"),
      ANEW("SUCCESS 1 RUNNING"), CONFLICT, CONFLICT, CONFLICT, CONFLICT}},
    {"delete",
     delete,
     {TO("not-found 0 ABORTED"), TO("not-found 0 SUCCEEDED"), TO("not-found 0 FAILED"), MISSING, MISSING,
      TO("not-found 0 FAILED"), TO("not-found 0 FAILED"), TO("not-found 0 ABORTED"), TO("not-found 0 ABORTED"),
      TO("not-found 0 ABORTED"), TO("not-found 0 SUCCEEDED")}},
    {"delete another's",
     delete_anothers,
     {FORBIDDEN, FORBIDDEN, FORBIDDEN, MISSING, MISSING, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN,
      FORBIDDEN}},
    {"purge",
     purge,
     {CONFLICT, CONFLICT, CONFLICT, NOTHING, NOTHING, CONFLICT, CONFLICT, CONFLICT, CONFLICT, CONFLICT, CONFLICT}},
};

static void check_date(struct store *store, const struct id *id, bool is_dated)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo;
    if (store_photo_get(store, id, &arena, &photo, NULL) == STATUS_OK)
        CHECK_INT(photo.updated_ms, is_dated ? TRIED_MS : MADE_MS);
}

static void check_transition(struct store *store, const struct transition *transition, enum start start)
{
    const struct outcome *outcome = &transition->outcomes[start];
    struct text before TEXT_CLEANUP = {0}, after TEXT_CLEANUP = {0};
    char author[AUTHOR_NAME_MAX]; /* of this case alone, so that nobody else counts */
    (void)snprintf(author, sizeof author, "%s_%d", transition->name, (int)start);
    struct photo photo = make_start(store, start, author);
    check_case("%s: %s", transition->name, starts[start]);
    describe_photo(store, &photo, &before);
    CHECK_STR(text_get(&before), starts[start]);
    CHECK_STATUS(AT(TRIED_MS, transition->run(store, &photo, why)), outcome->status);
    describe_photo(store, &photo, &after);
    CHECK_STR(text_get(&after), outcome->after ? outcome->after : starts[start]);
    check_date(store, &photo.id, outcome->is_dated);
    (void)store_photo_delete(store, &photo.id, author, NULL); /* its execution is in nobody's way then */
}

static void test_transitions(struct store *store, const char *address)
{
    (void)address;
    for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++)
        for (int start = 0; start < STARTS; start++)
            check_transition(store, &transitions[i], (enum start)start);
}

/* ---- Claims: what somebody else has claimed since, or has ended, is nobody's to change who had it before ---- */

enum standing { MINE, ANOTHERS, MINE_AGAIN, ENDED, STANDINGS };
static const char *const standings[STANDINGS] = {
    [MINE] = "still is theirs",
    [ANOTHERS] = "another process has claimed since",
    [MINE_AGAIN] = "their own process has claimed again",
    [ENDED] = "another process has ended",
};

static enum status label_by(struct store *store, const struct photo *photo, const struct execution_claim *claim,
                            struct text *why)
{
    return store_photo_set_labels(store, &photo->id, "[1]", "{}", claim, why);
}

static enum status hold_by(struct store *store, const struct photo *photo, const struct execution_claim *claim,
                           struct text *why)
{
    return store_photo_hold(store, &photo->id, claim, why);
}

static enum status publish_by(struct store *store, const struct photo *photo, const struct execution_claim *claim,
                              struct text *why)
{
    return store_photo_publish(store, photo, claim, why);
}

static enum status reject_by(struct store *store, const struct photo *photo, const struct execution_claim *claim,
                             struct text *why)
{
    return store_photo_reject(store, &photo->id, "It is too bright.", NULL, claim, why);
}

static const struct {
    const char *name;
    enum status (*run)(struct store *store, const struct photo *photo, const struct execution_claim *claim,
                       struct text *why);
    const char *after;
} claimed[] = {
    {"label", label_by, "PENDING 0"},
    {"hold", hold_by, "PENDING 0"},
    {"publish", publish_by, "SUCCESS 1"},
    {"reject", reject_by, "ERROR 0"},
};

/* The claim that "me" had first. */
static struct execution_claim make_claim(struct store *store, const struct photo *photo, enum standing standing)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct execution first = {0}, second;
    CHECK(claim_one(store, "me", MADE_MS, LEASE_MS, &arena, &first) && id_equal(&first.id, &photo->id));
    struct execution_claim claim = {"me", first.version};
    if (standing == MINE)
        return claim;
    const char *next = standing == MINE_AGAIN ? "me" : "you";
    CHECK(claim_one(store, next, MADE_MS + 2 * LEASE_MS, 100 * LEASE_MS, &arena, &second));
    second.status = standing == ENDED ? EXECUTION_FAILED : EXECUTION_RUNNING;
    CHECK_OK(store_execution_save(store, next, &second, NULL, 0, true, why));
    return claim;
}

static void check_claim(struct store *store, size_t row, enum standing standing)
{
    char author[AUTHOR_NAME_MAX];
    struct text state TEXT_CLEANUP = {0};
    (void)snprintf(author, sizeof author, "claim_%zu_%d", row, (int)standing);
    struct photo photo = make_start(store, PENDING, author);
    struct execution_claim claim = make_claim(store, &photo, standing);
    check_case("%s what %s", claimed[row].name, standings[standing]);
    CHECK_STATUS(claimed[row].run(store, &photo, &claim, why), standing == MINE ? STATUS_OK : STATUS_CONFLICT);
    describe_photo(store, &photo, &state);
    const char *expected = standing == MINE ? claimed[row].after : "PENDING 0";
    CHECK(strncmp(text_get(&state), expected, strlen(expected)) == 0);
    (void)store_photo_delete(store, &photo.id, author, NULL);
}

static void test_claims(struct store *store, const char *address)
{
    (void)address;
    for (size_t i = 0; i < sizeof claimed / sizeof claimed[0]; i++)
        for (int standing = 0; standing < STANDINGS; standing++)
            check_claim(store, i, (enum standing)standing);
}

static void test_stores(void)
{
    static const struct store_case cases[] = {
        {"each verb in each state", test_transitions},
        {"whoever has lost an execution changes nothing of its photo", test_claims},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"a store", test_stores})
