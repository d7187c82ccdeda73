/* What the moderator saw, who decides, and taking back what was published, as store.h promises it, on every back
 * end. */
#include "store_fixture.h"

static struct photo read_photo(struct store *store, const struct id *id, struct arena *arena)
{
    struct photo photo = {0};
    CHECK_OK(store_photo_get(store, id, arena, &photo, why));
    return photo;
}

static void test_set_labels(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct photo pending = make_photo("anna", 1), published = add_published(store, "anna", 2), read;
    struct id unknown = id_new();
    CHECK_OK(create_photo(store, &pending, NULL, NULL, why));
    CHECK_OK(AT(10, store_photo_set_labels(store, &pending.id, "[1]", "{\"a\":1}", NULL, why)));
    CHECK_OK(AT(20, store_photo_set_labels(store, &pending.id, "[2]", "{\"a\":2}", NULL, why)));
    CHECK_OK(AT(30, store_photo_set_labels(store, &published.id, "[3]", "{\"a\":3}", NULL, why)));
    read = read_photo(store, &pending.id, &arena);
    CHECK_STR(read.labels, "[2]");
    CHECK_STR(read.audit, "{\"a\":2}");
    CHECK_INT(read.updated_ms, 20);
    CHECK_STR(photo_state_name(read.state), "PENDING");
    read = read_photo(store, &published.id, &arena);
    CHECK_STR(read.labels, "[3]");
    CHECK_STR(photo_state_name(read.state), "SUCCESS");
    CHECK_STATUS(store_photo_set_labels(store, &unknown, "[]", "{}", NULL, why), STATUS_NOT_FOUND);
    CHECK_OK(store_photo_delete(store, &pending.id, "anna", why));
    CHECK_STATUS(store_photo_set_labels(store, &pending.id, "[]", "{}", NULL, why), STATUS_NOT_FOUND);
}

static void test_labels_survive(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photos[2] = {make_photo("anna", 1), make_photo("anna", 2)};
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(create_photo(store, &photos[i], NULL, NULL, why));
        CHECK_OK(AT(10, store_photo_set_labels(store, &photos[i].id, "[1]", "{}", NULL, why)));
    }
    CHECK_OK(store_photo_publish(store, &photos[0], NULL, why)); /* with labels NULL: those that are there stay */
    CHECK_OK(store_photo_reject(store, &photos[1].id, "Refused: Weapons, 92 % sure", NULL, NULL, why));
    for (size_t i = 0; i < 2; i++)
        CHECK_STR(read_photo(store, &photos[i].id, &arena).labels, "[1]");
}

static void test_review(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo = make_photo("anna", 1000);
    struct id unknown = id_new();
    struct execution execution, next;
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    CHECK(claim_one(store, "me", 1000, 5000, &arena, &execution));

    check_case("while somebody works on it, only the photo changes");
    CHECK_OK(AT(1100, store_photo_hold(store, &photo.id, NULL, why)));
    CHECK_INT(read_photo(store, &photo.id, &arena).review, REVIEW_WAITING);
    execution.due_ms = 99000;
    CHECK_OK(store_execution_save(store, "me", &execution, NULL, 0, false, why));
    CHECK(!claim_one(store, "me", 2000, 5000, &arena, &next));

    check_case("an execution that waits is due at once when a person has decided");
    CHECK_OK(AT(3000, store_photo_decide(store, &photo.id, REVIEW_APPROVED, why)));
    CHECK_INT(read_photo(store, &photo.id, &arena).review, REVIEW_APPROVED);
    CHECK(claim_one(store, "me", 3000, 5000, &arena, &next));
    CHECK_INT(next.due_ms, 3000);
    CHECK_STATUS(store_photo_decide(store, &photo.id, REVIEW_REFUSED, why), STATUS_CONFLICT);
    CHECK_INT(read_photo(store, &photo.id, &arena).review, REVIEW_APPROVED);
    CHECK_STATUS(store_photo_decide(store, &unknown, REVIEW_REFUSED, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_photo_decide(store, &photo.id, REVIEW_WAITING, why), STATUS_INVALID);
}

static bool add_author(void *context, const struct photo *photo)
{
    struct text *names = context;
    text_addf(names, "%s%s", names->length ? " " : "", photo->author);
    return true;
}

static bool stop_at_first(void *context, const struct photo *photo)
{
    (void)add_author(context, photo);
    return false;
}

static void check_waiting(struct store *store, const struct id *after, size_t limit, const char *expected)
{
    struct text names TEXT_CLEANUP = {0};
    CHECK_OK(store_photos_list(store, PHOTO_PENDING, REVIEW_WAITING, after, limit, add_author, &names, why));
    CHECK_STR(text_get(&names), expected);
}

static void test_list(struct store *store, const char *address)
{
    (void)address;
    static const char *const authors[] = {"a", "b", "c", "d", "e"};
    static const enum photo_review reviews[] = {REVIEW_WAITING, REVIEW_NONE, REVIEW_WAITING, REVIEW_APPROVED,
                                                REVIEW_WAITING};
    struct text names TEXT_CLEANUP = {0};
    struct photo photos[5];
    for (size_t i = 0; i < 5; i++) {
        photos[i] = make_photo(authors[i], 1);
        CHECK_OK(create_photo(store, &photos[i], NULL, NULL, why));
        if (reviews[i])
            CHECK_OK(store_photo_hold(store, &photos[i].id, NULL, why));
        if (reviews[i] == REVIEW_APPROVED)
            CHECK_OK(store_photo_decide(store, &photos[i].id, REVIEW_APPROVED, why));
    }
    check_waiting(store, NULL, 99, "a c e");
    check_waiting(store, NULL, 2, "a c");
    check_waiting(store, &photos[0].id, 99, "c e");
    check_waiting(store, &photos[4].id, 99, "");
    check_waiting(store, NULL, 0, "");
    CHECK_OK(store_photos_list(store, PHOTO_PENDING, REVIEW_WAITING, NULL, 99, stop_at_first, &names, why));
    CHECK_STR(text_get(&names), "a");
    CHECK_OK(store_photo_delete(store, &photos[0].id, "a", why));
    CHECK_OK(store_photo_reject(store, &photos[2].id, "no", NULL, NULL, why));
    check_waiting(store, NULL, 99, "e");
}

static void check_published(struct store *store, const struct id *after, size_t limit, const char *expected)
{
    struct text names TEXT_CLEANUP = {0};
    CHECK_OK(store_photos_published(store, after, limit, add_author, &names, why));
    CHECK_STR(text_get(&names), expected);
}

static void test_published(struct store *store, const char *address)
{
    (void)address;
    struct photo first = add_published(store, "a", 9), pending = make_photo("b", 1);
    CHECK_OK(create_photo(store, &pending, NULL, NULL, why));
    struct photo second = add_published(store, "c", 1), third = add_published(store, "d", 1);
    check_published(store, NULL, 99, "a c d");
    check_published(store, NULL, 2, "a c");
    check_published(store, &first.id, 1, "c");
    check_published(store, NULL, 0, "");
    CHECK_OK(store_photo_delete(store, &second.id, "c", why));
    check_published(store, &first.id, 99, "d");
    check_published(store, &third.id, 99, "");
}

static void end_execution(struct store *store, int64_t now_ms)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution;
    while (claim_one(store, "me", now_ms, 5000, &arena, &execution)) {
        execution.status = EXECUTION_SUCCEEDED;
        CHECK_OK(store_execution_save(store, "me", &execution, NULL, 0, false, why));
    }
}

static void check_withdrawn(struct store *store, const struct photo *photo)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct text names TEXT_CLEANUP = {0};
    struct execution execution = make_execution(photo), claimed;
    struct store_counts before = counts_of(store, 9000), after;
    execution.data = "{\"again\":1}";
    execution.due_ms = execution.updated_ms = 9000;
    CHECK_OK(store_photo_withdraw(store, &photo->id, "[1]", "{\"a\":1}", &execution, why));
    after = counts_of(store, 9000);
    CHECK_INT(after.executions[EXECUTION_RUNNING], before.executions[EXECUTION_RUNNING] + 1);
    struct photo read = read_photo(store, &photo->id, &arena);
    CHECK_STR(photo_state_name(read.state), "PENDING");
    CHECK_INT(read.review, REVIEW_WAITING);
    CHECK_STR(read.labels, "[1]");
    CHECK_STR(read.audit, "{\"a\":1}");
    CHECK_INT(read.large.width, photo->large.width);
    search_names(store, "anna", NULL, 9, &names);
    CHECK_STR(text_get(&names), "");
    CHECK(claim_one(store, "me", 9000, 5000, &arena, &claimed));
    CHECK(id_equal(&claimed.id, &photo->id));
    CHECK_STR(claimed.data, "{\"again\":1}");
    CHECK_OK(store_execution_save(store, "me", &claimed, NULL, 0, true, why));
    CHECK_STATUS(store_photo_withdraw(store, &photo->id, "[]", "{}", &execution, why), STATUS_CONFLICT);
    CHECK_STATUS(store_photo_publish(store, photo, NULL, why), STATUS_CONFLICT);
    CHECK_OK(store_photo_decide(store, &photo->id, REVIEW_APPROVED, why));
    CHECK_OK(store_photo_publish(store, photo, NULL, why));
    CHECK_STATUS(store_photo_withdraw(store, &photo->id, "[]", "{}", &execution, why), STATUS_CONFLICT);
    search_names(store, "anna", NULL, 9, &names);
    CHECK_STR(text_get(&names), "anna:1");
}

static void test_withdraw(struct store *store, const char *address)
{
    (void)address;
    size_t pruned = 0;
    struct photo photo = add_published(store, "anna", 1), other = make_photo("bert", 1);
    end_execution(store, 100);
    check_case("it waits for a person, is nobody's post, and can be published again");
    check_withdrawn(store, &photo);

    check_case("also when its execution was forgotten");
    struct execution execution = make_execution(&photo);
    CHECK_OK(store_photo_delete(store, &photo.id, "anna", why));
    photo = add_published(store, "anna", 2);
    end_execution(store, 99000);
    CHECK_OK(AT(999000, store_executions_prune(store, 0, 9, &pruned, why)));
    CHECK_STR(execution_state_of(store, &photo.id), "not-found");
    check_withdrawn(store, &photo);

    check_case("what is not published can't be withdrawn");
    CHECK_OK(create_photo(store, &other, NULL, NULL, why));
    struct execution others = make_execution(&other);
    CHECK_STATUS(store_photo_withdraw(store, &other.id, "[]", "{}", &others, why), STATUS_CONFLICT);
    CHECK_STATUS(store_photo_withdraw(store, &execution.id, "[]", "{}", &execution, why), STATUS_NOT_FOUND);
    CHECK_STATUS(store_photo_withdraw(store, &other.id, "[]", "{}", &execution, why), STATUS_INVALID);
}

static void test_stores(void)
{
    static const struct store_case cases[] = {
        {"what the moderator saw is kept, in any state, and the last time counts", test_set_labels},
        {"what it saw stays when the photo is published or refused", test_labels_survive},
        {"a decision is kept", test_review},
        {"photos that wait for a person are listed, oldest first, from any of them on", test_list},
        {"published photos are listed, oldest first, from any of them on", test_published},
        {"a published photo can be withdrawn", test_withdraw},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"a store", test_stores})
