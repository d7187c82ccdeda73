/* cloudphotos admin copy: from a store and its buckets, which servers may use meanwhile, to others. It may be ended and
 * begun again at any time: what is there already, and is the same, is passed over. */
#include "admin_move.h"
#include "destination.h"

#include <inttypes.h>
#include <stdio.h>

/* Each takes what has changed during the one before. */
enum { PASSES = 3, PASSES_LAST = 10 };

struct copy {
    struct store *from, *to;
    struct blob *from_blob, *to_blob;
};

static enum status run_pass(const struct copy *copy, struct admin_move *move, struct text *why)
{
    struct store_sink sink;
    enum status status = STATUS_OK;
    store_sink_init(&sink, copy->to);
    for (int kind = RECORD_KINDS - 1; kind >= 0 && status == STATUS_OK; kind--) {
        struct store_cursor from, present;
        store_cursor_init(&from, copy->from, (enum record_kind)kind);
        store_cursor_init(&present, copy->to, (enum record_kind)kind);
        status = move_records(&move->mover, (enum record_kind)kind, &from.cursor, &present.cursor, &sink.sink, why);
        record_cursor_release(&from.cursor);
        record_cursor_release(&present.cursor);
    }
    return status;
}

/* *ret_left: records that the last pass has found changed. */
static enum status run_passes(const struct copy *copy, int most, size_t *ret_left, struct text *why)
{
    struct admin_move move;
    size_t photos;
    enum status status = admin_count_photos(copy->from, &photos, why);
    for (int pass = 0; status == STATUS_OK && pass < most && (pass == 0 || *ret_left); pass++) {
        admin_move_init(&move, copy->from, copy->from_blob, copy->to_blob, pass == 0 ? photos : 0);
        status = run_pass(copy, &move, why);
        *ret_left = atomic_load(&move.mover.records);
        enum status ended = admin_move_end(&move, status == STATUS_OK ? why : NULL);
        status = status ? status : ended;
        if (status == STATUS_OK)
            printf("Pass %d: %zu records and %zu objects (%" PRIu64 " bytes) were new or changed\n", pass + 1,
                   *ret_left, (size_t)atomic_load(&move.mover.objects), (uint64_t)atomic_load(&move.mover.bytes));
    }
    return status;
}

static enum status finish(const struct copy *copy, bool is_last, size_t left, struct text *why)
{
    struct store_counts counts;
    if (is_last && left) {
        text_setf(why, "the source still changes: end its servers before --last");
        return STATUS_CONFLICT;
    }
    enum status status = store_get_counts(copy->from, &counts, why);
    if (status == STATUS_OK)
        status = store_records_finish(copy->to, counts.executions, why);
    if (status == STATUS_OK)
        status = admin_move_verify(copy->to, copy->to_blob, true, why);
    if (status == STATUS_OK && is_last)
        status = destination_end_copy(copy->to_blob, why);
    if (status == STATUS_OK)
        printf("%s\n", is_last ? "The copy is whole: servers may be started on it."
                               : "The destination is up to date. End the servers of the source and run it again with "
                                 "--last, before servers are started on the destination.");
    return status;
}

static enum status run(const struct copy *copy, const char *source, bool is_last, struct text *why)
{
    size_t left = 0;
    enum status status = destination_begin_copy(copy->to, copy->to_blob, source, why);
    if (status == STATUS_OK)
        status = run_passes(copy, is_last ? PASSES_LAST : PASSES, &left, why);
    return status ? status : finish(copy, is_last, left, why);
}

static enum status check(const struct settings_words *words, const struct admin_settings *settings, struct text *why)
{
    if (words->count > 1)
        text_setf(why, "\"%s\" is not expected after copy", words->words[1]);
    else if (settings->from_store && settings->from_buckets && settings->to_store && settings->to_buckets)
        return STATUS_OK;
    else
        text_setf(why, "copy needs --from-store, --from-buckets, --to-store and --to-buckets");
    return STATUS_INVALID;
}

enum status admin_copy(const struct settings_words *words, const struct admin_settings *settings, struct text *why)
{
    TEXT_CLEANUP struct text source = {0};
    struct copy copy = {0};
    enum status status = check(words, settings, why);
    if (status != STATUS_OK)
        return status;
    store_show_address(settings->from_store, &source);
    text_addf(&source, " and %s", settings->from_buckets);
    status = admin_open_store(settings->from_store, &copy.from, why);
    if (status == STATUS_OK)
        status = blob_open(settings->from_buckets, BLOB_READ, &copy.from_blob, why);
    if (status == STATUS_OK)
        status = blob_open(settings->to_buckets, BLOB_OWN, &copy.to_blob, why);
    if (status == STATUS_OK)
        status = store_open(settings->to_store, &copy.to, why);
    if (status == STATUS_OK)
        status = run(&copy, text_get(&source), settings->last, why);
    store_close(copy.to);
    blob_close(copy.to_blob);
    blob_close(copy.from_blob);
    store_close(copy.from);
    return status;
}
