/* What other processes do to photos and executions. Each process notifies the others after its commits (NOTIFY): of
 * which photos, and whether there is work. It does so in a transaction of its own that writes nothing, because a
 * transaction that notifies keeps the next one waiting until it is on the disk. So a notification may be lost with its
 * process; a look at the database's snapshot, which is another after each transaction that has written, makes up for
 * that, some seconds later. Behind a pooler nobody can LISTEN, and the same look is made ten times a second. */
#include "postgres_store.h"

#include "clock.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    LOOK_MS = 2000,     /* while notifications come */
    POLL_MS = 100,      /* while they don't */
    TELL_EVERY_MS = 20, /* so that one notification has many changes in it, when there are many */
    LISTEN_AGAIN_MS = 1000,
    SNAPSHOT_SIZE = 512,
    MS_NS = 1000000,
};

#define CHANNEL "cloudphotos"

/* ---- Telling ---- */

/* The sender, then '*' for any photo, or 'w' (there is work) or '-', and the ids. */
enum { SENDER_LENGTH = ID_TEXT_SIZE - 1, KIND = SENDER_LENGTH, IDS };
static const char any_photo = '*', with_work = 'w', without_work = '-';

void postgres_tell(struct store_postgres *postgres, const struct id *photo, bool has_work)
{
    struct changes *changes = &postgres->changes;
    (void)pthread_mutex_lock(&changes->lock);
    bool is_first = changes->told_count == 0;
    if (changes->told_count < TOLD_MAX)
        changes->told[changes->told_count] = *photo;
    changes->told_count++;
    changes->has_work |= has_work;
    (void)pthread_mutex_unlock(&changes->lock);
    if (is_first)
        (void)eventfd_write(changes->wake, 1);
}

/* False: there is nothing to tell. */
static bool take_payload(struct changes *changes, struct text *out)
{
    char id[ID_TEXT_SIZE];
    (void)pthread_mutex_lock(&changes->lock);
    size_t count = changes->told_count;
    bool are_all = count > TOLD_MAX;
    id_format(&changes->self, id);
    text_add(out, id);
    text_addc(out, are_all ? any_photo : changes->has_work ? with_work : without_work);
    for (size_t i = 0; !are_all && i < count; i++) {
        id_format(&changes->told[i], id);
        text_add(out, id);
    }
    changes->told_count = 0;
    changes->has_work = false;
    (void)pthread_mutex_unlock(&changes->lock);
    return count > 0;
}

/* What can't be told is seen by the look. */
static void tell(struct store_postgres *postgres)
{
    TEXT_CLEANUP struct text payload = {0};
    int64_t changed;
    if (take_payload(&postgres->changes, &payload))
        (void)postgres_run(&postgres->store, "SELECT pg_notify('" CHANNEL "', $1)", VALUES(TEXT(text_get(&payload))),
                           &changed, NULL);
}

/* ---- Hearing ---- */

struct ear {
    PGconn *pg; /* NULL: not now */
    int64_t again_ns, told_ns, looked_ns;
    char seen[SNAPSHOT_SIZE];
};

static void close_ear(struct ear *ear)
{
    PQfinish(ear->pg);
    ear->pg = NULL;
}

/* With changed(NULL), because something may have happened before. */
static void open_ear(struct store_postgres *postgres, struct ear *ear)
{
    int64_t now_ns = clock_monotonic_ns();
    if (ear->pg || atomic_load(&postgres->pool.is_pooled) || now_ns < ear->again_ns)
        return;
    ear->again_ns = now_ns + LISTEN_AGAIN_MS * (int64_t)MS_NS;
    ear->pg = postgres_pool_connect(&postgres->pool, NULL);
    PGresult *result = ear->pg ? postgres_ask(ear->pg, "LISTEN " CHANNEL) : NULL;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        close_ear(ear);
    PQclear(result);
    ear->looked_ns = 0;
    ear->seen[0] = '\0';
}

static void hear_ids(const struct changes *changes, const char *ids, bool has_work)
{
    enum { LENGTH = ID_TEXT_SIZE - 1 };
    struct id id;
    for (; strlen(ids) >= LENGTH && id_parse(ids, LENGTH, &id); ids += LENGTH) {
        changes->changed(changes->context, &id, has_work);
        has_work = false;
    }
}

static void hear_payload(const struct changes *changes, const char *payload)
{
    struct id sender;
    if (strlen(payload) < IDS || !id_parse(payload, SENDER_LENGTH, &sender) || id_equal(&sender, &changes->self))
        return;
    if (payload[KIND] == any_photo)
        changes->changed(changes->context, NULL, true);
    else
        hear_ids(changes, payload + IDS, payload[KIND] == with_work);
}

static void hear(const struct changes *changes, struct ear *ear)
{
    PGnotify *notify;
    if (!ear->pg)
        return;
    bool is_lost = PQconsumeInput(ear->pg) != 1;
    while ((notify = PQnotifies(ear->pg))) {
        hear_payload(changes, notify->extra);
        PQfreemem(notify);
    }
    if (is_lost || PQstatus(ear->pg) != CONNECTION_OK)
        close_ear(ear);
}

/* ---- Looking ---- */

static int64_t look_every_ns(const struct ear *ear)
{
    return (ear->pg ? LOOK_MS : POLL_MS) * (int64_t)MS_NS;
}

static bool note_snapshot(void *context, const struct row *row)
{
    (void)snprintf(context, SNAPSHOT_SIZE, "%s", row_string(row, 0));
    return true;
}

/* While the database can't be asked nothing is told; afterwards its snapshot is another. */
static void look(struct store_postgres *postgres, struct ear *ear)
{
    char now[SNAPSHOT_SIZE] = "";
    int64_t now_ns = clock_monotonic_ns();
    if (now_ns < ear->looked_ns + look_every_ns(ear) && ear->looked_ns)
        return;
    enum status status =
        postgres_first(&postgres->store, "SELECT pg_current_snapshot()::text", VALUES(), note_snapshot, now, NULL);
    ear->looked_ns = clock_monotonic_ns();
    if (status || strcmp(now, ear->seen) == 0)
        return;
    (void)snprintf(ear->seen, sizeof ear->seen, "%s", now);
    postgres->changes.changed(postgres->changes.context, NULL, true);
}

/* ---- The thread ---- */

/* Until there is something to tell, to hear, or to look at. */
static void wait_for_change(const struct changes *changes, const struct ear *ear)
{
    int64_t wait_ns = ear->looked_ns + look_every_ns(ear) - clock_monotonic_ns();
    struct pollfd fds[] = {{.fd = changes->wake, .events = POLLIN},
                           {.fd = ear->pg ? PQsocket(ear->pg) : -1, .events = POLLIN}};
    (void)poll(fds, sizeof fds / sizeof fds[0], wait_ns > 0 ? (int)(wait_ns / MS_NS) + 1 : 0);
}

/* A little after the last time. */
static void pause_telling(struct ear *ear)
{
    int64_t until_ns = ear->told_ns + TELL_EVERY_MS * (int64_t)MS_NS, now_ns = clock_monotonic_ns();
    if (now_ns < until_ns)
        (void)poll(NULL, 0, (int)((until_ns - now_ns) / MS_NS) + 1);
    ear->told_ns = clock_monotonic_ns();
}

static void *listen(void *context)
{
    struct store_postgres *postgres = context;
    struct changes *changes = &postgres->changes;
    struct ear ear = {0};
    eventfd_t woken;
    while (!atomic_load(&changes->is_stopping)) {
        open_ear(postgres, &ear);
        hear(changes, &ear);
        look(postgres, &ear);
        wait_for_change(changes, &ear);
        if (eventfd_read(changes->wake, &woken) != 0)
            continue;
        pause_telling(&ear);
        tell(postgres);
    }
    close_ear(&ear);
    return NULL;
}

enum status postgres_changes_init(struct changes *changes, struct text *why)
{
    changes->self = id_new();
    changes->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&changes->lock, NULL);
    if (changes->wake >= 0)
        return STATUS_OK;
    text_setf(why, "There are too many open files.");
    return STATUS_BUSY;
}

/* A process that doesn't listen, an admin command, tells what it has done when it ends. */
void postgres_changes_release(struct store_postgres *postgres)
{
    tell(postgres);
    if (postgres->changes.wake >= 0)
        (void)close(postgres->changes.wake);
    (void)pthread_mutex_destroy(&postgres->changes.lock);
}

static enum status postgres_listen(struct store *store, store_changed *changed, void *context, struct text *why)
{
    struct changes *changes = &((struct store_postgres *)store)->changes;
    changes->changed = changed;
    changes->context = context;
    atomic_store(&changes->is_stopping, false);
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
    atomic_store(&changes->is_stopping, true);
    (void)eventfd_write(changes->wake, 1);
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
