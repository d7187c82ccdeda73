#include "sqlite_store.h"

#include "clock.h"

#include <stdlib.h>

/* Frames before the next attempt when not all could be copied; how long that waits for readers, each and in all; and
 * from where on others wait, too. */
enum { CHECKPOINT_RETRY_FRAMES = 200, CHECKPOINT_PATIENCE_MS = 10, RESTART_PATIENCE_MS = 50 };
enum { RESTART_FRAMES = 2 * CHECKPOINT_FRAMES };

/* A caller's operation, on the caller's stack while it waits. */
struct write {
    struct write *next;
    connection_function *function;
    void *arguments;
    struct text *why;
    enum status status;
    bool is_done;
    pthread_cond_t done;
};

/* ---- Committing: on the writer's thread ---- */

static enum status run_operation(struct connection *connection, struct write *write)
{
    size_t changes_before = connection->name_changes.count;
    enum status status = connection_run(connection, OPERATION_BEGIN, VALUES(), write->why);
    if (status)
        return status;
    status = write->function(connection, write->arguments, write->why);
    if (status && sqlite3_get_autocommit(connection->db))
        return status; /* a full disk undoes the whole transaction */
    if (status) {
        (void)connection_run(connection, OPERATION_UNDO, VALUES(), NULL);
        connection->name_changes.count = changes_before;
    }
    enum status ended = connection_run(connection, OPERATION_KEEP, VALUES(), status ? NULL : write->why);
    return status ? status : ended;
}

/* Runs each operation, so that one that fails harms none of the others; not OK when all of them are undone. */
static enum status run_group(struct writer *writer, struct write *group, struct text *why)
{
    struct connection *connection = &writer->connection;
    struct name_changes *changes = &connection->name_changes;
    changes->count = 0;
    enum status status = connection_run(connection, TRANSACTION_BEGIN_WRITE, VALUES(), why);
    uint64_t before = log_header_version(writer->header); /* nobody else commits from here on, */
    writer->has_written = false;
    for (struct write *write = group; !status && write; write = write->next) {
        write->status = run_operation(connection, write);
        if (sqlite3_get_autocommit(connection->db)) {
            text_setf(why, "%s", write->why ? text_get(write->why) : "");
            status = write->status;
        }
    }
    if (!status)
        status = connection_run(connection, TRANSACTION_COMMIT, VALUES(), why);
    if (!sqlite3_get_autocommit(connection->db))
        (void)connection_run(connection, TRANSACTION_ROLLBACK, VALUES(), NULL);
    uint64_t after = writer->has_written ? log_header_version(writer->header) : before; /* and from here on they may */
    write_turns_end(&writer->turns);
    if (!status)
        names_follow(writer->names, changes->items, changes->count, before, after);
    if (!status)
        changes_follow(&writer->changes, (uint32_t)before, (uint32_t)before + writer->has_written);
    return status;
}

static void commit_group(struct writer *writer, struct write *group)
{
    struct text why TEXT_CLEANUP = {0};
    sqlite3_int64 changes = sqlite3_total_changes64(writer->connection.db);
    enum status status = run_group(writer, group, &why);
    if (!status && sqlite3_total_changes64(writer->connection.db) != changes)
        readers_refresh(writer->readers, 0); /* before anybody hears of it: callers see what they wrote */
    (void)pthread_mutex_lock(&writer->mutex);
    for (struct write *write = group, *next; write; write = next) {
        next = write->next;
        if (status) {
            write->status = status;
            text_setf(write->why, "%s", text_get(&why));
        }
        write->is_done = true;
        (void)pthread_cond_signal(&write->done);
    }
    (void)pthread_mutex_unlock(&writer->mutex);
}

/* Where several processes write, one of them always adds to the log while another copies it, so it would never end:
 * from RESTART_FRAMES on they are kept from that for a moment. */
static void restart_log(struct writer *writer)
{
    int frames = 0, copied = 0;
    write_turns_set_patience(&writer->turns, RESTART_PATIENCE_MS);
    (void)sqlite3_wal_checkpoint_v2(writer->connection.db, NULL, SQLITE_CHECKPOINT_RESTART, &frames, &copied);
    write_turns_set_patience(&writer->turns, 0);
    write_turns_end(&writer->turns);
}

/* Copies the log to the database while readers go on, and has the next commit start it over. Both need that nobody
 * still reads an older state: readers are given a moment to come to their end, and one that does not delays the whole a
 * little. */
static void checkpoint_when_long(struct writer *writer)
{
    int frames = 0, copied = 0;
    if (writer->log_frames < CHECKPOINT_FRAMES)
        writer->checkpoint_from = CHECKPOINT_FRAMES;
    if (writer->log_frames < writer->checkpoint_from)
        return;
    readers_refresh(writer->readers, CHECKPOINT_PATIENCE_MS);
    (void)sqlite3_wal_checkpoint_v2(writer->connection.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
    readers_refresh(writer->readers, CHECKPOINT_PATIENCE_MS);
    if (writer->log_frames >= RESTART_FRAMES)
        restart_log(writer);
    writer->checkpoint_from = writer->log_frames + CHECKPOINT_RETRY_FRAMES;
}

static int note_log_frames(void *context, sqlite3 *db, const char *database, int frames)
{
    (void)db, (void)database;
    struct writer *writer = context;
    writer->log_frames = frames;
    writer->has_written = true;
    return SQLITE_OK;
}

/* ---- The thread ---- */

/* With the mutex. Returns whether there are snapshots to end. */
static bool wait_for_work(struct writer *writer)
{
    while (!writer->first && !writer->is_stopping) {
        if (!atomic_load(&writer->readers->any_snapshot)) {
            (void)pthread_cond_wait(&writer->wanted, &writer->mutex);
            continue;
        }
        int64_t until_ns = clock_monotonic_ns() + READERS_HOLD_MS * INT64_C(1000000);
        if (!clock_wait(&writer->wanted, &writer->mutex, until_ns))
            return true;
    }
    return false;
}

static void *write_groups(void *context)
{
    struct writer *writer = context;
    (void)pthread_mutex_lock(&writer->mutex);
    for (;;) {
        bool snapshots_are_old = wait_for_work(writer);
        struct write *group = writer->first;
        if (!group && writer->is_stopping)
            break;
        writer->first = NULL;
        writer->last = &writer->first;
        (void)pthread_mutex_unlock(&writer->mutex);
        if (snapshots_are_old)
            readers_refresh(writer->readers, 0);
        if (group) {
            commit_group(writer, group);
            checkpoint_when_long(writer);
        }
        writer_keep_names(writer);
        (void)pthread_mutex_lock(&writer->mutex);
    }
    (void)pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

enum status writer_init(struct writer *writer, const char *path, struct readers *readers, struct text *why)
{
    *writer = (struct writer){.readers = readers, .checkpoint_from = CHECKPOINT_FRAMES, .names = names_new()};
    writer->last = &writer->first;
    (void)pthread_mutex_init(&writer->mutex, NULL);
    (void)pthread_cond_init(&writer->wanted, NULL);
    enum status status = connection_open(&writer->connection, path, why);
    if (!status)
        status = schema_prepare(&writer->connection, why);
    if (!status)
        status = log_header_find(&writer->connection, &writer->header, why);
    if (status)
        return status;
    write_turns_init(&writer->turns, writer->header);
    (void)sqlite3_busy_handler(writer->connection.db, write_turns_wait, &writer->turns);
    changes_init(&writer->changes, writer->header);
    writer_keep_names(writer);
    (void)sqlite3_wal_hook(writer->connection.db, note_log_frames, writer);
    int error = pthread_create(&writer->thread, NULL, write_groups, writer);
    if (error) {
        text_setf(why, "The store's thread can't be started.");
        return status_from_errno(error);
    }
    writer->is_running = true;
    return STATUS_OK;
}

void writer_stop(struct writer *writer)
{
    if (!writer->is_running)
        return;
    (void)pthread_mutex_lock(&writer->mutex);
    writer->is_stopping = true;
    (void)pthread_cond_signal(&writer->wanted);
    (void)pthread_mutex_unlock(&writer->mutex);
    (void)pthread_join(writer->thread, NULL);
    writer->is_running = false;
}

void writer_release(struct writer *writer)
{
    writer_stop(writer);
    free(writer->connection.name_changes.items);
    connection_close(&writer->connection);
    names_free(writer->names);
    (void)pthread_cond_destroy(&writer->wanted);
    (void)pthread_mutex_destroy(&writer->mutex);
}

/* ---- Callers ---- */

static void enqueue(struct writer *writer, struct write *write)
{
    *writer->last = write;
    writer->last = &write->next;
    (void)pthread_cond_signal(&writer->wanted);
}

enum status writer_run(struct writer *writer, connection_function *function, void *arguments, struct text *why)
{
    struct write write = {.function = function, .arguments = arguments, .why = why};
    (void)pthread_cond_init(&write.done, NULL);
    (void)pthread_mutex_lock(&writer->mutex);
    enqueue(writer, &write);
    while (!write.is_done)
        (void)pthread_cond_wait(&write.done, &writer->mutex);
    (void)pthread_mutex_unlock(&writer->mutex);
    (void)pthread_cond_destroy(&write.done);
    return write.status;
}

void writer_watch_snapshots(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->mutex);
    (void)pthread_cond_signal(&writer->wanted);
    (void)pthread_mutex_unlock(&writer->mutex);
}

enum status sqlite_write(struct store *store, connection_function *function, void *arguments, struct text *why)
{
    return writer_run(&((struct store_sqlite *)store)->writer, function, arguments, why);
}
