/* The files of the SQLite back end, for each other: one thread writes, many connections read. ../sql.h is what it has
 * in common with other SQL databases.
 *
 *     connection.c         a connection and its prepared statements; SQLite's errors as ours
 *     statements.c         every statement that the back end runs
 *     schema.c             the tables, and how an older file becomes a present one
 *     writer.c             the thread that commits in groups
 *     write_ahead_log.c    what the write-ahead log tells of other processes' commits
 *     names_loader.c       the copy of the users in memory that searches walk through (names.h)
 *     readers.c            the connections that read, and the snapshots that they hold
 *     photos.c, photo_lists.c, verdicts.c, users.c, executions.c, leases.c, named_leases.c, changes.c, sessions.c
 *                          the operations; each file ends in its table
 *     queues.c             whose execution is next
 *     verify.c             looking for damage
 *     sqlite_store.c       opening, closing, the tables */
#ifndef SQLITE_STORE_H
#define SQLITE_STORE_H

#include "names.h"
#include "sql.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <time.h>

/* ---- Connections: of one thread at a time ---- */

enum statement {
    TRANSACTION_BEGIN_READ,
    TRANSACTION_BEGIN_WRITE,
    TRANSACTION_COMMIT,
    TRANSACTION_ROLLBACK,
    OPERATION_BEGIN,
    OPERATION_KEEP,
    OPERATION_UNDO,
    PHOTO_INSERT,
    PHOTO_GET,
    PHOTO_FIND_KEY,
    PHOTO_FIND_CONTENT,
    PHOTOS_NEWEST,
    PHOTOS_NEWEST_OF,
    PHOTOS_BY_CAPTURE,
    PHOTO_FIND,
    PHOTOS_PUBLISHED,
    PHOTOS_LIST,
    PHOTO_PURGE,
    PHOTOS_DELETED,
    PHOTOS_FROM,
    VERDICT_ADD,
    VERDICTS_BOUND,
    VERDICT_DECIDE,
    VERDICT_OF_PIXELS,
    VERDICT_NUMBERED,
    VERDICTS_SHAPES,
    VERDICTS_REFUSED,
    VERDICTS_LIST,
    VERDICT_OF_PHOTO,
    VERDICT_FORGET,
    USER_ADD_POST,
    USER_REMOVE_POST,
    USER_FORGET,
    USERS_SEARCH,
    USERS_ALL,
    USER_POSTS,
    EXECUTION_INSERT,
    EXECUTION_GET,
    EXECUTION_FIND,
    EXECUTION_SAVE,
    EXECUTION_GIVE_BACK,
    EXECUTION_END,
    EXECUTION_LOSE,
    EXECUTION_DIVERT,
    EXECUTION_HURRY,
    EXECUTION_HURRY_WAITING,
    EXECUTION_ABORT,
    EXECUTION_REPLACE,
    EXECUTION_LEASE,
    EXECUTIONS_RENEW,
    QUEUE_CHANGE,
    QUEUE_FORGET,
    QUEUE_PENDING,
    QUEUES_LEVEL,
    QUEUES_FIRST,
    QUEUE_HEAD,
    LEASES_FIRST_END,
    EXECUTIONS_SAVED_AFTER,
    QUEUES_SERVED_AFTER,
    EXECUTIONS_LIST,
    EXECUTIONS_LIST_STATUS,
    EXECUTIONS_PRUNE,
    EXECUTIONS_COUNT,
    EXECUTIONS_QUEUED,
    EVENT_INSERT,
    EVENTS_LIST,
    COUNTER_ADD,
    EXECUTION_VERSIONS,
    NAMED_LEASE_TAKE,
    NAMED_LEASE_GIVE_BACK,
    SESSION_INSERT,
    SESSION_GET,
    SESSION_CLAIM,
    SESSION_SAVE,
    SESSION_FINISH,
    SESSION_REMOVE,
    SESSION_RENEW,
    SESSIONS_OF_AUTHOR,
    SESSIONS_OF_NETWORK,
    SESSIONS_UNFINISHED,
    SESSIONS_EXPIRED,
    STATEMENTS
};
extern const char *const statement_sql[STATEMENTS];

struct name_changes {
    struct name_change *items;
    size_t count, capacity;
};

/* The statement that writes these fields of a photo: made at its first use, and kept until others have taken its
 * place. */
struct photo_update {
    unsigned fields; /* 0: none yet */
    sqlite3_stmt *statement;
};
enum { PHOTO_UPDATES = 16 };

struct connection {
    sqlite3 *db;
    const char *path; /* of the store */
    sqlite3_stmt *statements[STATEMENTS];
    struct photo_update photo_updates[PHOTO_UPDATES];
    unsigned next_update;
    struct name_changes name_changes; /* of the transaction under way; the writer's */
};

/* The file must exist. */
enum status connection_open(struct connection *connection, const char *path, struct text *why);
void connection_close(struct connection *connection);
/* The status and the sentence for a result code of SQLite. */
enum status connection_fail(const struct connection *connection, int code, struct text *why);
/* Runs SQL that is not worth preparing: pragmas and tables. */
enum status connection_execute(struct connection *connection, const char *sql, struct text *why);
/* Runs a statement that returns no rows. */
enum status connection_run(struct connection *connection, enum statement statement, const struct value *values,
                           struct text *why);
/* The first row, or NOT_FOUND (without a sentence). The caller resets it, which STATEMENT_CLEANUP does. */
enum status connection_row(struct connection *connection, enum statement statement, const struct value *values,
                           sqlite3_stmt **ret_row, struct text *why);
/* Runs the update of these fields of a photo (photo_update_sql). */
enum status connection_run_update(struct connection *connection, unsigned fields, const struct value *values,
                                  struct text *why);
typedef bool connection_row_function(void *context, sqlite3_stmt *row);
/* Each row of a statement that isn't kept, until `row` returns false; NULL: none is expected. */
enum status connection_run_once(struct connection *connection, const char *sql, const struct value *values,
                                connection_row_function *row, void *context, struct text *why);
/* Hands over the first row; NOT_FOUND (without a sentence). */
enum status connection_first(struct connection *connection, enum statement statement, const struct value *values,
                             connection_row_function *row, void *context, struct text *why);
/* Each row, until `row` returns false. */
enum status connection_each(struct connection *connection, enum statement statement, const struct value *values,
                            connection_row_function *row, void *context, struct text *why);

/* Something to be done with a connection, by whoever has it. */
typedef enum status connection_function(struct connection *connection, void *arguments, struct text *why);

#define STATEMENT_CLEANUP __attribute__((cleanup(statement_cleanup)))
void statement_cleanup(sqlite3_stmt **statement);
/* Columns; NULL for NULL. Borrowed until the statement moves. */
const char *column_string(sqlite3_stmt *row, int column);
struct id column_id(sqlite3_stmt *row, int column);

/* ---- The write-ahead log's index ---- */

/* Its header, in shared memory: each commit of any process changes it (sqlite.org/walformat.html, 2.1). */
enum { LOG_HEADER_WORDS = 6 };
typedef const volatile atomic_ullong log_header;

/* Finds where SQLite has mapped it for itself; valid until the connection is closed. */
enum status log_header_find(const struct connection *connection, log_header **ret_header, struct text *why);
void log_header_read(log_header *header, unsigned long long ret_words[static LOG_HEADER_WORDS]);
bool log_header_equals(log_header *header, const unsigned long long words[static LOG_HEADER_WORDS]);
/* The state of the database: a number that each commit makes greater by one. */
uint32_t log_header_state(log_header *header);
/* That number, and above it a sum of all that is in the log: the number begins anew after the index was lost, and then
 * comes by those that it had once. */
uint64_t log_header_version(log_header *header);
/* Where that stands. */
const volatile atomic_uint *log_header_state_word(log_header *header);
/* Frames (pages) are gathered in the log before they are copied to the database: 8 MB. */
enum { CHECKPOINT_FRAMES = 2000 };
/* Whether there are as many, and not all of them copied: then each held snapshot, of any process, is in the way. */
bool log_header_is_long(log_header *header);

/* Sleeps until the number isn't `state` any more, a wake-up or the time. False: at once, because it can't sleep
 * there. */
enum log_sleepers { SLEEPS_FOR_NEWS = 1, SLEEPS_TO_WRITE = 2 };
bool log_header_sleep(log_header *header, uint32_t state, enum log_sleepers as, int limit_ms);
/* In all processes. How many slept. */
int log_header_wake(log_header *header, enum log_sleepers who);

/* Makes the file if it is missing, and its tables; brings those of an older program up to date. */
enum status schema_prepare(struct connection *connection, struct text *why);

/* ---- Readers ---- */

/* A connection, and the snapshot that it holds between queries: beginning and ending a read transaction costs more
 * than a search. A snapshot is used while nobody has committed since, and ends after READERS_HOLD_MS at the latest, so
 * that the write-ahead log can start over. */
struct reader {
    _Alignas(64) pthread_mutex_t mutex; /* held by whoever reads through it */
    struct connection connection;
    bool is_open, has_snapshot;
    log_header *header;
    unsigned long long seen_header[LOG_HEADER_WORDS], epoch; /* of the snapshot */
};

enum { READERS_HOLD_MS = 100 };

struct writer;
struct readers {
    const char *path;
    struct writer *writer; /* ends snapshots that nobody asks for */
    struct reader *readers;
    unsigned count;
    _Alignas(64) atomic_ullong epoch; /* grows when all shall let go of their snapshots */
    atomic_bool any_snapshot;         /* since the last readers_refresh */
};

void readers_init(struct readers *readers, const char *path, struct writer *writer);
void readers_release(struct readers *readers);
/* A connection that sees all that anybody committed before the call. Given back with the status of what was done with
 * it. A thread takes one at a time. */
enum status readers_take(struct readers *readers, struct reader **ret_reader, struct text *why);
void readers_give_back(struct readers *readers, struct reader *reader, enum status status);
/* Whoever reads from now on sees all that is committed now. Idle readers let go of what they hold at once, and busy
 * ones at their end, for which patience_ms (each) is waited. */
void readers_refresh(struct readers *readers, int patience_ms);
struct timespec deadline_in(int ms); /* by CLOCK_REALTIME */

/* ---- What other processes commit: changes.c ---- */

struct changes {
    log_header *header;        /* of the writer's connection */
    atomic_uint own_state;     /* of the database, as this process left it */
    atomic_uint seen_state;    /* by whoever listens */
    atomic_bool others_before; /* between these two, others have committed */
    store_changed *changed;    /* NULL: nobody listens */
    void *context;
    pthread_t thread;
    atomic_bool is_stopping;
};

void changes_init(struct changes *changes, log_header *header);
/* On the writer's thread, with each transaction of its own: the state that it began with and the one that it left.
 * Wakes whoever listens, in any process. */
void changes_follow(struct changes *changes, uint32_t before, uint32_t after);

/* ---- Taking turns at writing with other processes: write_turns.c ---- */

struct write_turns {
    log_header *header;
    int64_t waits_since_ns;
    int patience_ms; /* of whoever waits */
};

void write_turns_init(struct write_turns *turns, log_header *header);
/* For sqlite3_busy_handler, on the writer's connection; the context is the struct write_turns. */
int write_turns_wait(void *context, int attempts);
/* On the writer's thread: how long it waits; 0: as long as for any transaction. */
void write_turns_set_patience(struct write_turns *turns, int patience_ms);
/* Likewise, at the end of each transaction. */
void write_turns_end(struct write_turns *turns);

/* ---- The writer ---- */

struct write;

struct writer {
    struct connection connection;
    struct readers *readers;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wanted;
    struct write *first, **last; /* queue */
    bool is_running, is_stopping;
    int log_frames;      /* in the write-ahead log after the last commit */
    bool has_written;    /* by that */
    int checkpoint_from; /* frames */
    log_header *header;
    struct write_turns turns;
    struct changes changes;
    struct names *names;     /* as this process last left them */
    int64_t names_reload_ns; /* not before */
};

enum status writer_init(struct writer *writer, const char *path, struct readers *readers, struct text *why);
/* Ends the thread, which ends the snapshots of readers: before these are released. */
void writer_stop(struct writer *writer);
void writer_release(struct writer *writer);
/* Runs `function` on the writer's thread, in a transaction, and returns when its change is durable, or has failed and
 * left nothing. */
enum status writer_run(struct writer *writer, connection_function *function, void *arguments, struct text *why);
/* Makes it end snapshots within READERS_HOLD_MS. */
void writer_watch_snapshots(struct writer *writer);
/* On its thread: reads the names again after another process has committed. */
void writer_keep_names(struct writer *writer);
void name_changes_add(struct name_changes *changes, const char *name, int posts);

/* ---- The back end ---- */

struct store_sqlite {
    struct store store;
    char *path;
    struct readers readers;
    struct writer writer;
};

/* Runs `function` with a connection that sees all that was committed before. */
enum status sqlite_read(struct store *store, connection_function *function, void *arguments, struct text *why);
/* The same for one statement: its first row (NOT_FOUND), or each. */
enum status sqlite_first(struct store *store, enum statement statement, const struct value *values,
                         connection_row_function *row, void *context, struct text *why);
enum status sqlite_each(struct store *store, enum statement statement, const struct value *values,
                        connection_row_function *row, void *context, struct text *why);
/* As writer_run. */
enum status sqlite_write(struct store *store, connection_function *function, void *arguments, struct text *why);

/* Parts of operations, on the writer's connection. */
enum status execution_insert(struct connection *connection, const struct execution *execution, const char *author,
                             struct text *why);
/* Begins anew as *execution says, whether or not there was one before. */
enum status execution_replace(struct connection *connection, const struct execution *execution, const char *author,
                              struct text *why);
/* Ends it, if it still runs. */
enum status execution_abort(struct connection *connection, const struct id *id, int64_t now_ms, struct text *why);
/* Due at once, unless it has ended or somebody holds it. */
enum status execution_hurry(struct connection *connection, const struct id *id, const char *author, int64_t now_ms,
                            struct text *why);
/* 1 or -1 more; 0: nothing. */
enum status user_add_posts(struct connection *connection, const char *author, int posts, struct text *why);
/* An execution of this author goes from one status to another, or stays: keeps the counters and the author's queue
 * right. */
enum status execution_moved(struct connection *connection, const char *author, enum execution_status from,
                            enum execution_status to, struct text *why);
/* NOT_FOUND, without a sentence. */
enum status execution_find(struct connection *connection, const struct id *id, struct execution_row *ret_row,
                           struct text *why);
/* Columns in the order of EXECUTION_COLUMNS; strings are borrowed from the row. */
struct execution execution_from_row(sqlite3_stmt *row);

/* Columns in the order of PHOTO_COLUMNS. */
struct photo photo_from_row(sqlite3_stmt *row, struct arena *arena);

/* ---- Queues: queues.c; on any connection what only reads, the rest on the writer's ---- */

enum { QUEUE_SERVED_AS_BEFORE = -1, QUEUE_NEVER_SERVED = 0 };
/* After each change of an execution's status, place or lease: `pending` more of the author's are RUNNING now.
 * served_ms: when the author was given a worker, or one of the above. */
enum status queue_change(struct connection *connection, const char *author, int pending, int64_t served_ms,
                         struct text *why);
/* How many of the author's executions are RUNNING. */
enum status queue_pending(struct connection *connection, const char *author, uint64_t *ret_pending, struct text *why);

struct queue_turn {
    int64_t at_ms; /* since when it is the author's turn, or when it will be */
    char author[AUTHOR_NAME_MAX + 1];
};
/* Whose turn it is at now_ms, or will be first; NOT_FOUND: nothing waits. */
enum status queue_next_turn(struct connection *connection, int64_t now_ms, struct queue_turn *ret_turn,
                            struct text *why);

/* A lease that has ended, or something that a clock has written that was ahead (store.h: CLOCK_TOLERANCE_MS). */
struct queue_fault;
typedef enum status queue_mend(struct connection *connection, const struct queue_fault *fault, int64_t now_ms,
                               struct text *why);
struct queue_fault {
    int64_t number; /* of the execution */
    char author[AUTHOR_NAME_MAX + 1];
    queue_mend *mend;
};
/* NOT_FOUND when there is none. */
enum status queue_find_fault(struct connection *connection, int64_t now_ms, int64_t lease_ms,
                             struct queue_fault *ret_fault, struct text *why);
/* Puts right what there is of them, a bounded number at a time. */
enum status queues_mend(struct connection *connection, int64_t now_ms, int64_t lease_ms, struct text *why);
/* When something is due next, or its lease ends: now_ms when that was before; -1: never. */
enum status queue_next_due(struct connection *connection, int64_t now_ms, int64_t *ret_due_ms, struct text *why);

/* ---- Sessions that become photos ---- */

/* NOT_FOUND. */
enum status session_find_claimed(struct connection *connection, const struct id *id, const struct session_claim *claim,
                                 bool *ret_is_claimed, struct text *why);
enum status session_finish(struct connection *connection, const struct id *id, struct text *why);

/* ---- The operations: each file has those of its aggregate ---- */

enum status sqlite_is_new(const char *path, bool *ret_is_new, struct text *why);
enum status sqlite_verify(struct store *store, int64_t limit_ms, bool *ret_is_whole, struct text *why);
extern const struct store_photo_ops sqlite_photos;
extern const struct store_photo_list_ops sqlite_photo_lists;
extern const struct store_user_ops sqlite_users;
extern const struct store_verdict_ops sqlite_verdicts;
extern const struct store_execution_ops sqlite_executions;
extern const struct store_lease_ops sqlite_leases;
extern const struct store_named_lease_ops sqlite_named_leases;
extern const struct store_change_ops sqlite_changes;
extern const struct store_session_ops sqlite_sessions;
extern const struct store_record_ops sqlite_records;

#endif
