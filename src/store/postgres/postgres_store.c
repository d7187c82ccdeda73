#include "postgres_store.h"

#include "clock.h"
#include "memory.h"

#include <stdlib.h>

enum { MS_NS = 1000000 };
static const int64_t CLOCK_LASTS_NS = 10000000000;

/* ---- Opening and closing ---- */

static void postgres_close(struct store *store)
{
    struct store_postgres *postgres = (struct store_postgres *)store;
    postgres_changes_release(postgres);
    (void)pthread_mutex_destroy(&postgres->saves.lock);
    postgres_pool_release(&postgres->pool);
    free(postgres);
}

/* The address goes to libpq as it is. */
static enum status connect_to(const char *rest, struct store_postgres **ret_postgres, struct text *why)
{
    TEXT_CLEANUP struct text address = {0};
    struct store_postgres *postgres = NEW(struct store_postgres);
    text_addf(&address, "postgresql:%s", rest);
    enum status status = postgres_pool_init(&postgres->pool, text_get(&address), why);
    if (status) {
        free(postgres);
        return status;
    }
    postgres->store.ops = &store_postgres_ops;
    (void)pthread_mutex_init(&postgres->saves.lock, NULL);
    status = postgres_changes_init(&postgres->changes, why);
    if (status)
        postgres_close(&postgres->store);
    else
        *ret_postgres = postgres;
    return status;
}

static bool note_now(void *context, const struct row *row)
{
    *(int64_t *)context = row_integer(row, 0);
    return true;
}

static enum status ask_clock(struct store_postgres *postgres, struct text *why)
{
    int64_t now_ms = 0, asked_ns = clock_monotonic_ns();
    enum status status = postgres_first(&postgres->store, "SELECT " POSTGRES_NOW, VALUES(), note_now, &now_ms, why);
    if (!status)
        postgres_clock_measure(&postgres->clock, now_ms, asked_ns);
    return status;
}

static enum status postgres_open(const char *rest, struct store **ret_store, struct text *why)
{
    struct store_postgres *postgres;
    enum status status = connect_to(rest, &postgres, why);
    if (status)
        return status;
    status = postgres_schema_prepare(&postgres->store, why);
    if (!status)
        status = ask_clock(postgres, why);
    if (status)
        postgres_close(&postgres->store);
    else
        *ret_store = &postgres->store;
    return status;
}

static enum status postgres_is_new(const char *rest, bool *ret_is_new, struct text *why)
{
    struct store_postgres *postgres;
    enum status status = connect_to(rest, &postgres, why);
    if (status)
        return status;
    status = postgres_schema_is_new(&postgres->store, ret_is_new, why);
    postgres_close(&postgres->store);
    return status;
}

/* Damage is what PostgreSQL itself looks for (pg_amcheck, checksums). */
static enum status postgres_verify(struct store *store, int64_t limit_ms, bool *ret_is_whole, struct text *why)
{
    (void)limit_ms;
    *ret_is_whole = true;
    return store->ops->users->check(store, why);
}

/* ---- The clock ---- */

/* The database's, counted on by this machine's monotonic clock. One thread asks; while the database can't answer it is
 * counted on. */
static int64_t postgres_now_ms(struct store *store)
{
    struct store_postgres *postgres = (struct store_postgres *)store;
    int64_t now_ns = clock_monotonic_ns();
    long long measured_ns = atomic_load(&postgres->clock.measured_ns);
    bool is_old = now_ns - measured_ns > CLOCK_LASTS_NS;
    if (is_old && atomic_compare_exchange_strong(&postgres->clock.measured_ns, &measured_ns, now_ns))
        (void)ask_clock(postgres, NULL);
    return clock_monotonic_ns() / MS_NS + atomic_load(&postgres->clock.offset_ms);
}

const struct store_ops store_postgres_ops = {
    .scheme = "postgresql",
    .is_remote = true,
    .open = postgres_open,
    .close = postgres_close,
    .is_new = postgres_is_new,
    .verify = postgres_verify,
    .now_ms = postgres_now_ms,
    .photos = &postgres_photos,
    .photo_lists = &postgres_photo_lists,
    .users = &postgres_users,
    .verdicts = &postgres_verdicts,
    .executions = &postgres_executions,
    .leases = &postgres_leases,
    .named_leases = &postgres_named_leases,
    .changes = &postgres_changes,
    .sessions = &postgres_sessions,
    .records = &postgres_records,
};
