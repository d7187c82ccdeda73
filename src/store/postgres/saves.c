/* Saving executions: the transitions that several threads have to save at a time go into one transaction, because the
 * round trips, the COMMIT and the disk cost more than what is written. A thread that finds fewer than LEADERS at work
 * saves at once, with all that waits; so nobody waits for company.
 *
 * Locks are taken in one order, so that two such transactions don't wait for each other in a circle: executions by
 * their id, authors' queues by name, the counts. */
#include "postgres_store.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEADERS = 2,                       /* transactions at a time */
    GROUP_MAX = 16,                    /* saves in one */
    EVENTS_MAX = (VALUES_MAX - 2) / 3, /* in a statement */
};

struct saving {
    const char *owner;
    const struct execution *execution;
    const struct execution_event *events;
    size_t event_count;
    bool keep_lease;
    /* What comes of it. */
    struct execution_found found;
    struct execution_row row;
    bool is_there, is_kept;
    enum status status;
    struct text *why;
    /* While it waits. */
    struct saving *next;
    pthread_cond_t woken;
    bool is_done;
};

struct group {
    struct saving *savings[GROUP_MAX];
    size_t count;
};

/* ---- What is there ---- */

static int compare_ids(const void *left, const void *right)
{
    const struct saving *const *a = left, *const *b = right;
    return memcmp(&(*a)->execution->id, &(*b)->execution->id, sizeof(struct id));
}

static void judge(const struct transaction *transaction, int place, struct saving *saving)
{
    saving->is_there = postgres_execution_row(transaction, place, &saving->row);
    if (!saving->is_there)
        return;
    saving->found = execution_compare(&saving->row, saving->owner);
    saving->found.is_changed &= saving->execution->version >= saving->row.lease_version;
    saving->is_kept = saving->keep_lease && saving->execution->status == EXECUTION_RUNNING && !saving->row.is_diverted;
}

static enum status look(struct transaction *transaction, const struct group *group, struct text *why)
{
    int places[GROUP_MAX];
    transaction->keeps_nothing = true;
    for (size_t i = 0; i < group->count; i++)
        places[i] = postgres_execution_lock(transaction, &group->savings[i]->execution->id);
    enum status status = transaction_ask(transaction, why);
    for (size_t i = 0; !status && i < group->count; i++) {
        judge(transaction, places[i], group->savings[i]);
        transaction->keeps_nothing &= !group->savings[i]->is_there || !group->savings[i]->found.is_changed;
    }
    return status;
}

/* ---- What is written ---- */

/* Of so many: their rows, in one statement. */
static enum status add_some_events(struct transaction *transaction, const struct execution_event *events, size_t count,
                                   struct execution_row *row, struct text *why)
{
    TEXT_CLEANUP struct text sql = {0};
    struct value values[2 + 3 * EVENTS_MAX + 1] = {INTEGER(row->number), INTEGER(row->events)};
    size_t next = 2;
    for (size_t i = 0; i < count; i++) {
        text_addf(&sql, "%s ($1, $2 + %zu, $%zu, $%zu, $%zu)", i ? "," : "", i + 1, next + 1, next + 2, next + 3);
        values[next++] = (struct value)INTEGER(events[i].time_ms);
        values[next++] = (struct value)TEXT(events[i].type);
        values[next++] = (struct value)TEXT(events[i].detail);
    }
    values[next] = (struct value){.type = VALUE_END};
    row->events += (int64_t)count;
    TEXT_CLEANUP struct text whole = {0};
    text_addf(&whole, "INSERT INTO execution_events (execution, sequence, time_ms, type, detail) VALUES%s",
              text_get(&sql));
    return transaction_add_one(transaction, text_get(&whole), values, why);
}

static enum status add_events(struct transaction *transaction, struct saving *saving, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t done = 0; !status && done < saving->event_count; done += EVENTS_MAX) {
        size_t left = saving->event_count - done;
        status = add_some_events(transaction, saving->events + done, left < EVENTS_MAX ? left : EVENTS_MAX,
                                 &saving->row, why);
    }
    return status;
}

#define SAVED "UPDATE executions SET state = $2, updated_ms = $4, due_ms = $5, event_count = $6, version = version + 1"
static const char keep_sql[] = SAVED ", data = $3 WHERE number = $1";
static const char save_and_end_sql[] =
    SAVED ", data = $3, status = $7, lease_owner = NULL, lease_until_ms = NULL, diverted_data = NULL WHERE number = $1";
static const char save_and_give_back_sql[] =
    SAVED " + (diverted_data IS NOT NULL)::int, data = coalesce(diverted_data, $3), diverted_data = NULL,"
          " lease_owner = NULL, lease_until_ms = NULL, queued_ms = CASE WHEN diverted_data IS NOT NULL THEN 0"
          " WHEN $5 > $4 THEN $5 ELSE queued_ms END WHERE number = $1";

static void write_saved(struct transaction *transaction, const struct saving *saving)
{
    const struct execution *execution = saving->execution;
    const struct execution_row *row = &saving->row;
    bool has_ended = execution->status != EXECUTION_RUNNING;
    struct value values[] = {INTEGER(row->number),           TEXT(execution->state),     TEXT(execution->data),
                             INTEGER(execution->updated_ms), INTEGER(execution->due_ms), INTEGER(row->events),
                             INTEGER(execution->status),     {.type = VALUE_END}};
    enum { STATUS = 6 };
    if (!has_ended)
        values[STATUS] = (struct value){.type = VALUE_END};
    (void)transaction_add(transaction,
                          has_ended         ? save_and_end_sql
                          : saving->is_kept ? keep_sql
                                            : save_and_give_back_sql,
                          values);
}

/* Those of the group whose author's queue has changed, by author. */
static size_t find_moved(const struct group *group, const struct saving *ret_moved[static GROUP_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct saving *saving = group->savings[i];
        if (saving->is_there && saving->found.is_changed && !saving->is_kept)
            ret_moved[count++] = saving;
    }
    return count;
}

static int compare_authors(const void *left, const void *right)
{
    const struct saving *const *a = left, *const *b = right;
    return strcmp((*a)->row.author, (*b)->row.author);
}

static enum status move(struct transaction *transaction, const struct group *group, struct text *why)
{
    const struct saving *moved[GROUP_MAX];
    int64_t ended[EXECUTION_STATUSES] = {0};
    enum status status = STATUS_OK;
    size_t count = find_moved(group, moved);
    qsort((void *)moved, count, sizeof moved[0], compare_authors);
    for (size_t i = 0, next; i < count && !status; i = next) {
        int64_t more = 0;
        for (next = i; next < count && compare_authors(&moved[i], &moved[next]) == 0; next++) {
            more -= moved[next]->execution->status != EXECUTION_RUNNING;
            ended[moved[next]->execution->status] += moved[next]->execution->status != EXECUTION_RUNNING;
        }
        status = transaction_add_one(transaction, "SELECT queue_change($1, $2, -1)",
                                     VALUES(TEXT(moved[i]->row.author), INTEGER(more)), why);
    }
    return status ? status : postgres_executions_ended(transaction, ended, why);
}

static enum status save_group(struct transaction *transaction, void *arguments, struct text *why)
{
    struct group *group = arguments;
    enum status status = look(transaction, group, why);
    for (size_t i = 0; !status && i < group->count; i++) {
        struct saving *saving = group->savings[i];
        if (!saving->is_there || !saving->found.is_changed)
            continue;
        status = add_events(transaction, saving, why);
        if (!status)
            write_saved(transaction, saving);
    }
    return status ? status : move(transaction, group, why);
}

/* ---- Groups ---- */

static void save_all(struct store *store, struct group *group)
{
    TEXT_CLEANUP struct text why = {0};
    qsort((void *)group->savings, group->count, sizeof group->savings[0], compare_ids);
    enum status status = postgres_write(store, save_group, group, &why);
    for (size_t i = 0; i < group->count; i++) {
        struct saving *saving = group->savings[i];
        saving->status = status ? status : saving->is_there ? STATUS_OK : STATUS_NOT_FOUND;
        if (status)
            text_setf(saving->why, "%s", text_get(&why));
        else if (saving->is_there && saving->found.is_changed)
            postgres_tell((struct store_postgres *)store, &saving->execution->id,
                          !saving->is_kept && saving->execution->status == EXECUTION_RUNNING);
    }
}

/* What only one of them has done wrong is no fault of the others. */
static void save_apart(struct store *store, struct group *group)
{
    save_all(store, group);
    if (group->count == 1 || group->savings[0]->status != STATUS_INTERNAL)
        return;
    for (size_t i = 0; i < group->count; i++)
        save_all(store, &(struct group){.savings = {group->savings[i]}, .count = 1});
}

/* With the lock. */
static void take_waiting(struct saves *saves, struct group *ret_group)
{
    ret_group->count = 0;
    while (saves->first && ret_group->count < GROUP_MAX) {
        ret_group->savings[ret_group->count++] = saves->first;
        saves->first = saves->first->next;
    }
    if (!saves->first)
        saves->last = NULL;
}

/* With the lock, which is given up meanwhile. */
static void lead(struct store *store, struct saves *saves)
{
    struct group group;
    take_waiting(saves, &group);
    saves->leaders++;
    (void)pthread_mutex_unlock(&saves->lock);
    save_apart(store, &group);
    (void)pthread_mutex_lock(&saves->lock);
    saves->leaders--;
    for (size_t i = 0; i < group.count; i++) {
        group.savings[i]->is_done = true;
        (void)pthread_cond_signal(&group.savings[i]->woken);
    }
    if (saves->first)
        (void)pthread_cond_signal(&saves->first->woken);
}

static void wait_in_line(struct store *store, struct saves *saves, struct saving *saving)
{
    (void)pthread_mutex_lock(&saves->lock);
    if (saves->last)
        saves->last->next = saving;
    else
        saves->first = saving;
    saves->last = saving;
    while (!saving->is_done)
        if (saves->leaders < LEADERS && saves->first)
            lead(store, saves);
        else
            (void)pthread_cond_wait(&saving->woken, &saves->lock);
    (void)pthread_mutex_unlock(&saves->lock);
}

enum status postgres_save(struct store *store, const char *owner, const struct execution *execution,
                          const struct execution_event *events, size_t event_count, bool keep_lease,
                          struct execution_found *ret_found, struct text *why)
{
    struct saving saving = {.owner = owner,
                            .execution = execution,
                            .events = events,
                            .event_count = event_count,
                            .keep_lease = keep_lease,
                            .why = why,
                            .woken = PTHREAD_COND_INITIALIZER};
    wait_in_line(store, &((struct store_postgres *)store)->saves, &saving);
    (void)pthread_cond_destroy(&saving.woken);
    if (!saving.status)
        *ret_found = saving.found;
    return saving.status;
}
