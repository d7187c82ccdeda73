#include "turns.h"

#include "clock.h"
#include "memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN_NS INT64_C(50000000)
#define SLOW_NS       INT64_C(1000000000) /* a turn that has lasted for longer may be one that hangs */
#define LINGER_NS     INT64_C(2000000000) /* how long somebody is expected back who has given a turn back */

struct author_turns {
    struct author_turns *next;
    char *name;
    unsigned held, waiting;
    int64_t left_ns; /* when the last turn was given back */
};

struct turns {
    int64_t (*now_ns)(void);
    pthread_mutex_t lock;
    pthread_cond_t change;
    unsigned free;
    struct author_turns *authors; /* who has turns, waits, or has left a moment ago */
    struct turn *held;
    struct turn *waiting; /* the longest first */
};

struct turns *turns_new(unsigned processes, int64_t (*now_ns)(void))
{
    struct turns *turns = NEW(struct turns);
    *turns = (struct turns){.now_ns = now_ns ? now_ns : clock_monotonic_ns, .free = processes};
    (void)pthread_mutex_init(&turns->lock, NULL);
    (void)pthread_cond_init(&turns->change, NULL);
    return turns;
}

static bool is_present(const struct author_turns *author, int64_t now_ns)
{
    return author->held || author->waiting || now_ns - author->left_ns < LINGER_NS;
}

static void forget_absent(struct turns *turns, int64_t now_ns)
{
    struct author_turns **link = &turns->authors;
    while (*link) {
        struct author_turns *author = *link;
        if (is_present(author, now_ns)) {
            link = &author->next;
            continue;
        }
        *link = author->next;
        free(author->name);
        free(author);
    }
}

void turns_free(struct turns *turns)
{
    if (!turns)
        return;
    forget_absent(turns, INT64_MAX);
    (void)pthread_cond_destroy(&turns->change);
    (void)pthread_mutex_destroy(&turns->lock);
    free(turns);
}

static struct author_turns *find_author(struct turns *turns, const char *name)
{
    struct author_turns *author = turns->authors;
    while (author && strcmp(author->name, name) != 0)
        author = author->next;
    if (author)
        return author;
    author = NEW(struct author_turns);
    *author = (struct author_turns){.next = turns->authors, .name = memory_copy_string(name)};
    turns->authors = author;
    return author;
}

static bool is_slow(const struct turns *turns, const struct author_turns *author, int64_t now_ns)
{
    for (const struct turn *turn = turns->held; turn; turn = turn->next)
        if (turn->author == author && now_ns - turn->since_ns > SLOW_NS)
            return true;
    return false;
}

static bool has_company(const struct turns *turns, const struct author_turns *author, int64_t now_ns)
{
    for (const struct author_turns *other = turns->authors; other; other = other->next)
        if (other != author && is_present(other, now_ns))
            return true;
    return false;
}

/* Whose turn is next; NULL: nobody's now. */
static const struct turn *choose(const struct turns *turns, int64_t now_ns)
{
    const struct turn *chosen = NULL;
    for (const struct turn *turn = turns->free ? turns->waiting : NULL; turn; turn = turn->next)
        if (!chosen || turn->author->held < chosen->author->held)
            chosen = turn;
    bool leaves_it = chosen && turns->free == 1 && is_slow(turns, chosen->author, now_ns)
                     && has_company(turns, chosen->author, now_ns);
    return leaves_it ? NULL : chosen;
}

static void append(struct turn **list, struct turn *turn)
{
    while (*list)
        list = &(*list)->next;
    turn->next = NULL;
    *list = turn;
}

static void take_out(struct turn **list, const struct turn *turn)
{
    while (*list != turn)
        list = &(*list)->next;
    *list = turn->next;
}

void turns_take(struct turns *turns, const char *name, struct turn *ret_turn)
{
    (void)pthread_mutex_lock(&turns->lock);
    struct author_turns *author = find_author(turns, name);
    *ret_turn = (struct turn){.author = author};
    author->waiting++;
    append(&turns->waiting, ret_turn);
    while (choose(turns, turns->now_ns()) != ret_turn)
        (void)clock_wait(&turns->change, &turns->lock, clock_monotonic_ns() + LOOK_AGAIN_NS);
    take_out(&turns->waiting, ret_turn);
    append(&turns->held, ret_turn);
    author->waiting--;
    author->held++;
    turns->free--;
    ret_turn->since_ns = turns->now_ns();
    (void)pthread_cond_broadcast(&turns->change); /* there may be another one free */
    (void)pthread_mutex_unlock(&turns->lock);
}

void turns_give_back(struct turns *turns, struct turn *turn)
{
    (void)pthread_mutex_lock(&turns->lock);
    take_out(&turns->held, turn);
    turn->author->held--;
    turn->author->left_ns = turns->now_ns();
    turns->free++;
    forget_absent(turns, turn->author->left_ns);
    (void)pthread_cond_broadcast(&turns->change);
    (void)pthread_mutex_unlock(&turns->lock);
}
