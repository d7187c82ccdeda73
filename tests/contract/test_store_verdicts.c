/* What was decided about pictures, as store.h promises it, on every back end. */
#include "store_fixture.h"

#include <stdio.h>
#include <string.h>

/* A picture whose shape differs from that of picture 0 in `bits` bits, and its cells by `step` in one place. */
static struct fingerprint make_print(uint8_t pixels, unsigned bits, uint8_t step)
{
    struct fingerprint print = {.is_there = true, .has_shape = true};
    memset(print.pixels, pixels, sizeof print.pixels);
    for (unsigned i = 0; i < bits; i++)
        print.shape[i / 8] |= (uint8_t)(1 << (i % 8));
    print.cells[99] = step;
    return print;
}

static struct id add(struct store *store, struct fingerprint print, enum verdict_kind kind)
{
    const struct verdict verdict = {.photo = id_new(),
                                    .kind = kind,
                                    .fingerprint = print,
                                    .reason = kind == VERDICT_REFUSED ? "A gun." : NULL,
                                    .labels = "[1]",
                                    .decided_ms = 7};
    CHECK_OK(store_verdict_add(store, &verdict, why));
    return verdict.photo;
}

/* "", or which verdict is found and how near: "refused exact", "approved 12 3". */
static const char *find(struct store *store, struct fingerprint print)
{
    static const char *const kinds[] = {"waiting", "refused", "approved"};
    static char found[64];
    struct arena arena ARENA_CLEANUP = {0};
    struct verdict verdict;
    struct verdict_match match;
    enum status status = store_verdict_find(store, &print, 31, &arena, &verdict, &match, NULL);
    found[0] = '\0';
    if (status == STATUS_OK && match.is_exact)
        (void)snprintf(found, sizeof found, "%s exact", kinds[verdict.kind]);
    else if (status == STATUS_OK)
        (void)snprintf(found, sizeof found, "%s %u %u", kinds[verdict.kind], match.distance, match.difference);
    else
        CHECK_STR(status_name(status), "not-found");
    return found;
}

static void test_find(struct store *store, const char *address)
{
    (void)address;
    struct arena arena ARENA_CLEANUP = {0};
    struct verdict verdict;
    struct verdict_match match;
    struct fingerprint wanted = make_print(1, 0, 0), shapeless = make_print(9, 0, 0);
    CHECK_STR(find(store, wanted), "");
    (void)add(store, wanted, VERDICT_WAITING);
    CHECK_STR(find(store, wanted), "");
    struct id photo = add(store, wanted, VERDICT_REFUSED);
    CHECK_STR(find(store, wanted), "refused exact");
    CHECK_OK(store_verdict_find(store, &wanted, 31, &arena, &verdict, &match, why));
    CHECK(id_equal(&verdict.photo, &photo));
    CHECK_STR(verdict.reason, "A gun.");
    CHECK_STR(verdict.labels, "[1]");
    CHECK_INT(verdict.decided_ms, 7);
    CHECK(memcmp(&verdict.fingerprint, &wanted, sizeof wanted) == 0);

    check_case("another size or coding has another checksum, and nearly the same shape");
    CHECK_STR(find(store, make_print(2, 5, 3)), "refused 5 3");
    CHECK_STR(find(store, make_print(2, 31, 3)), "refused 31 3");
    CHECK_STR(find(store, make_print(2, 32, 3)), "");
    (void)add(store, make_print(3, 20, 0), VERDICT_APPROVED);
    CHECK_STR(find(store, make_print(2, 16, 0)), "approved 4 0");
    CHECK_STR(find(store, make_print(2, 6, 0)), "refused 6 0");

    check_case("of two that are as near the newer counts");
    (void)add(store, make_print(4, 0, 0), VERDICT_APPROVED);
    CHECK_STR(find(store, make_print(5, 0, 0)), "approved 0 0");

    check_case("what has no shape is known by its pixels alone");
    shapeless.has_shape = false;
    CHECK_STR(find(store, shapeless), "");
    (void)add(store, shapeless, VERDICT_REFUSED);
    CHECK_STR(find(store, shapeless), "refused exact");
}

static void test_decide(struct store *store, const char *address)
{
    (void)address;
    struct id unknown = id_new();
    struct id photo = add(store, make_print(1, 0, 0), VERDICT_WAITING);
    CHECK_OK(store_verdict_decide(store, &unknown, VERDICT_REFUSED, "No.", why));
    CHECK_OK(store_verdict_decide(store, &photo, VERDICT_REFUSED, "No.", why));
    CHECK_STR(find(store, make_print(1, 0, 0)), "refused exact");

    check_case("an approval undoes the refusals of copies, and of nothing else");
    (void)add(store, make_print(2, 3, 3), VERDICT_REFUSED);
    (void)add(store, make_print(3, 25, 0), VERDICT_REFUSED);
    (void)add(store, make_print(4, 3, 200), VERDICT_REFUSED);
    struct id good = add(store, make_print(1, 0, 0), VERDICT_WAITING);
    CHECK_OK(store_verdict_decide(store, &good, VERDICT_APPROVED, NULL, why));
    CHECK_STR(find(store, make_print(1, 0, 0)), "approved exact");
    CHECK_STR(find(store, make_print(2, 3, 3)), "approved 3 3");
    CHECK_STR(find(store, make_print(3, 25, 0)), "refused exact");
    CHECK_STR(find(store, make_print(4, 3, 200)), "refused exact");

    check_case("however near an approved picture is that is another one, or a copy too");
    (void)add(store, make_print(5, 100, 0), VERDICT_APPROVED);
    (void)add(store, make_print(6, 110, 0), VERDICT_REFUSED);
    (void)add(store, make_print(7, 99, 0), VERDICT_REFUSED);
    struct fingerprint shapeless = make_print(8, 0, 0);
    shapeless.has_shape = false;
    (void)add(store, shapeless, VERDICT_REFUSED);
    good = add(store, make_print(5, 100, 0), VERDICT_WAITING);
    CHECK_OK(store_verdict_decide(store, &good, VERDICT_APPROVED, NULL, why));
    CHECK_STR(find(store, make_print(6, 110, 0)), "approved 10 0");
    CHECK_STR(find(store, make_print(7, 99, 0)), "approved 1 0");
    CHECK_STR(find(store, shapeless), "refused exact");
    good = add(store, shapeless, VERDICT_WAITING);
    CHECK_OK(store_verdict_decide(store, &good, VERDICT_APPROVED, NULL, why));
    CHECK_STR(find(store, shapeless), "approved exact");

    check_case("what a person has refused may be approved after all");
    struct id refused = add(store, make_print(9, 150, 0), VERDICT_REFUSED);
    CHECK_OK(store_verdict_decide(store, &refused, VERDICT_APPROVED, NULL, why));
    CHECK_STR(find(store, make_print(9, 150, 0)), "approved exact");
}

static bool count_row(void *context, const struct verdict *verdict)
{
    size_t *count = context;
    (*count)++;
    return verdict->decided_ms == 7;
}

static void test_forget(struct store *store, const char *address)
{
    (void)address;
    size_t count = 0;
    struct id photo = add(store, make_print(1, 0, 0), VERDICT_REFUSED);
    (void)add(store, make_print(2, 90, 0), VERDICT_REFUSED);
    CHECK_OK(store_verdicts_list(store, 99, count_row, &count, why));
    CHECK_INT(count, 2);
    CHECK_OK(store_verdict_forget(store, &photo, why));
    CHECK_STATUS(store_verdict_forget(store, &photo, why), STATUS_NOT_FOUND);
    CHECK_STR(find(store, make_print(1, 0, 0)), "");
    CHECK_OK(store_verdicts_list(store, 0, count_row, &count, why));
    CHECK_OK(store_verdicts_list(store, 1, count_row, &count, why));
    CHECK_INT(count, 3);
}

static void test_again(struct store *store, const char *address)
{
    (void)address;
    size_t count = 0;
    struct verdict verdict = {.photo = id_new(), .fingerprint = make_print(1, 0, 0), .decided_ms = 7};
    CHECK_OK(store_verdict_add(store, &verdict, why));
    verdict.kind = VERDICT_REFUSED;
    verdict.reason = "No.";
    CHECK_OK(store_verdict_add(store, &verdict, why));
    CHECK_OK(store_verdicts_list(store, 99, count_row, &count, why));
    CHECK_INT(count, 1);
    CHECK_STR(find(store, make_print(1, 0, 0)), "refused exact");
}

static void test_stores(void)
{
    static const struct store_case cases[] = {
        {"a copy of a picture is known again", test_find},
        {"a person decides, and an approval undoes a refusal", test_decide},
        {"a verdict can be forgotten", test_forget},
        {"a photo has one verdict", test_again},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"verdicts", test_stores})
