/* The names in memory, held against a plain sorted table, and what they do when the database is ahead. */
#include "check.h"
#include "names.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAMES = 2000, CHANGES = 40000 };

static bool add_row(void *context, const char *name, size_t length, int64_t posts)
{
    CHECK_INT(strlen(name), length);
    text_addf(context, "%s=%d ", name, (int)posts);
    return true;
}

static const char *search(struct names *names, uint64_t state, const char *prefix, const char *from, size_t limit,
                          struct text *rows)
{
    text_clear(rows);
    bool served = names_search(names, state, prefix, from, strlen(from), limit, add_row, rows);
    return served ? text_get(rows) : "behind";
}

/* The model: the name of number i is model_name(i), in byte order. Lengths from 3 to AUTHOR_NAME_MAX. */
static const char *model_name(int i)
{
    static char name[AUTHOR_NAME_MAX + 1];
    int length = snprintf(name, sizeof name, "%c%04d", 'a' + i / 400, i);
    for (int more = i * 7 % 60; more > 0 && length < AUTHOR_NAME_MAX; more--)
        name[length++] = 'x';
    name[length] = '\0';
    return name;
}

static void model_search(const int *posts, const char *prefix, const char *from, size_t limit, struct text *rows)
{
    text_clear(rows);
    for (int i = 0; i < NAMES && limit; i++) {
        const char *name = model_name(i);
        if (!posts[i] || strcmp(name, from) < 0)
            continue;
        if (strncmp(name, prefix, strlen(prefix)) != 0)
            break;
        text_addf(rows, "%s=%d ", name, posts[i]);
        limit--;
    }
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void check_searches(struct names *names, uint32_t state, const int *posts)
{
    static const struct {
        const char *prefix, *from;
        size_t limit;
    } cases[] = {
        {"", "", SIZE_MAX}, {"", "", 1},     {"a", "a", 100},  {"c0", "c0", SIZE_MAX}, {"e19", "e1950", 20},
        {"b", "b0555", 7},  {"z", "z", 10},  {"A", "A", 10},   {"", "c", 300},         {"d1300", "d1300", 2},
        {"", "zzz", 10},    {"a", "b0", 10}, {"e", "e199", 9}, {"c0999", "c0999", 5},
    };
    TEXT_CLEANUP struct text rows = {0}, expected = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        model_search(posts, cases[i].prefix, cases[i].from, cases[i].limit, &expected);
        CHECK_STR(search(names, state, cases[i].prefix, cases[i].from, cases[i].limit, &rows), text_get(&expected));
    }
}

static void random_changes_give_what_a_plain_table_gives(void)
{
    static int posts[NAMES];
    struct names *names = names_new();
    unsigned seed = 1;
    uint32_t state = UINT32_MAX - CHANGES / 2; /* it wraps around on the way */
    names_swap(names, names_list_new(), state);
    for (int i = 0; i < CHANGES; i++) {
        int which = (int)(next_random(&seed) % NAMES);
        /* The first half of the time names come, then they go. */
        bool goes = posts[which] && (next_random(&seed) % 8 < (i < CHANGES / 2 ? 2u : 7u));
        struct name_change change = {.posts = goes ? -1 : i < CHANGES / 2 ? 1 : 0};
        (void)snprintf(change.name, sizeof change.name, "%s", model_name(which));
        posts[which] += change.posts;
        names_follow(names, &change, 1, state, state + 1);
        state++;
        if (i % 2500 == 0)
            check_searches(names, state, posts);
    }
    check_searches(names, state, posts);
    names_free(names);
}

static struct names *names_of(int count, uint32_t state)
{
    struct names *names = names_new();
    struct names_list *list = names_list_new();
    for (int i = 0; i < count; i++)
        CHECK(names_list_append(list, model_name(i), strlen(model_name(i)), i + 1));
    names_swap(names, list, state);
    return names;
}

static void a_loaded_list_is_searched(void)
{
    static int posts[NAMES];
    for (int i = 0; i < NAMES; i++)
        posts[i] = i + 1;
    struct names *names = names_of(NAMES, 7);
    check_searches(names, 7, posts);
    names_free(names);
}

static void whoever_is_behind_serves_nobody(void)
{
    static const struct {
        const char *what;
        uint64_t from, to;
        size_t changes;
        bool follows;
    } cases[] = {
        {"our commit", 7, 8, 1, true},
        {"our commit of something else", 7, 8, 0, true},
        {"a transaction that changed nothing", 7, 7, 0, true},
        {"another process committed before ours", 8, 9, 1, false},
        {"another process committed right after ours", 7, 9, 1, false},
        {"the log was recovered, and counts anew", 0, 1, 0, false},
        {"and came by the number that it had", UINT64_C(1) << 32 | 7, UINT64_C(2) << 32 | 8, 1, false},
    };
    const struct name_change change = {.name = "newcomer", .posts = 1};
    TEXT_CLEANUP struct text rows = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("%s", cases[i].what);
        struct names *names = names_of(3, 7);
        CHECK_STR(search(names, 8, "a0", "a0", 9, &rows), "behind");
        names_follow(names, &change, cases[i].changes, cases[i].from, cases[i].to);
        CHECK_INT(names_are_at(names, cases[i].to), cases[i].follows);
        const char *found = cases[i].changes ? "newcomer=1 " : "";
        CHECK_STR(search(names, cases[i].to, "new", "new", 9, &rows), cases[i].follows ? found : "behind");
        names_follow(names, NULL, 0, cases[i].to, cases[i].to + 1);
        CHECK_INT(names_are_at(names, cases[i].to + 1), cases[i].follows);
        names_swap(names, names_list_new(), cases[i].to + 1);
        CHECK_STR(search(names, cases[i].to + 1, "", "", 9, &rows), "");
        names_free(names);
    }
}

static void what_has_no_place_is_refused(void)
{
    char name[AUTHOR_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    struct names_list *list = names_list_new();
    CHECK(names_list_append(list, name, AUTHOR_NAME_MAX, UINT32_MAX));
    CHECK(!names_list_append(list, name, AUTHOR_NAME_MAX + 1, 1));
    CHECK(!names_list_append(list, name, 1, -1));
    CHECK(!names_list_append(list, name, 1, (int64_t)UINT32_MAX + 1));
    names_list_free(list);
}

CHECK_MAIN({"random changes give what a plain sorted table gives", random_changes_give_what_a_plain_table_gives},
           {"a loaded list is searched", a_loaded_list_is_searched},
           {"names that are not those of the database's state serve nobody", whoever_is_behind_serves_nobody},
           {"names and counts that have no place are refused", what_has_no_place_is_refused})
