/* Keeps the names in memory equal to the table "users". */
#include "sqlite_store.h"

#include "clock.h"
#include "memory.h"

#include <string.h>

enum { RELOAD_SHARE = 50 /* at most this part of the time goes into reading the names again */ };

void name_changes_add(struct name_changes *changes, const char *name, int posts)
{
    if (changes->count == changes->capacity) {
        changes->capacity = changes->capacity ? 2 * changes->capacity : 16;
        changes->items = memory_resize(changes->items, changes->capacity * sizeof *changes->items);
    }
    struct name_change *change = &changes->items[changes->count++];
    *change = (struct name_change){.posts = posts};
    memcpy(change->name, name, strnlen(name, AUTHOR_NAME_MAX));
}

struct loading {
    struct names_list *list;
    bool is_whole;
};

static bool load_row(void *context, sqlite3_stmt *row)
{
    struct loading *loading = context;
    const char *name = column_string(row, 0);
    loading->is_whole =
        name
        && names_list_append(loading->list, name, (size_t)sqlite3_column_bytes(row, 0), sqlite3_column_int64(row, 1));
    return loading->is_whole;
}

static void load(struct writer *writer)
{
    struct loading loading = {.list = names_list_new(), .is_whole = true};
    uint64_t state = log_header_version(writer->header);
    enum status status = connection_each(&writer->connection, USERS_ALL, VALUES(), load_row, &loading, NULL);
    /* What was read is of a state between that before and that after. */
    if (status == STATUS_OK && loading.is_whole && log_header_version(writer->header) == state)
        names_swap(writer->names, loading.list, state);
    else
        names_list_free(loading.list); /* searches go to the database */
}

void writer_keep_names(struct writer *writer)
{
    int64_t begin_ns = clock_monotonic_ns();
    if (begin_ns < writer->names_reload_ns || names_are_at(writer->names, log_header_version(writer->header)))
        return;
    load(writer);
    int64_t end_ns = clock_monotonic_ns();
    writer->names_reload_ns = end_ns + RELOAD_SHARE * (end_ns - begin_ns);
}
