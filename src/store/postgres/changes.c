/* What other processes commit: a look ten times a second at the database's snapshot, which is another after each
 * transaction that has written. It is a single value, costs the database microseconds, and works behind PgBouncer,
 * where LISTEN doesn't; NOTIFY would let commits through one at a time. This process's own commits are told, too. */
#include "postgres_store.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 100, SNAPSHOT_SIZE = 512 };

static bool note_snapshot(void *context, const struct row *row)
{
    (void)snprintf(context, SNAPSHOT_SIZE, "%s", row_string(row, 0));
    return true;
}

/* Returns whether it is to end. */
static bool wait_to_look(struct changes *changes)
{
    int64_t until_ns = clock_monotonic_ns() + LOOK_MS * INT64_C(1000000);
    (void)pthread_mutex_lock(&changes->lock);
    while (!changes->is_stopping && clock_wait(&changes->stopped, &changes->lock, until_ns))
        ;
    bool is_stopping = changes->is_stopping;
    (void)pthread_mutex_unlock(&changes->lock);
    return is_stopping;
}

/* While the database can't be asked nothing is told; afterwards its snapshot is another. */
static enum status look(struct store_postgres *postgres, char ret_snapshot[static SNAPSHOT_SIZE], struct text *why)
{
    return postgres_first(&postgres->store, "SELECT pg_current_snapshot()::text", VALUES(), note_snapshot, ret_snapshot,
                          why);
}

static void *listen(void *context)
{
    struct store_postgres *postgres = context;
    struct changes *changes = &postgres->changes;
    char seen[SNAPSHOT_SIZE] = "", now[SNAPSHOT_SIZE] = "";
    do {
        if (look(postgres, now, NULL) || strcmp(now, seen) == 0)
            continue;
        (void)snprintf(seen, sizeof seen, "%s", now);
        changes->changed(changes->context, NULL);
    } while (!wait_to_look(changes));
    return NULL;
}

static enum status postgres_listen(struct store *store, store_changed *changed, void *context, struct text *why)
{
    struct changes *changes = &((struct store_postgres *)store)->changes;
    changes->changed = changed;
    changes->context = context;
    changes->is_stopping = false;
    int error = pthread_create(&changes->thread, NULL, listen, store);
    if (!error)
        return STATUS_OK;
    changes->changed = NULL;
    text_setf(why, "The thread that looks for changes of the store can't be started: %s.", strerrordesc_np(error));
    return status_from_errno(error);
}

static void postgres_unlisten(struct store *store)
{
    struct changes *changes = &((struct store_postgres *)store)->changes;
    if (!changes->changed)
        return;
    (void)pthread_mutex_lock(&changes->lock);
    changes->is_stopping = true;
    (void)pthread_cond_signal(&changes->stopped);
    (void)pthread_mutex_unlock(&changes->lock);
    (void)pthread_join(changes->thread, NULL);
    changes->changed = NULL;
}

struct versions {
    store_version_row *row;
    void *context;
};

static bool hand_version(void *context, const struct row *row)
{
    const struct versions *versions = context;
    struct id id = row_id(row, 0);
    return versions->row(versions->context, &id, (uint64_t)row_integer(row, 1));
}

static enum status postgres_versions(struct store *store, const struct id *ids, size_t count, store_version_row *row,
                                     void *context, struct text *why)
{
    _Static_assert(sizeof *ids == ID_BYTES, "ids stand one after the other");
    struct versions versions = {row, context};
    return postgres_each(store,
                         "SELECT id, version FROM generate_series(0, $2 - 1) AS place JOIN executions"
                         " ON id = substr($1, 16 * place::int + 1, 16)",
                         VALUES(BLOB(ids->bytes, count * ID_BYTES), INTEGER(count)), hand_version, &versions, why);
}

const struct store_change_ops postgres_changes = {
    .listen = postgres_listen,
    .unlisten = postgres_unlisten,
    .versions = postgres_versions,
};
