/* Turns at the darkroom: one author's photos that hang stand in nobody else's way. */
#include "check.h"
#include "turns.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum {
    PATIENCE = 5000,
    MOMENT = 150 /* looks, a millisecond apart; longer than anybody waits before they look again */
};

static atomic_llong told_ns;

static int64_t tell_ns(void)
{
    return atomic_load(&told_ns);
}

struct visitor {
    pthread_t thread;
    struct turns *turns;
    const char *author;
    struct turn turn;
    atomic_bool has_it;
};

static void *visit(void *context)
{
    struct visitor *visitor = context;
    turns_take(visitor->turns, visitor->author, &visitor->turn);
    atomic_store(&visitor->has_it, true);
    return NULL;
}

static void come(struct visitor *visitor, struct turns *turns, const char *author)
{
    *visitor = (struct visitor){.turns = turns, .author = author};
    CHECK_INT(pthread_create(&visitor->thread, NULL, visit, visitor), 0);
}

static bool gets_it(struct visitor *visitor, int looks)
{
    for (int i = 0; i < looks && !atomic_load(&visitor->has_it); i++)
        (void)usleep(1000);
    return atomic_load(&visitor->has_it);
}

static void go(struct visitor *visitor)
{
    CHECK(gets_it(visitor, PATIENCE));
    (void)pthread_join(visitor->thread, NULL);
    turns_give_back(visitor->turns, &visitor->turn);
}

/* Who came later goes first, since the other two are of an author who has a turn. */
static void test_fewest(void)
{
    atomic_store(&told_ns, 0);
    struct turns *turns = turns_new(2, tell_ns);
    struct visitor hanging[4], other;
    for (int i = 0; i < 2; i++) {
        come(&hanging[i], turns, "mallory");
        CHECK(gets_it(&hanging[i], PATIENCE));
    }
    come(&hanging[2], turns, "mallory");
    come(&hanging[3], turns, "mallory");
    CHECK(!gets_it(&hanging[2], MOMENT));
    come(&other, turns, "ann");
    CHECK(!gets_it(&other, MOMENT));
    go(&hanging[0]);
    CHECK(gets_it(&other, PATIENCE));
    CHECK(!gets_it(&hanging[2], MOMENT) && !gets_it(&hanging[3], 1));
    go(&other);
    go(&hanging[1]);
    go(&hanging[2]);
    go(&hanging[3]);
    turns_free(turns);
}

/* A photo comes back after its moderator's look. Whose turn lasts leaves a process to it for a while; whose turns are
 * short doesn't. */
static void test_comes_back(void)
{
    static const struct {
        const char *name;
        int64_t hangs_ns, later_ns;
        bool takes_last;
    } rows[] = {
        {"a turn that lasts, and somebody who was here a moment ago", 1500000000, 0, false},
        {"a turn that lasts, and somebody who was here long ago", 1500000000, 2500000000, true},
        {"a short turn", 500000000, 0, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct visitor hanging, next, other;
        check_case("%s", rows[i].name);
        atomic_store(&told_ns, 0);
        struct turns *turns = turns_new(2, tell_ns);
        come(&hanging, turns, "mallory");
        CHECK(gets_it(&hanging, PATIENCE));
        atomic_store(&told_ns, rows[i].hangs_ns);
        come(&other, turns, "ann");
        go(&other);
        atomic_store(&told_ns, rows[i].hangs_ns + rows[i].later_ns);
        come(&next, turns, "mallory");
        CHECK_INT(gets_it(&next, rows[i].takes_last ? PATIENCE : MOMENT), rows[i].takes_last);
        if (!rows[i].takes_last) {
            come(&other, turns, "ann");
            go(&other);
        }
        go(&hanging);
        go(&next);
        turns_free(turns);
    }
}

/* Alone, an author has all of it, whatever lasts. */
static void test_alone(void)
{
    atomic_store(&told_ns, 0);
    struct turns *turns = turns_new(2, tell_ns);
    struct visitor first, second;
    come(&first, turns, "ann");
    CHECK(gets_it(&first, PATIENCE));
    atomic_store(&told_ns, 9000000000);
    come(&second, turns, "ann");
    CHECK(gets_it(&second, PATIENCE));
    go(&first);
    go(&second);
    turns_free(turns);
}

CHECK_MAIN({"the next turn is of the author who has the fewest", test_fewest},
           {"a process is left to who comes back", test_comes_back}, {"who is alone has all", test_alone})
