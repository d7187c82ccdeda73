#include "postgres_store.h"

#include "clock.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

/* What the address leaves open. A server that can't be reached is given up soon: another host may have its place. */
static const struct {
    const char *keyword, *value;
    bool is_for_many_hosts;
} defaults[] = {
    {"target_session_attrs", "read-write", true}, {"connect_timeout", "2", false},
    {"tcp_user_timeout", "5000", false},          {"keepalives_idle", "10", false},
    {"keepalives_interval", "5", false},          {"keepalives_count", "2", false},
    {"application_name", "cloudphotos", false},   {"client_encoding", "UTF8", false},
};
enum { DEFAULTS = sizeof defaults / sizeof defaults[0] };

/* ---- The address ---- */

static void add_word(struct pool *pool, size_t *count, const char *keyword, const char *value)
{
    pool->keywords[*count] = memory_copy_string(keyword);
    pool->values[(*count)++] = memory_copy_string(value);
}

static bool has_word(const struct pool *pool, const char *keyword)
{
    for (size_t i = 0; pool->keywords[i]; i++)
        if (strcmp(pool->keywords[i], keyword) == 0)
            return true;
    return false;
}

static const char *find_word(const struct pool *pool, const char *keyword, const char *otherwise)
{
    for (size_t i = 0; pool->keywords[i]; i++)
        if (strcmp(pool->keywords[i], keyword) == 0)
            return pool->values[i];
    return otherwise;
}

static void take_words(struct pool *pool, const PQconninfoOption *options)
{
    size_t count = 0, most = DEFAULTS + 1;
    for (const PQconninfoOption *option = options; option->keyword; option++)
        most++;
    pool->keywords = NEW_ARRAY(most, char *);
    pool->values = NEW_ARRAY(most, char *);
    for (const PQconninfoOption *option = options; option->keyword; option++)
        if (option->val && option->val[0])
            add_word(pool, &count, option->keyword, option->val);
    bool are_many = strchr(find_word(pool, "host", ""), ',') != NULL;
    for (size_t i = 0; i < DEFAULTS; i++)
        if (!has_word(pool, defaults[i].keyword) && (are_many || !defaults[i].is_for_many_hosts))
            add_word(pool, &count, defaults[i].keyword, defaults[i].value);
}

enum status postgres_pool_init(struct pool *pool, const char *address, struct text *why)
{
    char *fault = NULL;
    TEXT_CLEANUP struct text name = {0};
    PQconninfoOption *options = PQconninfoParse(address, &fault);
    if (!options) {
        if (fault)
            fault[strcspn(fault, "\n")] = '\0';
        text_setf(why, "The store's address can't be read: %s.", fault ? fault : "there isn't enough memory");
        PQfreemem(fault);
        return STATUS_INVALID;
    }
    *pool = (struct pool){.generation = 1};
    take_words(pool, options);
    PQconninfoFree(options);
    text_addf(&name, "%s at %s", find_word(pool, "dbname", "of the default name"),
              find_word(pool, "host", "the default host"));
    pool->name = text_take(&name);
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->freed, NULL);
    outage_init(&pool->outage, PATIENCE_MS);
    return STATUS_OK;
}

void postgres_pool_release(struct pool *pool)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        PQfinish(pool->connections[i].pg);
    for (size_t i = 0; pool->keywords[i]; i++) {
        free(pool->keywords[i]);
        free(pool->values[i]);
    }
    free((void *)pool->keywords);
    free((void *)pool->values);
    free(pool->name);
    outage_release(&pool->outage);
    (void)pthread_cond_destroy(&pool->freed);
    (void)pthread_mutex_destroy(&pool->lock);
}

/* ---- Taking and giving back ---- */

static enum status open_connection(struct pool *pool, struct connection *connection, struct text *why)
{
    connection->has_failed_to_send = connection->is_late = false;
    connection->expected_count = 0;
    memset(connection->prepared, 0, sizeof connection->prepared);
    connection->pg = postgres_pool_connect(pool, why);
    if (!connection->pg)
        return STATUS_UNAVAILABLE;
    (void)PQenterPipelineMode(connection->pg);
    return STATUS_OK;
}

/* Unless nobody has reached the database for long, and somebody looks already. */
static enum status try_to_open(struct pool *pool, struct connection *connection, struct text *why)
{
    int64_t began_ns = clock_monotonic_ns();
    bool is_probe;
    if (!outage_may_try(&pool->outage, &is_probe)) {
        text_setf(why, "The database %s can't be reached for the time being.", pool->name);
        return STATUS_UNAVAILABLE;
    }
    enum status status = open_connection(pool, connection, why);
    outage_note(&pool->outage, status == STATUS_OK, is_probe, began_ns);
    return status;
}

/* An open one rather than another. */
static struct connection *find_free(struct pool *pool)
{
    struct connection *found = NULL;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &pool->connections[i];
        if (!connection->is_taken && connection->pg && connection->generation == pool->generation)
            return connection;
        if (!connection->is_taken && !found)
            found = connection;
    }
    return found;
}

static struct connection *wait_for_free(struct pool *pool, int64_t until_ns)
{
    struct connection *connection;
    bool is_late = false;
    while (!(connection = find_free(pool)) && !is_late)
        is_late = !clock_wait(&pool->freed, &pool->lock, until_ns);
    return connection;
}

enum status postgres_pool_take(struct pool *pool, int64_t until_ns, struct connection **ret_connection,
                               struct text *why)
{
    (void)pthread_mutex_lock(&pool->lock);
    struct connection *connection = wait_for_free(pool, until_ns);
    unsigned generation = pool->generation;
    if (connection)
        connection->is_taken = true;
    (void)pthread_mutex_unlock(&pool->lock);
    if (!connection) {
        text_setf(why, "All connections to the database %s are in use. Try again.", pool->name);
        return STATUS_BUSY;
    }
    if (connection->generation != generation || !connection->pg) {
        PQfinish(connection->pg);
        connection->pg = NULL;
        connection->generation = generation;
        enum status status = try_to_open(pool, connection, why);
        if (status) {
            postgres_pool_give_back(pool, connection, false);
            return status;
        }
    }
    *ret_connection = connection;
    return STATUS_OK;
}

void postgres_pool_give_back(struct pool *pool, struct connection *connection, bool is_lost)
{
    if (is_lost) {
        PQfinish(connection->pg);
        connection->pg = NULL;
    }
    (void)pthread_mutex_lock(&pool->lock);
    bool is_first = is_lost && connection->generation == pool->generation;
    if (is_first)
        pool->generation++;
    if (is_first || connection->pg)
        outage_note(&pool->outage, !is_first, false, connection->asked_ns);
    connection->is_taken = false;
    (void)pthread_cond_signal(&pool->freed);
    (void)pthread_mutex_unlock(&pool->lock);
}
