/* Whose execution is next, as store.h promises it, on every back end. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE_MS = 5000, NOW_MS = 1000000, DAY_MS = 86400000 };

static struct photo add(struct store *store, const char *author, int64_t due_ms)
{
    struct photo photo = make_photo(author, due_ms);
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    return photo;
}

static void author_of(struct store *store, const struct id *id, struct text *out)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo;
    CHECK_OK(store_photo_get(store, id, &arena, &photo, why));
    text_addf(out, "%s%s", out->length ? " " : "", photo.author);
}

/* The authors of the next `limit`, claimed in one go. */
static void claim_authors(struct store *store, const char *owner, int64_t now_ms, size_t limit, const char *expected)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct text authors TEXT_CLEANUP = {0};
    struct execution claimed[16];
    size_t count = 0;
    CHECK_OK(AT(now_ms, store_executions_claim(store, owner, LEASE_MS, limit, &arena, claimed, &count, why)));
    for (size_t i = 0; i < count; i++)
        author_of(store, &claimed[i].id, &authors);
    CHECK_STR(text_get(&authors), expected);
}

static void claim_this(struct store *store, const char *owner, int64_t now_ms, const struct photo *photo,
                       struct execution *ret_execution)
{
    static struct arena arena;
    if (CHECK(claim_one(store, owner, now_ms, LEASE_MS, &arena, ret_execution)))
        CHECK(id_equal(&ret_execution->id, &photo->id));
}

static void end(struct store *store, const char *owner, struct execution *execution, int64_t now_ms)
{
    execution->status = EXECUTION_SUCCEEDED;
    execution->updated_ms = now_ms;
    CHECK_OK(store_execution_save(store, owner, execution, NULL, 0, false, why));
}

static void try_again(struct store *store, const char *owner, struct execution *execution, int64_t now_ms,
                      int64_t due_ms)
{
    execution->updated_ms = now_ms;
    execution->due_ms = due_ms;
    CHECK_OK(store_execution_save(store, owner, execution, NULL, 0, false, why));
}

/* ---- Turns ---- */

static void test_fewest(struct store *store, const char *address)
{
    (void)address;
    for (int i = 0; i < 6; i++)
        (void)add(store, "anna", 100 + i);
    (void)add(store, "bert", 200);
    (void)add(store, "carl", 300);
    claim_authors(store, "me", 1000, 5, "anna bert carl anna anna");
    (void)add(store, "bert", 2000);
    claim_authors(store, "you", 2000, 2, "bert anna"); /* one under way of another process against three */
}

/* With one worker nobody ever has anything under way: who was served last waits for longest. */
static void test_turns(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct text authors TEXT_CLEANUP = {0};
    for (int i = 0; i < 20; i++)
        (void)add(store, i % 2 ? "bert" : "anna", i);
    for (int64_t now = 1000; now < 1600; now += 100) {
        struct execution execution;
        if (now == 1300)
            (void)add(store, "carl", now - 10);
        CHECK(claim_one(store, "me", now, LEASE_MS, &arena, &execution));
        author_of(store, &execution.id, &authors);
        end(store, "me", &execution, now + 50);
    }
    CHECK_STR(text_get(&authors), "anna bert anna bert anna carl");
}

/* A photo that is tried again joins the queue anew, behind first tries that wait already, of its author and of
 * others. */
static void test_retry_waits(struct store *store, const char *address)
{
    (void)address;
    struct execution execution;
    struct photo failing = add(store, "anna", 100), second = add(store, "anna", 200);
    claim_this(store, "me", 1000, &failing, &execution);
    try_again(store, "me", &execution, 1100, 2000);
    struct photo other = add(store, "bert", 1500);
    claim_authors(store, "me", 1200, 1, "anna"); /* the second: the other is not due */
    CHECK_INT(due_in(store, 1200), 300);
    claim_this(store, "me", 2000, &other, &execution);
    claim_this(store, "me", 2000, &failing, &execution);
    (void)second;
}

/* ---- Places ---- */

static void test_crash(struct store *store, const char *address)
{
    (void)address;
    struct execution execution;
    struct photo photos[4];
    for (int i = 0; i < 4; i++)
        photos[i] = add(store, "anna", 100 + i);
    claim_this(store, "killed", 1000, &photos[0], &execution);
    claim_this(store, "killed", 1000, &photos[1], &execution);
    execution.updated_ms = execution.due_ms = 1500;
    CHECK_OK(store_execution_save(store, "killed", &execution, NULL, 0, true, why)); /* in the middle of its states */
    (void)add(store, "bert", 2000);
    claim_this(store, "next", 1000 + LEASE_MS, &photos[0], &execution);
    claim_authors(store, "next", 1010 + LEASE_MS, 1, "bert"); /* one of anna's is under way */
    claim_this(store, "next", 1020 + LEASE_MS, &photos[1], &execution);
    claim_this(store, "next", 1020 + LEASE_MS, &photos[2], &execution);
}

static void test_stop(struct store *store, const char *address)
{
    (void)address;
    struct execution execution;
    struct photo first = add(store, "anna", 100), second = add(store, "anna", 200);
    claim_this(store, "me", 1000, &first, &execution);
    CHECK_OK(store_execution_release(store, "me", &first.id, why));
    claim_this(store, "me", 1100, &first, &execution);
    try_again(store, "me", &execution, 1200, 1200); /* given back with a transition, without having to wait */
    claim_this(store, "me", 1300, &first, &execution);
    claim_this(store, "me", 1300, &second, &execution);
}

/* ---- Clocks ---- */

static void test_clock_was_ahead(struct store *store, const char *address)
{
    (void)address;
    struct execution execution, next;
    struct photo retried = add(store, "anna", NOW_MS), held = add(store, "anna", NOW_MS + 1),
                 served = add(store, "anna", NOW_MS + 2);
    claim_this(store, "me", NOW_MS + 10, &retried, &execution);
    try_again(store, "me", &execution, NOW_MS + 300LL * DAY_MS, NOW_MS + 300LL * DAY_MS + 1000);
    claim_this(store, "me", NOW_MS + 300LL * DAY_MS, &held, &execution);
    struct photo answered = add(store, "bert", NOW_MS + 300LL * DAY_MS);
    CHECK_INT(due_in(store, NOW_MS + 20), 0);
    claim_this(store, "you", NOW_MS + 20, &held, &next); /* its lease is void */
    CHECK_STATUS(store_execution_save(store, "me", &execution, NULL, 0, true, why), STATUS_CONFLICT);
    claim_this(store, "you", NOW_MS + 20, &answered, &execution);
    CHECK_INT(execution.due_ms, NOW_MS + 20);
    claim_this(store, "you", NOW_MS + 20, &served, &execution); /* though its author was served in the future */
    claim_this(store, "you", NOW_MS + 20, &retried, &execution);
    CHECK_INT(execution.due_ms, NOW_MS + 20);
    CHECK_INT(counts_of(store, NOW_MS + 20).queue_depth, 0);
}

static void test_served_ahead(struct store *store, const char *address)
{
    (void)address;
    struct execution execution;
    struct photo first = add(store, "anna", NOW_MS), second = add(store, "anna", NOW_MS + 1);
    claim_this(store, "me", NOW_MS + DAY_MS, &first, &execution);
    end(store, "me", &execution, NOW_MS + DAY_MS);
    CHECK_INT(due_in(store, NOW_MS + 10), 0);
    claim_this(store, "me", NOW_MS + 10, &second, &execution);
}

/* A clock that is set back a little takes no lease away and hurries no retry; and who waits for hours by a clock that
 * is right goes on waiting. */
static void test_set_back_a_little(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution, other;
    struct photo photo = add(store, "anna", NOW_MS);
    claim_this(store, "me", NOW_MS + CLOCK_TOLERANCE_MS - 1000, &photo, &execution);
    CHECK(!claim_one(store, "you", NOW_MS, LEASE_MS, &arena, &other));
    try_again(store, "me", &execution, NOW_MS + CLOCK_TOLERANCE_MS - 500, NOW_MS + 10LL * DAY_MS);
    CHECK(!claim_one(store, "you", NOW_MS, LEASE_MS, &arena, &other));
    CHECK(!claim_one(store, "you", NOW_MS + 10LL * DAY_MS - 1, LEASE_MS, &arena, &other));
    claim_this(store, "you", NOW_MS + 10LL * DAY_MS, &photo, &other);
}

/* ---- How many ---- */

static uint64_t pending_of(struct store *store, const char *author)
{
    uint64_t pending = 99;
    CHECK_OK(store_photos_pending(store, author, &pending, why));
    return pending;
}

static enum status create_bounded(struct store *store, const char *author, const char *key, uint64_t max_pending,
                                  struct id *ret_id, struct text *why)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo = make_photo(author, 1), existing;
    struct execution execution = make_execution(&photo);
    bool created = false;
    enum status status =
        store_photo_create(store, &photo, key, &execution, max_pending, NULL, &arena, &existing, &created, why);
    if (!status)
        *ret_id = created ? photo.id : existing.id;
    return status;
}

static void test_bound(struct store *store, const char *address)
{
    struct id first, second, again;
    struct execution execution;
    struct photo photo = {0};
    CHECK_OK(create_bounded(store, "anna", "key", 2, &first, why));
    CHECK_OK(create_bounded(store, "anna", NULL, 2, &second, why));
    CHECK_STATUS(create_bounded(store, "anna", NULL, 2, &again, why), STATUS_TOO_MANY);
    CHECK_OK(create_bounded(store, "bert", NULL, 2, &again, why));
    CHECK_OK(create_bounded(store, "anna", "key", 2, &again, why)); /* sent again, it is the one that there is */
    CHECK(id_equal(&again, &first));
    CHECK_INT(pending_of(store, "anna"), 2);
    CHECK_INT(pending_of(store, "nobody"), 0);
    photo.id = first;
    claim_this(store, "me", 1000, &photo, &execution);
    CHECK_STATUS(create_bounded(store, "anna", NULL, 2, &again, why), STATUS_TOO_MANY); /* under way, it still counts */
    end(store, "me", &execution, 1100);
    CHECK_INT(pending_of(store, "anna"), 1);
    CHECK_OK(store_photo_delete(store, &second, "anna", why));
    CHECK_INT(pending_of(store, "anna"), 0);
    struct store *other = NULL; /* another process, or the next */
    CHECK_OK(store_open(address, &other, why));
    CHECK_OK(create_bounded(other, "anna", NULL, 1, &again, why));
    CHECK_INT(pending_of(store, "anna"), 1);
    store_close(other);
}

/* ---- Diverting ---- */

static void test_divert(struct store *store, const char *address)
{
    (void)address;
    struct execution execution, other;
    bool held = true;
    struct photo first = add(store, "anna", 100), waits = add(store, "anna", 200), done = add(store, "bert", 100);
    CHECK_OK(store_execution_divert(store, &waits.id, "{\"end\":1}", &held, why));
    CHECK(!held);
    claim_this(store, "me", 1000, &waits, &execution); /* ahead of the first */
    CHECK_STR(execution.data, "{\"end\":1}");

    check_case("under way");
    CHECK_OK(store_execution_divert(store, &waits.id, "{\"end\":2}", &held, why));
    CHECK(held);
    claim_this(store, "me", 1000, &done, &other);
    execution.state = "Middle";
    CHECK_STATUS(store_execution_save(store, "me", &execution, NULL, 0, true, why), STATUS_CONFLICT);
    claim_this(store, "me", 1000, &waits, &execution);
    CHECK_STR(execution.data, "{\"end\":2}");
    CHECK_STR(execution.state, "Middle");

    check_case("its holder is killed");
    CHECK_OK(store_execution_divert(store, &waits.id, "{\"end\":3}", &held, why));
    claim_this(store, "you", 1000 + LEASE_MS, &waits, &other);
    CHECK_STR(other.data, "{\"end\":3}");
    CHECK_STATUS(store_execution_save(store, "me", &execution, NULL, 0, true, why), STATUS_CONFLICT);

    check_case("it ends before");
    CHECK_OK(store_execution_divert(store, &waits.id, "{\"end\":4}", &held, why));
    end(store, "you", &other, 2000 + LEASE_MS);
    CHECK_STATUS(store_execution_divert(store, &waits.id, "{\"end\":5}", &held, why), STATUS_CONFLICT);
    CHECK_STR(execution_state_of(store, &waits.id), "SUCCEEDED");
    struct id unknown = id_new();
    CHECK_STATUS(store_execution_divert(store, &unknown, "{}", &held, why), STATUS_NOT_FOUND);
    (void)first;
}

/* ---- Whatever happens, in whatever order ---- */

enum { AUTHORS = 4, PHOTOS = 60, STEPS = 1500 };
static const char *const authors[AUTHORS] = {"anna", "bert", "carl", "dora"};

struct model {
    struct arena arena;
    struct photo photos[PHOTOS];
    struct execution executions[PHOTOS];
    bool is_running[PHOTOS], is_held[PHOTOS];
    size_t count;
    int64_t now_ms;
    uint64_t random; /* the same steps each time */
};

/* 0 to sides - 1: Knuth's MMIX generator. */
static unsigned roll(struct model *model, unsigned sides)
{
    model->random = model->random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(model->random >> 33) % sides;
}

static unsigned under_way(const struct model *model, const char *author)
{
    unsigned count = 0;
    for (size_t i = 0; i < model->count; i++)
        count += model->is_held[i] && strcmp(model->photos[i].author, author) == 0;
    return count;
}

/* Nobody who waits has fewer under way than whoever was chosen. */
static void step_claim(struct store *store, struct model *model)
{
    struct execution execution;
    if (!claim_one(store, "me", model->now_ms, INT32_MAX, &model->arena, &execution)) {
        for (size_t i = 0; i < model->count; i++)
            CHECK(!model->is_running[i] || model->is_held[i] || model->executions[i].due_ms > model->now_ms);
        return;
    }
    size_t chosen = 0;
    while (chosen < model->count - 1 && !id_equal(&model->photos[chosen].id, &execution.id))
        chosen++;
    unsigned fewest = under_way(model, model->photos[chosen].author);
    for (size_t i = 0; i < model->count; i++)
        if (model->is_running[i] && !model->is_held[i] && model->executions[i].due_ms <= model->now_ms)
            CHECK(under_way(model, model->photos[i].author) >= fewest);
    CHECK(model->is_running[chosen] && !model->is_held[chosen]);
    model->executions[chosen] = execution;
    model->is_held[chosen] = true;
}

static void step_add(struct store *store, struct model *model)
{
    if (model->count == PHOTOS)
        return;
    size_t i = model->count++;
    model->photos[i] = add(store, authors[roll(model, AUTHORS)], model->now_ms);
    model->executions[i] = make_execution(&model->photos[i]);
    model->is_running[i] = true;
    model->is_held[i] = false;
}

static void step_change(struct store *store, struct model *model, size_t i)
{
    struct execution *execution = &model->executions[i];
    unsigned choice = roll(model, 6);
    if (model->is_running[i] && model->is_held[i] && choice < 4) {
        model->is_held[i] = false;
        model->is_running[i] = choice != 0;
        if (choice == 0)
            end(store, "me", execution, model->now_ms);
        else if (choice == 1)
            CHECK_OK(store_execution_release(store, "me", &execution->id, why));
        else
            try_again(store, "me", execution, model->now_ms, model->now_ms + roll(model, 50));
    } else if (model->is_running[i] && choice == 4) {
        set_now(model->now_ms);
        if (store_photo_hold(store, &execution->id, NULL, NULL) == STATUS_OK) {
            CHECK_OK(store_photo_decide(store, &execution->id, REVIEW_APPROVED, why));
            if (!model->is_held[i])
                execution->due_ms = model->now_ms;
        }
    } else if (choice == 5 && roll(model, 4) == 0 && model->photos[i].author) {
        CHECK_OK(store_photo_delete(store, &execution->id, model->photos[i].author, why));
        model->is_running[i] = model->is_held[i] = false;
        model->photos[i] = model->photos[--model->count];
        model->executions[i] = model->executions[model->count];
        model->is_running[i] = model->is_running[model->count];
        model->is_held[i] = model->is_held[model->count];
    }
}

static void test_any_order(struct store *store, const char *address)
{
    (void)address;
    struct model model = {.now_ms = NOW_MS, .random = 11};
    for (int i = 0; i < STEPS; i++, model.now_ms += roll(&model, 10)) {
        if (roll(&model, 3) == 0)
            step_add(store, &model);
        else if (roll(&model, 2) && model.count)
            step_claim(store, &model);
        else if (model.count)
            step_change(store, &model, roll(&model, (unsigned)model.count));
    }
    for (size_t a = 0; a < AUTHORS; a++) {
        unsigned running = 0;
        for (size_t i = 0; i < model.count; i++)
            running += model.is_running[i] && strcmp(model.photos[i].author, authors[a]) == 0;
        CHECK_INT(pending_of(store, authors[a]), running);
    }
    arena_release(&model.arena);
}

static void test_stores(void)
{
    static const struct store_case cases[] = {
        {"the next is of the author with the fewest under way, of all owners", test_fewest},
        {"authors take turns, also when one works alone", test_turns},
        {"a retry waits behind first tries", test_retry_waits},
        {"a crash changes no order", test_crash},
        {"what is given back keeps its place", test_stop},
        {"what a clock wrote that was ahead is due now, and its leases are void", test_clock_was_ahead},
        {"nobody waits because a clock served them in the future", test_served_ahead},
        {"a clock that is set back by less than the tolerance changes nothing", test_set_back_a_little},
        {"an author's pending photos are counted and bounded", test_bound},
        {"an execution goes on as it is told, once its holder lets go", test_divert},
        {"claims are fair and counts are right after any steps", test_any_order},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"a store", test_stores})
