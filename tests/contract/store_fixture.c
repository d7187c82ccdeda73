#include "store_fixture.h"

#include "postgres_server.h"

#include <stdatomic.h>
#include <stdio.h>

static atomic_llong clock_ms;

static int64_t told_time(void *context)
{
    (void)context;
    return atomic_load(&clock_ms);
}

void set_now(int64_t now_ms)
{
    atomic_store(&clock_ms, now_ms);
}

void use_test_clock(struct store *store)
{
    store_set_clock(store, told_time, NULL);
}

static bool make_sqlite_address(struct text *out)
{
    text_addf(out, "sqlite:%s/store.db", check_folder());
    return true;
}

static const struct back_end {
    const char *name;
    /* Appends the address of a store that is new and empty. False: there can be none, and the running case is
     * skipped or has failed. */
    bool (*make_address)(struct text *out);
} back_ends[STORE_BACK_ENDS] = {
    [STORE_SQLITE] = {"sqlite", make_sqlite_address},
    [STORE_POSTGRESQL] = {"postgresql", postgres_server_make_database},
};

static void run_case(const struct back_end *back_end, const struct store_case *row)
{
    struct text address TEXT_CLEANUP = {0}, why TEXT_CLEANUP = {0};
    check_case("%s%s: %s", back_end->name, postgres_server_is_pooled() ? " behind PgBouncer" : "", row->behaviour);
    struct store *store;
    if (!back_end->make_address(&address) || !CHECK_INT(store_open(text_get(&address), &store, &why), STATUS_OK))
        return;
    use_test_clock(store);
    set_now(0);
    row->run(store, text_get(&address));
    store_close(store);
}

void store_run_on(enum store_back_end back_end, const struct store_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_case(&back_ends[back_end], &cases[i]);
}

void store_run(const struct store_case *cases, size_t count)
{
    for (int i = postgres_server_is_pooled() ? STORE_POSTGRESQL : 0; i < STORE_BACK_ENDS; i++)
        store_run_on((enum store_back_end)i, cases, count);
}

struct photo make_photo(const char *author, int64_t created_ms)
{
    return (struct photo){.id = id_new(),
                          .author = author,
                          .created_ms = created_ms,
                          .updated_ms = created_ms,
                          .format = "jpeg",
                          .frames = 1,
                          .original = {4000, 3000, 5000000}};
}

struct execution make_execution(const struct photo *photo)
{
    return (struct execution){.id = photo->id,
                              .workflow = "photo-upload",
                              .state = "",
                              .data = "{\"step\":0}",
                              .started_ms = photo->created_ms,
                              .updated_ms = photo->created_ms,
                              .due_ms = photo->created_ms};
}

enum status create_photo(struct store *store, const struct photo *photo, const char *key, bool *ret_created,
                         struct text *why)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution = make_execution(photo);
    struct photo existing;
    bool created;
    enum status status = store_photo_create(store, photo, key, &execution, 0, NULL, &arena, &existing, &created, why);
    if (!status && ret_created)
        *ret_created = created;
    return status;
}

struct photo add_published(struct store *store, const char *author, int64_t created_ms)
{
    struct photo photo = make_photo(author, created_ms);
    CHECK_OK(create_photo(store, &photo, NULL, NULL, why));
    photo.large = (struct rendition){1440, 1080, 200000};
    photo.thumbnail = (struct rendition){350, 263, 9000};
    photo.labels = "[]";
    CHECK_OK(store_photo_publish(store, &photo, NULL, why));
    return photo;
}

static bool add_name(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    struct text *names = context;
    CHECK_INT(strlen(name), name_length);
    text_addf(names, "%s%s:%lld", names->length ? " " : "", name, (long long)posts_count);
    return true;
}

void search_names(struct store *store, const char *prefix, const char *after, size_t limit, struct text *ret_names)
{
    text_clear(ret_names);
    CHECK_OK(store_users_search(store, prefix, after, limit, add_name, ret_names, why));
}

const char *state_of(struct store *store, const struct id *id)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct photo photo;
    enum status status = store_photo_get(store, id, &arena, &photo, NULL);
    return status ? status_name(status) : photo_state_name(photo.state);
}

const char *execution_state_of(struct store *store, const struct id *id)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution;
    enum status status = store_execution_get(store, id, &arena, &execution, NULL);
    return status ? status_name(status) : execution_status_name(execution.status);
}

bool claim_one(struct store *store, const char *owner, int64_t now_ms, int64_t lease_ms, struct arena *arena,
               struct execution *ret_execution)
{
    size_t count = 0;
    CHECK_OK(AT(now_ms, store_executions_claim(store, owner, lease_ms, 1, arena, ret_execution, &count, why)));
    return count == 1;
}

struct store_counts counts_of(struct store *store, int64_t now_ms)
{
    struct store_counts counts = {0};
    CHECK_OK(AT(now_ms, store_get_counts(store, &counts, why)));
    return counts;
}

int64_t due_in(struct store *store, int64_t now_ms)
{
    int64_t in_ms = -2;
    CHECK_OK(AT(now_ms, store_executions_next_due(store, &in_ms, why)));
    return in_ms;
}
