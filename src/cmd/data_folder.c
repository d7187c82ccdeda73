#include "data_folder.h"

#include "destination.h"

#include <string.h>

enum { VERIFY_MS = 5000 };

void data_default_addresses(const char *folder, struct arena *arena, const char **store, const char **buckets)
{
    if (!*store)
        *store = arena_printf(arena, "sqlite:%s/photos.db", folder);
    if (!*buckets)
        *buckets = arena_printf(arena, "file:%s/buckets", folder);
}

static bool note_key(void *context, const char *key, int64_t modified_s)
{
    (void)key, (void)modified_s;
    *(bool *)context = true;
    return false; /* one is enough */
}

/* Those that tell whether photos are there, in the order in which they are looked at. */
static const enum bucket told_by[] = {BUCKET_PHOTOS, BUCKET_THUMBNAILS, BUCKET_ORIGINALS};
enum { ALL_TELL = sizeof told_by / sizeof told_by[0], ALL_BUT_ORIGINALS = ALL_TELL - 1 };

/* A database without photos, and what it would be started beside. */
struct pairing {
    const char *store, *fault; /* "is missing or empty" */
    const char *buckets;
    struct blob *blob;
};

static bool is_elsewhere(const char *address)
{
    return strstr(address, "://") != NULL;
}

/* The path of what is in files; else the address. */
static const char *without_scheme(const char *address)
{
    const char *colon = strchr(address, ':');
    return colon && !is_elsewhere(address) ? colon + 1 : address;
}

static void say_fault(const struct pairing *pairing, struct text *why)
{
    TEXT_CLEANUP struct text shown = {0};
    store_show_address(pairing->store, &shown);
    text_setf(why, "the database %s %s", without_scheme(text_get(&shown)), pairing->fault);
}

static enum status refuse(const struct pairing *pairing, struct text *why)
{
    const char *buckets = without_scheme(pairing->buckets);
    say_fault(pairing, why);
    text_addf(why,
              ", but there are photos in %s, which can't be found, deleted or published without it. Restore the "
              "database from a backup. To start over without these photos, ",
              buckets);
    if (is_elsewhere(buckets))
        text_add(why, "name other buckets.");
    else
        text_addf(why, "move %s away.", buckets);
    return STATUS_UNAVAILABLE;
}

static enum status refuse_unknown(const struct pairing *pairing, const char *reason, struct text *why)
{
    say_fault(pairing, why);
    text_addf(why,
              ", and whether there are photos in %s can't be seen: %s Make it possible to list the buckets, and start "
              "again.",
              without_scheme(pairing->buckets), reason);
    return STATUS_UNAVAILABLE;
}

/* Refuses where there are objects in the first `count` of told_by, and where that is unknown. */
static enum status check_empty(const struct pairing *pairing, size_t count, struct text *why)
{
    TEXT_CLEANUP struct text reason = {0};
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        enum status status = blob_list(pairing->blob, told_by[i], note_key, &found, &reason);
        if (found)
            return refuse(pairing, why);
        if (status != STATUS_OK)
            return refuse_unknown(pairing, text_get(&reason), why);
    }
    return STATUS_OK;
}

enum status data_check_before(const char *store, const char *buckets, struct blob *blob, struct text *why)
{
    bool is_new = false;
    const struct pairing pairing = {store, "is missing or empty", buckets, blob};
    enum status status = store_is_new(store, &is_new, why);
    return status == STATUS_OK && is_new ? check_empty(&pairing, ALL_TELL, why) : status;
}

static enum status count_executions(struct store *store, uint64_t *ret_count, struct text *why)
{
    struct store_counts counts;
    enum status status = store_get_counts(store, &counts, why);
    *ret_count = 0;
    for (int i = 0; status == STATUS_OK && i < EXECUTION_STATUSES; i++)
        *ret_count += counts.executions[i];
    return status;
}

/* An original alone proves nothing: it may be of an upload that was cut before its answer. Counted again after objects
 * were found, because another process may just have published the first photo of all. */
static enum status check_known(struct store *store, const char *store_address, const char *buckets, struct blob *blob,
                               struct text *why)
{
    uint64_t count;
    const struct pairing pairing = {store_address, "contains no photos", buckets, blob};
    enum status status = count_executions(store, &count, why);
    if (status != STATUS_OK || count > 0)
        return status;
    enum status found = check_empty(&pairing, ALL_BUT_ORIGINALS, why);
    status = found == STATUS_OK ? STATUS_OK : count_executions(store, &count, why);
    return status != STATUS_OK || count > 0 ? status : found;
}

enum status data_check_after(struct store *store, const char *store_address, const char *buckets, struct blob *blob,
                             bool *ret_is_whole, struct text *why)
{
    enum status status = destination_check_whole(blob, buckets, why);
    if (status == STATUS_OK)
        status = store_verify(store, VERIFY_MS, ret_is_whole, why);
    return status == STATUS_OK ? check_known(store, store_address, buckets, blob, why) : status;
}
