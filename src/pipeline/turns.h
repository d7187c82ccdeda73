/* Turns at the darkroom, fair to authors: as many at a time as it has processes. There are more workers than that, so
 * that checking and publishing go on beside, and many more where a moderator elsewhere is waited for; one author's
 * photos that hang would otherwise stand before everybody else's in the line for a process.
 *
 * The next turn goes to the author who has the fewest now, then to whoever waited longest. And whose turn has lasted
 * for a second takes the last free process from nobody who was here a moment ago: a photo needs the darkroom twice,
 * with the moderator's look in between. */
#ifndef TURNS_H
#define TURNS_H

#include <stdint.h>

struct turns;
/* now_ns: what tells the time; NULL: clock_monotonic_ns. */
struct turns *turns_new(unsigned processes, int64_t (*now_ns)(void));
void turns_free(struct turns *turns); /* nobody has one or waits; NULL is allowed */

struct author_turns;
struct turn { /* the caller's, from taking to giving back */
    struct turn *next;
    struct author_turns *author;
    int64_t since_ns;
};
/* Waits. Safe from any thread; a thread has one at a time. */
void turns_take(struct turns *turns, const char *author, struct turn *ret_turn);
void turns_give_back(struct turns *turns, struct turn *turn);

#endif
