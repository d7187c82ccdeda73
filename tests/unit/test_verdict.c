/* What labels do to a photo: the surest that refuses decides, and how sure it has to be is the operator's choice. */
#include "check.h"
#include "moderator.h"

static void test_decide(void)
{
    enum { PUBLISH = MODERATION_LABEL, HOLD = MODERATION_HOLD, REFUSE = MODERATION_REFUSE };
    static const struct {
        const char *behaviour;
        double refuses, holds, labels; /* confidence of a label of each kind; 0: there is none */
        int when_refuse, when_hold, when_publish;
        const char *decided[3]; /* by which label, in the same order */
    } rows[] = {
        {"no labels", 0, 0, 0, PUBLISH, PUBLISH, PUBLISH, {"", "", ""}},
        {"a label that does nothing", 0, 0, 99, PUBLISH, PUBLISH, PUBLISH, {"", "", ""}},
        {"less than enough", 49.9, 49.9, 0, PUBLISH, PUBLISH, PUBLISH, {"", "", ""}},
        {"a little sure", 50, 0, 0, REFUSE, HOLD, PUBLISH, {"R", "R", ""}},
        {"nearly sure", 74.9, 0, 0, REFUSE, HOLD, PUBLISH, {"R", "R", ""}},
        {"sure", 75, 0, 0, REFUSE, REFUSE, REFUSE, {"R", "R", "R"}},
        {"a label that asks for a person", 0, 50, 0, HOLD, HOLD, HOLD, {"H", "H", "H"}},
        {"that and a little sure", 60, 90, 0, REFUSE, HOLD, HOLD, {"R", "H", "H"}},
        {"that and sure", 80, 90, 0, REFUSE, REFUSE, REFUSE, {"R", "R", "R"}},
    };
    static const enum moderation_action whens[] = {MODERATION_REFUSE, MODERATION_HOLD, MODERATION_LABEL};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct moderation_labels labels = {
            .rows = {moderation_label_make("R", "", rows[i].refuses, MODERATION_REFUSE),
                     moderation_label_make("H", "", rows[i].holds, MODERATION_HOLD),
                     moderation_label_make("L", "", rows[i].labels, MODERATION_LABEL)},
            .count = 3,
        };
        const int expected[] = {rows[i].when_refuse, rows[i].when_hold, rows[i].when_publish};
        for (size_t k = 0; k < 3; k++) {
            const struct moderation_label *label;
            check_case("%s, when unsure: %s", rows[i].behaviour, moderation_action_name(whens[k]));
            CHECK_INT(moderation_decide(&labels, whens[k], &label), expected[k]);
            CHECK_STR(label ? label->name : "", rows[i].decided[k]);
        }
    }
}

/* What nobody looked at is never published, and waits only where somebody comes. */
static void test_unseen(void)
{
    enum { ALONE, BEHIND_ANOTHER, WITH_REFUSAL, LISTS };
    static const struct {
        enum moderation_action when_unsure, expected;
        const char *decided[LISTS]; /* by which label */
    } rows[] = {
        {MODERATION_REFUSE, MODERATION_REFUSE, {MODERATION_UNSEEN, MODERATION_UNSEEN, "R"}},
        {MODERATION_HOLD, MODERATION_HOLD, {MODERATION_UNSEEN, "H", MODERATION_UNSEEN}},
        {MODERATION_LABEL, MODERATION_REFUSE, {MODERATION_UNSEEN, MODERATION_UNSEEN, MODERATION_UNSEEN}},
    };
    const struct moderation_label unseen = moderation_label_make(MODERATION_UNSEEN, "", 100, MODERATION_HOLD),
                                  held = moderation_label_make("H", "", 100, MODERATION_HOLD),
                                  unsure = moderation_label_make("R", "", 60, MODERATION_REFUSE);
    const struct moderation_labels lists[LISTS] = {
        [ALONE] = {{unseen}, 1}, [BEHIND_ANOTHER] = {{held, unseen}, 2}, [WITH_REFUSAL] = {{unseen, held, unsure}, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < LISTS; k++) {
            const struct moderation_label *label;
            check_case("when unsure: %s; list %zu", moderation_action_name(rows[i].when_unsure), k);
            CHECK_INT(moderation_decide(&lists[k], rows[i].when_unsure, &label), rows[i].expected);
            CHECK_STR(label->name, rows[i].decided[k]);
        }
}

static void test_merge(void)
{
    const struct moderation_label dog = {"Dog", "Animal", 60, MODERATION_LABEL},
                                  animal = {"Animal", "", 60, MODERATION_LABEL},
                                  sure_dog = {"Dog", "Animal", 90, MODERATION_LABEL},
                                  sure_animal = {"Animal", "", 90, MODERATION_LABEL},
                                  gun = {"Gun", "", 80, MODERATION_REFUSE};
    static const char *const expected[] = {"Dog", "Animal", "Gun"};
    struct moderation_labels labels = {{dog, animal}, 2};
    const struct moderation_labels others = {{sure_dog, sure_animal, gun}, 3}, none = {0};
    moderation_labels_merge(&labels, &others);
    moderation_labels_merge(&labels, &none);
    CHECK_INT(labels.count, 3);
    for (size_t i = 0; i < 3; i++)
        CHECK_STR(labels.rows[i].name, expected[i]);
    CHECK(labels.rows[0].confidence == 90 && labels.rows[1].confidence == 90);

    struct moderation_labels many = {0}, more = {0};
    for (int i = 0; i < MODERATION_LABELS_MAX; i++) {
        char name[2] = {(char)('0' + i)};
        many.rows[many.count++] = moderation_label_make(name, "", 90 - i, MODERATION_LABEL);
    }
    more.rows[more.count++] = gun;
    check_case("when there is no room, the least sure goes");
    moderation_labels_merge(&many, &more);
    CHECK_INT(many.count, MODERATION_LABELS_MAX);
    CHECK(moderation_find(&many, MODERATION_REFUSE) != NULL);

    check_case("of those that are as sure, the first list's stay");
    for (int i = 0; i < MODERATION_LABELS_MAX; i++) {
        char name[2] = {(char)('0' + i)};
        many.rows[i] = moderation_label_make(name, "", gun.confidence, MODERATION_LABEL);
    }
    moderation_labels_merge(&more, &many);
    CHECK_INT(more.count, MODERATION_LABELS_MAX);
    CHECK_STR(more.rows[0].name, "Gun");
}

static void test_lists(void)
{
    static const struct {
        const char *list, *name;
        bool is_listed;
    } rows[] = {
        {NULL, "Wine", false},         {"", "Wine", false},           {"Wine", "Wine", true},
        {"wine", "Wine", true},        {"Beer , Wine", "Beer", true}, {"Beer ,  Wine ", "Wine", true},
        {"Beer,,Wine,", "Wine", true}, {"Wine Glass", "Wine", false}, {"Win", "Wine", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s in \"%s\"", rows[i].name, rows[i].list ? rows[i].list : "nothing");
        CHECK_INT(moderation_is_listed(rows[i].list, rows[i].name), rows[i].is_listed);
    }
}

CHECK_MAIN({"what happens to a photo", test_decide}, {"what nobody looked at", test_unseen},
           {"labels of several frames", test_merge}, {"names in a list", test_lists})
