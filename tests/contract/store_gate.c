#include "store_gate.h"

#include "check.h"
#include "store_ops.h"

#include <poll.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, MANY = 1000 };

static struct {
    const struct store_ops *inner; /* that of the store itself */
    int came;                      /* an eventfd that counts calls */
    sem_t passes;
} gate;

void store_gate_wait(void)
{
    uint64_t one = 1;
    CHECK_INT(write(gate.came, &one, sizeof one), sizeof one);
    (void)sem_wait(&gate.passes);
}

/* gated_get is the op `get` of a table, behind the gate. */
#define GATED(table, name, parameters, arguments)                                                                      \
    static enum status gated_##table##_##name parameters                                                               \
    {                                                                                                                  \
        store_gate_wait();                                                                                             \
        return gate.inner->table->name arguments;                                                                      \
    }

GATED(photos, create,
      (struct store * store, const struct photo_creation *creation, struct arena *arena,
       struct photo_created *ret_created, struct text *why),
      (store, creation, arena, ret_created, why))
GATED(photos, update,
      (struct store * store, const struct photo_change *change, struct photo_found *ret_found, struct text *why),
      (store, change, ret_found, why))
GATED(photos, get,
      (struct store * store, const struct id *id, struct arena *arena, struct photo *ret_photo, struct text *why),
      (store, id, arena, ret_photo, why))
GATED(photos, find_key,
      (struct store * store, const char *author, const char *key, struct arena *arena, struct photo *ret_photo,
       struct text *why),
      (store, author, key, arena, ret_photo, why))
GATED(photos, find_content,
      (struct store * store, const char *author, const uint8_t sha256[static SHA256_BYTES], struct arena *arena,
       struct photo *ret_photo, struct text *why),
      (store, author, sha256, arena, ret_photo, why))
GATED(photos, count_pending, (struct store * store, const char *author, uint64_t *ret_pending, struct text *why),
      (store, author, ret_pending, why))
GATED(photo_lists, newest,
      (struct store * store, const char *author, const struct post_cursor *after, size_t limit, store_photo_row *row,
       void *context, struct text *why),
      (store, author, after, limit, row, context, why))
GATED(photo_lists, by_capture,
      (struct store * store, const char *author, const struct post_cursor *after, size_t limit, store_photo_row *row,
       void *context, struct text *why),
      (store, author, after, limit, row, context, why))
GATED(users, search,
      (struct store * store, const char *prefix, const char *after, size_t limit, store_user_row *row, void *context,
       struct text *why),
      (store, prefix, after, limit, row, context, why))
GATED(users, posts,
      (struct store * store, const char *author, const struct post_cursor *after, size_t limit, store_post_row *row,
       void *context, struct text *why),
      (store, author, after, limit, row, context, why))
GATED(users, check, (struct store * store, struct text *why), (store, why))
GATED(executions, get,
      (struct store * store, const struct id *id, struct arena *arena, struct execution *ret_execution,
       struct text *why),
      (store, id, arena, ret_execution, why))
GATED(executions, count, (struct store * store, struct store_counts *ret_counts, struct text *why),
      (store, ret_counts, why))
GATED(sessions, create,
      (struct store * store, const struct session *session, const struct session_limits *limits,
       enum session_outcome *ret_outcome, struct text *why),
      (store, session, limits, ret_outcome, why))
GATED(sessions, get,
      (struct store * store, const struct id *id, struct arena *arena, struct session *ret_session, struct text *why),
      (store, id, arena, ret_session, why))
GATED(leases, release,
      (struct store * store, const char *owner, const struct id *id, struct execution_found *ret_found,
       struct text *why),
      (store, owner, id, ret_found, why))

/* The tables of the store, with the ops of this gate in them. */
static struct store_ops gate_ops(const struct store_ops *inner, enum gate which)
{
    static struct store_photo_ops photos;
    static struct store_photo_list_ops photo_lists;
    static struct store_user_ops users;
    static struct store_execution_ops executions;
    static struct store_lease_ops leases;
    static struct store_session_ops sessions;
    struct store_ops ops = *inner;
    ops.is_remote = true;
    if (which == GATE_RELEASE) {
        leases = *inner->leases;
        leases.release = gated_leases_release;
        ops.leases = &leases;
        return ops;
    }
    photos = (struct store_photo_ops){gated_photos_create,   gated_photos_update,       gated_photos_get,
                                      gated_photos_find_key, gated_photos_find_content, gated_photos_count_pending};
    photo_lists = *inner->photo_lists;
    photo_lists.newest = gated_photo_lists_newest;
    photo_lists.by_capture = gated_photo_lists_by_capture;
    users = (struct store_user_ops){gated_users_search, gated_users_posts, gated_users_check};
    executions = *inner->executions;
    executions.get = gated_executions_get;
    executions.count = gated_executions_count;
    sessions = *inner->sessions;
    sessions.create = gated_sessions_create;
    sessions.get = gated_sessions_get;
    ops.sessions = &sessions;
    ops.photos = &photos;
    ops.photo_lists = &photo_lists;
    ops.users = &users;
    ops.executions = &executions;
    return ops;
}

void store_gate_close(struct store *store, enum gate which)
{
    static struct store_ops ops;
    gate.inner = store->ops;
    gate.came = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    (void)sem_init(&gate.passes, 0, 0);
    ops = gate_ops(gate.inner, which);
    store->ops = &ops;
}

int store_gate_fd(void)
{
    return gate.came;
}

bool store_gate_take(void)
{
    struct pollfd waiting = {.fd = gate.came, .events = POLLIN};
    uint64_t one;
    return poll(&waiting, 1, PATIENCE_MS) == 1 && read(gate.came, &one, sizeof one) == sizeof one;
}

void store_gate_pass(void)
{
    (void)sem_post(&gate.passes);
}

void store_gate_open(void)
{
    for (int i = 0; i < MANY; i++)
        (void)sem_post(&gate.passes);
}
