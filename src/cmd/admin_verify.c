/* cloudphotos admin verify: compares a store with its buckets, beside running servers. One line for each difference,
 * then the counts. */
#include "admin.h"
#include "json.h"
#include "verify.h"

#include <stdio.h>

struct printer {
    json_t *differences; /* NULL: lines are printed */
};

static void print_difference(void *context, const struct difference *difference)
{
    struct printer *printer = context;
    const char *bucket = difference->has_object ? bucket_policies[difference->bucket].name : NULL;
    const char *kind = difference_kind_name(difference->kind);
    if (!printer->differences)
        printf("%-17s %s%s%s  %s\n", kind, bucket ? bucket : "", bucket ? "/" : "", difference->key,
               difference->sentence);
    else
        (void)json_array_append_new(printer->differences,
                                    json_pack("{s:s, s:s?, s:s, s:s, s:b}", "kind", kind, "bucket", bucket, "key",
                                              difference->key, "sentence", difference->sentence, "repaired",
                                              difference->is_repaired));
}

static void print_counts(const struct printer *printer, const struct verify_counts *counts)
{
    if (!printer->differences) {
        printf("%zu photos and %zu objects: %zu in progress, %zu for the server's next clean-up, %zu differences, "
               "%zu of them repaired\n",
               counts->photos, counts->objects, counts->in_progress, counts->to_clean_up, counts->differences,
               counts->repaired);
        return;
    }
    TEXT_CLEANUP struct text out = {0};
    JSON_CLEANUP json_t *all = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:O}", "photos", (json_int_t)counts->photos, "objects", (json_int_t)counts->objects,
        "in_progress", (json_int_t)counts->in_progress, "to_clean_up", (json_int_t)counts->to_clean_up, "repaired",
        (json_int_t)counts->repaired, "differences", printer->differences);
    json_add(&out, all);
    printf("%s\n", text_get(&out));
}

static enum status summarise(const struct verify_counts *counts, struct text *why)
{
    size_t left = counts->differences - counts->repaired;
    if (left == 0)
        return STATUS_OK;
    text_setf(why, "store and buckets differ in %zu places, which the list names", left);
    return STATUS_CONFLICT;
}

enum status admin_open_store(const char *address, struct store **ret_store, struct text *why)
{
    TEXT_CLEANUP struct text shown = {0};
    bool is_new = false;
    enum status status = store_is_new(address, &is_new, why);
    if (status != STATUS_OK)
        return status;
    if (!is_new)
        return store_open(address, ret_store, why);
    store_show_address(address, &shown);
    text_setf(why, "there is no database at %s yet: name the one of the server with --data or --store",
              text_get(&shown));
    return STATUS_NOT_FOUND;
}

enum status admin_verify(const struct settings_words *words, const struct admin_settings *settings, struct text *why)
{
    struct store *store;
    struct blob *blob = NULL;
    struct verify_counts counts;
    if (words->count > 1) {
        text_setf(why, "\"%s\" is not expected after verify", words->words[1]);
        return STATUS_INVALID;
    }
    enum status status = admin_open_store(settings->store, &store, why);
    if (status != STATUS_OK)
        return status;
    JSON_CLEANUP json_t *differences = settings->json ? json_array() : NULL;
    struct printer printer = {differences};
    status = blob_open(settings->buckets, settings->repair ? BLOB_BESIDE : BLOB_READ, &blob, why);
    const struct verify_settings verify = {.store = store,
                                           .blob = blob,
                                           .grace_ms = settings->grace_ms,
                                           .repair = settings->repair,
                                           .found = print_difference,
                                           .context = &printer};
    if (status == STATUS_OK)
        status = verify_run(&verify, &counts, why);
    if (status == STATUS_OK) {
        print_counts(&printer, &counts);
        status = summarise(&counts, why);
    }
    blob_close(blob);
    store_close(store);
    return status;
}
