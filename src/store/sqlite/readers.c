#include "sqlite_store.h"

#include "memory.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { READERS_MIN = 4, READERS_MAX = 64 };

void readers_init(struct readers *readers, const char *path, struct writer *writer)
{
    long processors = sysconf(_SC_NPROCESSORS_CONF);
    long count = 2 * processors;
    readers->count = (unsigned)(count < READERS_MIN ? READERS_MIN : count > READERS_MAX ? READERS_MAX : count);
    readers->readers = aligned_alloc(_Alignof(struct reader), readers->count * sizeof(struct reader));
    if (!readers->readers)
        abort();
    readers->path = path;
    readers->writer = writer;
    for (unsigned i = 0; i < readers->count; i++) {
        readers->readers[i] = (struct reader){0};
        (void)pthread_mutex_init(&readers->readers[i].mutex, NULL);
    }
}

void readers_release(struct readers *readers)
{
    for (unsigned i = 0; i < readers->count; i++) {
        struct reader *reader = &readers->readers[i];
        if (reader->is_open)
            connection_close(&reader->connection);
        (void)pthread_mutex_destroy(&reader->mutex);
    }
    free(readers->readers);
}

static enum status open_reader(const struct readers *readers, struct reader *reader, struct text *why)
{
    enum status status = connection_open(&reader->connection, readers->path, why);
    if (status)
        return status;
    status = connection_execute(
        &reader->connection, "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 2147418112", why);
    if (!status)
        status = log_header_find(&reader->connection, &reader->header, why);
    if (status)
        connection_close(&reader->connection);
    else
        reader->is_open = true;
    return status;
}

/* The reader of the processor that the thread runs on: its pages are in that processor's cache, and few others want
 * it. */
static struct reader *lock_reader(struct readers *readers)
{
    int processor = sched_getcpu();
    unsigned own = processor > 0 ? (unsigned)processor % readers->count : 0;
    for (unsigned i = 0; i < readers->count; i++) {
        struct reader *reader = &readers->readers[(own + i) % readers->count];
        if (pthread_mutex_trylock(&reader->mutex) == 0)
            return reader;
    }
    (void)pthread_mutex_lock(&readers->readers[own].mutex);
    return &readers->readers[own];
}

static void end_snapshot(struct reader *reader)
{
    if (reader->has_snapshot)
        (void)connection_run(&reader->connection, TRANSACTION_COMMIT, VALUES(), NULL);
    if (sqlite3_get_autocommit(reader->connection.db) == 0) /* an error that it can't commit after */
        (void)connection_run(&reader->connection, TRANSACTION_ROLLBACK, VALUES(), NULL);
    reader->has_snapshot = false;
}

/* The header is seen before the snapshot begins: what is committed in between makes it look old, never new. */
static enum status begin_snapshot(struct reader *reader, struct text *why)
{
    log_header_read(reader->header, reader->seen_header);
    enum status status = connection_run(&reader->connection, TRANSACTION_BEGIN_READ, VALUES(), why);
    reader->has_snapshot = !status;
    return status;
}

enum status readers_take(struct readers *readers, struct reader **ret_reader, struct text *why)
{
    struct reader *reader = lock_reader(readers);
    enum status status = reader->is_open ? STATUS_OK : open_reader(readers, reader, why);
    unsigned long long epoch = atomic_load(&readers->epoch);
    if (!status && reader->has_snapshot
        && (reader->epoch != epoch || !log_header_equals(reader->header, reader->seen_header)))
        end_snapshot(reader);
    if (!status && !reader->has_snapshot) {
        status = begin_snapshot(reader, why);
        reader->epoch = epoch;
        if (!status && !atomic_exchange(&readers->any_snapshot, true))
            writer_watch_snapshots(readers->writer);
    }
    if (status) {
        (void)pthread_mutex_unlock(&reader->mutex);
        return status;
    }
    *ret_reader = reader;
    return STATUS_OK;
}

void readers_give_back(struct readers *readers, struct reader *reader, enum status status)
{
    bool failed = status != STATUS_OK && status != STATUS_NOT_FOUND;
    bool is_in_the_way = log_header_is_long(reader->header); /* perhaps of another process's checkpoint */
    if (failed || is_in_the_way || reader->epoch != atomic_load(&readers->epoch))
        end_snapshot(reader);
    (void)pthread_mutex_unlock(&reader->mutex);
}

struct timespec deadline_in(int ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

static bool lock_within(pthread_mutex_t *mutex, int patience_ms)
{
    if (pthread_mutex_trylock(mutex) == 0)
        return true;
    struct timespec until = deadline_in(patience_ms); /* ThreadSanitizer knows no other clock for it */
    return patience_ms && pthread_mutex_timedlock(mutex, &until) == 0;
}

void readers_refresh(struct readers *readers, int patience_ms)
{
    atomic_store(&readers->any_snapshot, false);
    (void)atomic_fetch_add(&readers->epoch, 1);
    for (unsigned i = 0; i < readers->count; i++) {
        struct reader *reader = &readers->readers[i];
        if (!lock_within(&reader->mutex, patience_ms))
            continue; /* whoever has it lets go when giving it back */
        if (reader->is_open)
            end_snapshot(reader);
        (void)pthread_mutex_unlock(&reader->mutex);
    }
}

/* ---- For operations ---- */

enum status sqlite_read(struct store *store, connection_function *function, void *arguments, struct text *why)
{
    struct readers *readers = &((struct store_sqlite *)store)->readers;
    struct reader *reader;
    enum status status = readers_take(readers, &reader, why);
    if (status)
        return status;
    status = function(&reader->connection, arguments, why);
    readers_give_back(readers, reader, status);
    return status;
}

struct query {
    enum statement statement;
    const struct value *values;
    connection_row_function *row;
    void *context;
};

static enum status run_first(struct connection *connection, void *arguments, struct text *why)
{
    const struct query *query = arguments;
    return connection_first(connection, query->statement, query->values, query->row, query->context, why);
}

enum status sqlite_first(struct store *store, enum statement statement, const struct value *values,
                         connection_row_function *row, void *context, struct text *why)
{
    struct query query = {statement, values, row, context};
    return sqlite_read(store, run_first, &query, why);
}

static enum status run_each(struct connection *connection, void *arguments, struct text *why)
{
    const struct query *query = arguments;
    return connection_each(connection, query->statement, query->values, query->row, query->context, why);
}

enum status sqlite_each(struct store *store, enum statement statement, const struct value *values,
                        connection_row_function *row, void *context, struct text *why)
{
    struct query query = {statement, values, row, context};
    return sqlite_read(store, run_each, &query, why);
}
