/* One process of all writes at a time, and SQLite leaves it to chance which is next: it has whoever waits look again
 * after ever longer pauses, while a process that writes much begins anew a moment after each commit. Here whoever waits
 * sleeps on the number that each commit changes (changes.c), and is woken by the end of each transaction. So processes
 * that all have much to write take turns, and none waits for long. */
#include "sqlite_store.h"

#include "clock.h"

#include <time.h>

/* Nobody writes for as long as PATIENCE_MS but a process that was stopped, or a disk that hangs. */
enum { PATIENCE_MS = 30000, LOOK_AGAIN_MS = 5 };

void write_turns_init(struct write_turns *turns, log_header *header)
{
    *turns = (struct write_turns){.header = header, .patience_ms = PATIENCE_MS};
}

void write_turns_set_patience(struct write_turns *turns, int patience_ms)
{
    turns->patience_ms = patience_ms ? patience_ms : PATIENCE_MS;
}

int write_turns_wait(void *context, int attempts)
{
    struct write_turns *turns = context;
    int64_t now_ns = clock_monotonic_ns();
    if (attempts == 0)
        turns->waits_since_ns = now_ns;
    if (now_ns - turns->waits_since_ns > turns->patience_ms * INT64_C(1000000))
        return 0;
    if (!log_header_sleep(turns->header, log_header_state(turns->header), SLEEPS_TO_WRITE, LOOK_AGAIN_MS))
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_AGAIN_MS * 1000000}, NULL);
    return 1;
}

void write_turns_end(struct write_turns *turns)
{
    (void)log_header_wake(turns->header, SLEEPS_TO_WRITE);
}
