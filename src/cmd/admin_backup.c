/* cloudphotos admin backup and restore. */
#include "admin_move.h"
#include "backup.h"
#include "destination.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- Backup ---- */

/* Sessions before photos: one that is finished has its photo then. */
static const enum record_kind order[] = {RECORD_SESSION, RECORD_PHOTO, RECORD_VERDICT};
enum { KINDS = sizeof order / sizeof order[0] };

static void print_counts(const char *what, const struct admin_move *move, size_t photos)
{
    printf("%s: %zu photos, %zu objects, %" PRIu64 " bytes\n", what, photos, (size_t)atomic_load(&move->mover.objects),
           (uint64_t)atomic_load(&move->mover.bytes));
}

static enum status back_up(struct store *store, struct blob *from, struct blob *to, struct backup_writer *writer,
                           struct text *why)
{
    struct admin_move move;
    struct store_counts counts;
    size_t photos;
    enum status status = admin_count_photos(store, &photos, why);
    if (status != STATUS_OK)
        return status;
    admin_move_init(&move, store, from, to, photos);
    for (size_t i = 0; i < KINDS && status == STATUS_OK; i++) {
        struct store_cursor cursor;
        store_cursor_init(&cursor, store, order[i]);
        status = move_records(&move.mover, order[i], &cursor.cursor, NULL, backup_writer_sink(writer), why);
        record_cursor_release(&cursor.cursor);
    }
    enum status ended = admin_move_end(&move, status == STATUS_OK ? why : NULL);
    if (status == STATUS_OK)
        status = store_get_counts(store, &counts, why);
    if (status == STATUS_OK)
        status = backup_writer_finish(writer, &counts, &move.mover, why);
    if (status == STATUS_OK)
        print_counts("Backed up", &move, backup_writer_lines(writer, RECORD_PHOTO));
    return status ? status : ended;
}

static enum status read_folder(const struct settings_words *words, const char **ret_folder, struct text *why)
{
    if (words->count == 2) {
        *ret_folder = words->words[1];
        return STATUS_OK;
    }
    text_setf(why, "%s takes one folder: cloudphotos admin %s FOLDER", words->words[0], words->words[0]);
    return STATUS_INVALID;
}

static enum status open_buckets_of(const char *folder, enum blob_use use, struct blob **ret_blob, struct text *why)
{
    TEXT_CLEANUP struct text address = {0};
    text_addf(&address, "file:%s/buckets", folder);
    return blob_open(text_get(&address), use, ret_blob, why);
}

enum status admin_backup(const struct settings_words *words, const struct admin_settings *settings, struct text *why)
{
    const char *folder;
    struct store *store = NULL;
    struct blob *from = NULL, *to = NULL;
    struct backup_writer *writer = NULL;
    enum status status = read_folder(words, &folder, why);
    if (status == STATUS_OK)
        status = admin_open_store(settings->store, &store, why);
    if (status == STATUS_OK)
        status = blob_open(settings->buckets, BLOB_READ, &from, why);
    if (status == STATUS_OK)
        status = backup_writer_new(folder, &writer, why);
    if (status == STATUS_OK)
        status = open_buckets_of(folder, BLOB_OWN, &to, why);
    if (status == STATUS_OK)
        status = back_up(store, from, to, writer, why);
    backup_writer_free(writer);
    blob_close(to);
    blob_close(from);
    store_close(store);
    return status;
}

/* ---- Restore ---- */

static enum status restore(struct backup_reader *reader, struct store *store, struct blob *from, struct blob *to,
                           struct text *why)
{
    struct admin_move move;
    struct store_sink sink;
    enum status status = destination_check_empty(store, to, why);
    if (status != STATUS_OK)
        return status;
    admin_move_init(&move, NULL, from, to, backup_reader_lines(reader, RECORD_PHOTO));
    store_sink_init(&sink, store);
    for (size_t i = 0; i < KINDS && status == STATUS_OK; i++)
        status = move_records(&move.mover, order[i], backup_reader_cursor(reader, order[i]), NULL, &sink.sink, why);
    (void)admin_move_end(&move, NULL);
    if (status == STATUS_OK)
        status = store_records_finish(store, backup_reader_executions(reader), why);
    if (status == STATUS_OK)
        print_counts("Restored", &move, backup_reader_lines(reader, RECORD_PHOTO));
    return status ? status : admin_move_verify(store, to, false, why);
}

static enum status make_data_folder(const struct admin_settings *settings, struct text *why)
{
    if (mkdir(settings->data, 0700) == 0 || errno == EEXIST)
        return STATUS_OK;
    text_setf(why, "the data folder %s can't be made: %s", settings->data, strerrordesc_np(errno));
    return status_from_errno(errno);
}

enum status admin_restore(const struct settings_words *words, const struct admin_settings *settings, struct text *why)
{
    const char *folder;
    struct store *store = NULL;
    struct blob *from = NULL, *to = NULL;
    struct backup_reader *reader = NULL;
    enum status status = read_folder(words, &folder, why);
    if (status == STATUS_OK)
        status = backup_reader_new(folder, &reader, why);
    if (status == STATUS_OK)
        status = open_buckets_of(folder, BLOB_READ, &from, why);
    if (status == STATUS_OK && settings->is_in_data_folder)
        status = make_data_folder(settings, why);
    if (status == STATUS_OK)
        status = blob_open(settings->buckets, BLOB_OWN, &to, why);
    if (status == STATUS_OK)
        status = store_open(settings->store, &store, why);
    if (status == STATUS_OK)
        status = restore(reader, store, from, to, why);
    backup_reader_free(reader);
    blob_close(to);
    blob_close(from);
    store_close(store);
    return status;
}
