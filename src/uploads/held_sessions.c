/* The sessions that this process has claimed. A thread renews them, so that a piece may take as long as its client
 * does, while those of a process that died are free again within seconds. */
#include "clock.h"
#include "memory.h"
#include "resumable_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE_MS = 3000 };
#define RENEW_NS (LEASE_MS / 3 * INT64_C(1000000))

struct held_sessions {
    struct store *store;
    char owner[ID_TEXT_SIZE];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t closing;
    bool is_closing;
    struct id *ids;
    size_t count, capacity;
};

static void add(struct held_sessions *held, const struct id *id)
{
    (void)pthread_mutex_lock(&held->lock);
    if (held->count == held->capacity) {
        held->capacity = held->capacity ? 2 * held->capacity : 16;
        held->ids = memory_resize(held->ids, held->capacity * sizeof *held->ids);
    }
    held->ids[held->count++] = *id;
    (void)pthread_mutex_unlock(&held->lock);
}

static void drop(struct held_sessions *held, const struct id *id)
{
    (void)pthread_mutex_lock(&held->lock);
    for (size_t i = 0; i < held->count; i++)
        if (id_equal(&held->ids[i], id)) {
            held->ids[i] = held->ids[--held->count];
            break;
        }
    (void)pthread_mutex_unlock(&held->lock);
}

static struct id *copy_ids(struct held_sessions *held, size_t *ret_count)
{
    struct id *ids = held->count ? NEW_ARRAY(held->count, struct id) : NULL;
    for (size_t i = 0; i < held->count; i++)
        ids[i] = held->ids[i];
    *ret_count = held->count;
    return ids;
}

/* With the lock. False: it is closing. */
static bool wait_for_round(struct held_sessions *held)
{
    int64_t until_ns = clock_monotonic_ns() + RENEW_NS;
    while (!held->is_closing && clock_wait(&held->closing, &held->lock, until_ns))
        ;
    return !held->is_closing;
}

static void *renew(void *data)
{
    struct held_sessions *held = data;
    (void)pthread_mutex_lock(&held->lock);
    while (wait_for_round(held)) {
        size_t count;
        struct id *ids = copy_ids(held, &count);
        (void)pthread_mutex_unlock(&held->lock);
        (void)store_sessions_renew(held->store, held->owner, ids, count, LEASE_MS, NULL); /* the next round may */
        free(ids);
        (void)pthread_mutex_lock(&held->lock);
    }
    (void)pthread_mutex_unlock(&held->lock);
    return NULL;
}

enum status held_sessions_open(struct store *store, struct held_sessions **ret_held, struct text *why)
{
    struct held_sessions *held = NEW(struct held_sessions);
    struct id owner = id_new();
    *held = (struct held_sessions){.store = store};
    id_format(&owner, held->owner);
    (void)pthread_mutex_init(&held->lock, NULL);
    (void)pthread_cond_init(&held->closing, NULL);
    int error = pthread_create(&held->thread, NULL, renew, held);
    if (error) {
        text_setf(why, "The thread that renews leases of uploads can't be started: %s.", strerrordesc_np(error));
        free(held);
        return status_from_errno(error);
    }
    *ret_held = held;
    return STATUS_OK;
}

void held_sessions_close(struct held_sessions *held)
{
    if (!held)
        return;
    (void)pthread_mutex_lock(&held->lock);
    held->is_closing = true;
    (void)pthread_cond_signal(&held->closing);
    (void)pthread_mutex_unlock(&held->lock);
    (void)pthread_join(held->thread, NULL);
    (void)pthread_cond_destroy(&held->closing);
    (void)pthread_mutex_destroy(&held->lock);
    free(held->ids);
    free(held);
}

enum status held_sessions_claim(struct held_sessions *held, const struct id *id, struct arena *arena,
                                struct session *ret_session, struct text *why)
{
    enum status status = store_session_claim(held->store, id, held->owner, LEASE_MS, arena, ret_session, why);
    if (status == STATUS_OK)
        add(held, id);
    return status;
}

struct session_claim held_sessions_prove(const struct held_sessions *held, const struct session *session)
{
    return (struct session_claim){held->owner, session->lease_number};
}

void held_sessions_let_go(struct held_sessions *held, const struct session *session)
{
    drop(held, &session->id);
}

enum status held_sessions_save(struct held_sessions *held, const struct session *session, bool keep, struct text *why)
{
    if (!keep)
        drop(held, &session->id);
    return store_session_save(held->store, session, held->owner, keep, why);
}

void held_sessions_give_back(struct held_sessions *held, const struct session *session)
{
    if (session->was_lost)
        drop(held, &session->id);
    else
        (void)held_sessions_save(held, session, false, NULL);
}

enum status held_sessions_remove(struct held_sessions *held, const struct session *session, struct text *why)
{
    drop(held, &session->id);
    return store_session_remove(held->store, session, held->owner, why);
}
