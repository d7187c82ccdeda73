#include "check.h"
#include "quota.h"

#include <stdio.h>

static void test_limits(void)
{
    static const struct {
        const char *says, *name;
        uint64_t amount;
        enum quota_verdict verdict;
        uint64_t each, all; /* after it */
    } rows[] = {
        {"a part", "ann", 6, QUOTA_TAKEN, 6, 6},
        {"up to the limit of each", "ann", 4, QUOTA_TAKEN, 10, 10},
        {"one beyond it", "ann", 1, QUOTA_EACH_FULL, 10, 10},
        {"somebody else", "bob", 5, QUOTA_TAKEN, 5, 15},
        {"one beyond the limit of all", "cy", 1, QUOTA_ALL_FULL, 0, 15},
        {"nothing", "cy", 0, QUOTA_TAKEN, 0, 15},
        {"more than can be counted", "bob", UINT64_MAX, QUOTA_EACH_FULL, 5, 15},
    };
    struct quota *quota = quota_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].says);
        CHECK_INT(quota_take(quota, rows[i].name, rows[i].amount, 10, 15), rows[i].verdict);
        CHECK_INT(quota_get(quota, rows[i].name), rows[i].each);
        CHECK_INT(quota_get_all(quota), rows[i].all);
    }
    check_case("what was given back can be taken again");
    quota_give_back(quota, "ann", 3);
    CHECK_INT(quota_take(quota, "cy", 3, 10, 15), QUOTA_TAKEN);
    CHECK_INT(quota_take(quota, "ann", 1, 10, 15), QUOTA_ALL_FULL);
    quota_free(quota);
}

static void test_many(void)
{
    enum { NAMES = 1000 };
    struct quota *quota = quota_new();
    char name[16];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < NAMES; i++) {
            (void)snprintf(name, sizeof name, "name_%d", i);
            CHECK_INT(quota_take(quota, name, (uint64_t)i + 1, NAMES, UINT64_MAX), QUOTA_TAKEN);
        }
        CHECK_INT(quota_get_all(quota), NAMES * (NAMES + 1) / 2);
        for (int i = NAMES - 1; i >= 0; i--) {
            (void)snprintf(name, sizeof name, "name_%d", i);
            CHECK_INT(quota_get(quota, name), i + 1);
            quota_give_back(quota, name, (uint64_t)i + 1);
            CHECK_INT(quota_get(quota, name), 0);
        }
        CHECK_INT(quota_get_all(quota), 0);
    }
    quota_free(quota);
}

CHECK_MAIN({"nobody takes more than its share, nor all more than there is", test_limits},
           {"thousands of names are told apart", test_many})
