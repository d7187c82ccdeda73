/* Every verb on photos, in every state, by its author and by another: what store.h promises as a table, on every back
 * end. */
#include "store_fixture.h"

#include <stdio.h>

enum { MADE_MS = 1000, ENDED_MS = 2000, TRIED_MS = 5000, LEASE_MS = 500 };

/* ---- States ---- */

enum start { PENDING, PUBLISHED, REFUSED, DELETED, UNKNOWN, PENDING_FAILED, PUBLISHED_FAILED, STARTS };

/* The state, what the author's count is, and the state of the execution. */
static const char *const starts[STARTS] = {
    [PENDING] = "PENDING 0 RUNNING",         [PUBLISHED] = "SUCCESS 1 SUCCEEDED", [REFUSED] = "ERROR 0 FAILED",
    [DELETED] = "not-found 0 SUCCEEDED",     [UNKNOWN] = "not-found 0 not-found", [PENDING_FAILED] = "PENDING 0 FAILED",
    [PUBLISHED_FAILED] = "SUCCESS 1 FAILED",
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
    bool is_published = start == PUBLISHED || start == PUBLISHED_FAILED || start == DELETED;
    bool has_failed = start == REFUSED || start == PENDING_FAILED || start == PUBLISHED_FAILED;
    set_now(MADE_MS);
    if (start == UNKNOWN)
        return photo;
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    if (start == REFUSED)
        CHECK_OK(store_photo_reject(store, &photo.id, "It is too dark.", NULL, why));
    if (is_published)
        CHECK_OK(store_photo_publish(store, &photo, why));
    if (start != PENDING)
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
    long long posts = 0;
    CHECK_OK(store_users_search(store, photo->author, NULL, 1, take_count, &posts, why));
    text_setf(out, "%s %lld %s", state_of(store, &photo->id), posts, execution_state_of(store, &photo->id));
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
    return store_photo_set_labels(store, &photo->id, "[1]", "{}", why);
}

static enum status review(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_review(store, &photo->id, REVIEW_WAITING, why);
}

static enum status publish(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_publish(store, photo, why);
}

static enum status render(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_render(store, &photo->id, &(struct rendition){8, 6, 100}, why);
}

static enum status reject(struct store *store, const struct photo *photo, struct text *why)
{
    return store_photo_reject(store, &photo->id, "It is too bright.", NULL, why);
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
    {"describe", describe, {CHANGED, CHANGED, CHANGED, MISSING, MISSING, CHANGED, CHANGED}},
    {"describe another's",
     describe_anothers,
     {FORBIDDEN, FORBIDDEN, FORBIDDEN, MISSING, MISSING, FORBIDDEN, FORBIDDEN}},
    {"label", label, {CHANGED, CHANGED, CHANGED, MISSING, MISSING, CHANGED, CHANGED}},
    {"review", review, {CHANGED, CHANGED, CHANGED, MISSING, MISSING, CHANGED, CHANGED}},
    {"publish",
     publish,
     {TO("SUCCESS 1 RUNNING"), NOTHING, CONFLICT, MISSING, MISSING, TO("SUCCESS 1 FAILED"), NOTHING}},
    {"render", render, {CONFLICT, NOTHING, CONFLICT, MISSING, MISSING, CONFLICT, NOTHING}},
    {"reject", reject, {TO("ERROR 0 RUNNING"), CONFLICT, NOTHING, MISSING, MISSING, TO("ERROR 0 FAILED"), CONFLICT}},
    {"withdraw",
     withdraw,
     {CONFLICT, TO("PENDING 0 RUNNING"), CONFLICT, MISSING, MISSING, CONFLICT, TO("PENDING 0 RUNNING")}},
    {"retry",
     retry,
     {CONFLICT, CONFLICT, TO("PENDING 0 RUNNING"), MISSING, MISSING, ANEW("PENDING 0 RUNNING"),
      ANEW("SUCCESS 1 RUNNING")}},
    {"delete",
     delete,
     {TO("not-found 0 ABORTED"), TO("not-found 0 SUCCEEDED"), TO("not-found 0 FAILED"), MISSING, MISSING,
      TO("not-found 0 FAILED"), TO("not-found 0 FAILED")}},
    {"delete another's", delete_anothers, {FORBIDDEN, FORBIDDEN, FORBIDDEN, MISSING, MISSING, FORBIDDEN, FORBIDDEN}},
    {"purge", purge, {CONFLICT, CONFLICT, CONFLICT, NOTHING, NOTHING, CONFLICT, CONFLICT}},
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

static void test_stores(void)
{
    static const struct store_case cases[] = {{"each verb in each state", test_transitions}};
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"a store", test_stores})
