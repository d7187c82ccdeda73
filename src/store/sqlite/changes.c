/* What other processes commit. The header of the write-ahead log's index is memory that all processes share, and each
 * commit changes the number of the database's state in it: whoever listens sleeps on that number (futex(2)), and each
 * process wakes all of them after its own commits. So listening costs nothing while nothing happens, and no wake-up can
 * be lost, because the kernel compares the number before it lets a thread sleep. A program that isn't ours commits
 * without waking anybody; that is seen a little later. */
#include "sqlite_store.h"

#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* After each change a moment passes before the next one is told, in which many become one. A process that has made work
 * for itself has also taken it by then, before the others come to look. */
enum { LOOK_MS = 1000, PAUSE_MS = 20, STOP_STEP_MS = 1 };

bool log_header_sleep(log_header *header, uint32_t state, enum log_sleepers as, int limit_ms)
{
    int64_t until_ns = clock_monotonic_ns() + limit_ms * INT64_C(1000000);
    struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    return syscall(SYS_futex, log_header_state_word(header), FUTEX_WAIT_BITSET, state, &until, NULL, as) == 0
           || errno == EAGAIN || errno == ETIMEDOUT || errno == EINTR;
}

int log_header_wake(log_header *header, enum log_sleepers who)
{
    long woken = syscall(SYS_futex, log_header_state_word(header), FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, who);
    return woken > 0 ? (int)woken : 0;
}

void changes_init(struct changes *changes, log_header *header)
{
    changes->header = header;
    atomic_store(&changes->own_state, log_header_state(header));
}

void changes_follow(struct changes *changes, uint32_t before, uint32_t after)
{
    if (before != atomic_load(&changes->own_state) && before != atomic_load(&changes->seen_state))
        atomic_store(&changes->others_before, true);
    atomic_store(&changes->own_state, after);
    if (after != before)
        (void)log_header_wake(changes->header, SLEEPS_FOR_NEWS);
}

static bool have_others_committed(struct changes *changes, uint32_t state)
{
    bool are_last = state != atomic_load(&changes->own_state);
    return atomic_exchange(&changes->others_before, false) || are_last;
}

/* Returns whether there was something new. */
static bool look(struct changes *changes)
{
    uint32_t state = log_header_state(changes->header);
    if (atomic_exchange(&changes->seen_state, state) == state)
        return false;
    if (have_others_committed(changes, state))
        changes->changed(changes->context, NULL, true);
    return true;
}

static void *listen(void *context)
{
    struct changes *changes = context;
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};
    while (!atomic_load(&changes->is_stopping)) {
        bool has_slept = log_header_sleep(changes->header, atomic_load(&changes->seen_state), SLEEPS_FOR_NEWS, LOOK_MS);
        if (look(changes) || !has_slept)
            (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

static enum status sqlite_listen(struct store *store, store_changed *changed, void *context, struct text *why)
{
    struct changes *changes = &((struct store_sqlite *)store)->writer.changes;
    changes->changed = changed;
    changes->context = context;
    atomic_store(&changes->is_stopping, false);
    atomic_store(&changes->seen_state, atomic_load(&changes->own_state));
    int error = pthread_create(&changes->thread, NULL, listen, changes);
    if (!error)
        return STATUS_OK;
    changes->changed = NULL;
    text_setf(why, "The thread that listens for changes of the store can't be started: %s.", strerrordesc_np(error));
    return status_from_errno(error);
}

/* The thread may be about to fall asleep, so it is woken until it has ended. */
static void sqlite_unlisten(struct store *store)
{
    struct changes *changes = &((struct store_sqlite *)store)->writer.changes;
    if (!changes->changed)
        return;
    atomic_store(&changes->is_stopping, true);
    struct timespec until;
    do {
        (void)log_header_wake(changes->header, SLEEPS_FOR_NEWS);
        until = deadline_in(STOP_STEP_MS);
    } while (pthread_timedjoin_np(changes->thread, NULL, &until) == ETIMEDOUT);
    changes->changed = NULL;
}

struct versions {
    store_version_row *row;
    void *context;
};

static bool hand_version(void *context, sqlite3_stmt *row)
{
    const struct versions *versions = context;
    struct id id = column_id(row, 0);
    return versions->row(versions->context, &id, (uint64_t)sqlite3_column_int64(row, 1));
}

static enum status sqlite_versions(struct store *store, const struct id *ids, size_t count, store_version_row *row,
                                   void *context, struct text *why)
{
    _Static_assert(sizeof *ids == ID_BYTES, "ids stand one after the other");
    struct versions versions = {row, context};
    return sqlite_each(store, EXECUTION_VERSIONS, VALUES(BLOB(ids->bytes, count * ID_BYTES), INTEGER(count)),
                       hand_version, &versions, why);
}

const struct store_change_ops sqlite_changes = {
    .listen = sqlite_listen,
    .unlisten = sqlite_unlisten,
    .versions = sqlite_versions,
};
