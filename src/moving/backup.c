#include "backup.h"

#include "clock.h"
#include "memory.h"
#include "object_sum.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT   "cloudphotos-backup"
#define MANIFEST "manifest.json"
enum { FORMAT_VERSION = 1 };

static const char *const names[RECORD_KINDS] = {
    [RECORD_PHOTO] = "photos.ndjson",
    [RECORD_VERDICT] = "verdicts.ndjson",
    [RECORD_SESSION] = "sessions.ndjson",
};

static enum status fail(const char *folder, const char *name, struct text *why)
{
    int error = errno ? errno : EIO;
    text_setf(why, "The file %s/%s can't be used: %s.", folder, name, strerrordesc_np(error));
    enum status status = status_from_errno(error);
    return status == STATUS_NOT_FOUND || status == STATUS_INTERNAL ? STATUS_UNAVAILABLE : status;
}

/* ---- Making one ---- */

struct backup_writer {
    struct record_sink sink; /* first */
    char *folder;
    int folder_fd;
    FILE *files[RECORD_KINDS];
    struct digest *digests[RECORD_KINDS];
    size_t lines[RECORD_KINDS];
};

static enum status write_lines(struct record_sink *sink, enum record_kind kind, struct moved *items, size_t count,
                               struct text *why)
{
    struct backup_writer *writer = (struct backup_writer *)sink;
    TEXT_CLEANUP struct text line = {0};
    for (size_t i = 0; i < count; i++) {
        char id[ID_TEXT_SIZE];
        id_format(&items[i].id, id);
        JSON_CLEANUP json_t *json =
            json_pack("{s:s, s:O, s:O}", "id", id, "record", items[i].record, "objects", items[i].objects);
        text_clear(&line);
        json_add(&line, json);
        text_addc(&line, '\n');
        digest_add(writer->digests[kind], text_get(&line), line.length);
        writer->lines[kind]++;
        errno = 0;
        if (fwrite(text_get(&line), 1, line.length, writer->files[kind]) != line.length)
            return fail(writer->folder, names[kind], why);
    }
    return STATUS_OK;
}

/* The folder, made or found empty; -1. */
static int open_folder(const char *folder, enum status *ret_status, struct text *why)
{
    bool is_empty = true;
    bool is_made = mkdir(folder, 0700) == 0;
    int fd = is_made || errno == EEXIST ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *entries = fd >= 0 ? opendir(folder) : NULL;
    for (const struct dirent *entry; entries && (entry = readdir(entries));)
        is_empty = is_empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    if (!entries) {
        text_setf(why, "The folder %s can't be used: %s.", folder, strerrordesc_np(errno));
        *ret_status = STATUS_UNAVAILABLE;
    } else {
        (void)closedir(entries);
        text_setf(why, "The folder %s isn't empty: name a new one, because a backup is made as a whole.", folder);
        *ret_status = is_empty ? STATUS_OK : STATUS_CONFLICT;
    }
    if (*ret_status && fd >= 0)
        (void)close(fd);
    return *ret_status ? -1 : fd;
}

enum status backup_writer_new(const char *folder, struct backup_writer **ret_writer, struct text *why)
{
    enum status status;
    int folder_fd = open_folder(folder, &status, why);
    if (folder_fd < 0)
        return status;
    struct backup_writer *writer = NEW(struct backup_writer);
    *writer =
        (struct backup_writer){.sink.write = write_lines, .folder = memory_copy_string(folder), .folder_fd = folder_fd};
    for (int kind = 0; kind < RECORD_KINDS && status == STATUS_OK; kind++) {
        int fd = openat(folder_fd, names[kind], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        writer->files[kind] = fd >= 0 ? fdopen(fd, "w") : NULL;
        writer->digests[kind] = digest_new(DIGEST_SHA256);
        if (!writer->files[kind])
            status = fail(folder, names[kind], why);
    }
    if (status == STATUS_OK)
        *ret_writer = writer;
    else
        backup_writer_free(writer);
    return status;
}

void backup_writer_free(struct backup_writer *writer)
{
    if (!writer)
        return;
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        if (writer->files[kind])
            (void)fclose(writer->files[kind]);
        digest_free(writer->digests[kind]);
    }
    (void)close(writer->folder_fd);
    free(writer->folder);
    free(writer);
}

struct record_sink *backup_writer_sink(struct backup_writer *writer)
{
    return &writer->sink;
}

size_t backup_writer_lines(const struct backup_writer *writer, enum record_kind kind)
{
    return writer->lines[kind];
}

static json_t *describe_files(struct backup_writer *writer)
{
    json_t *files = json_object();
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        uint8_t sum[DIGEST_BYTES_MAX];
        char text[SUM_TEXT_SIZE];
        (void)digest_finish(writer->digests[kind], sum);
        sum_format(sum, text);
        (void)json_object_set_new(files, names[kind],
                                  json_pack("{s:I, s:s}", "lines", (json_int_t)writer->lines[kind], "sha256", text));
    }
    return files;
}

static json_t *describe_counts(const struct store_counts *counts)
{
    json_t *executions = json_object();
    for (int i = 0; i < EXECUTION_STATUSES; i++)
        (void)json_object_set_new(executions, execution_status_name((enum execution_status)i),
                                  json_integer((json_int_t)counts->executions[i]));
    return executions;
}

/* Under another name first, so that the manifest is whole or isn't there. */
static enum status write_manifest(const struct backup_writer *writer, const json_t *manifest, struct text *why)
{
    static const char temporary[] = MANIFEST ".new";
    TEXT_CLEANUP struct text out = {0};
    json_add(&out, manifest);
    text_addc(&out, '\n');
    int fd = openat(writer->folder_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write(fd, text_get(&out), out.length) == (ssize_t)out.length && fsync(fd) == 0;
    is_written = is_written && renameat(writer->folder_fd, temporary, writer->folder_fd, MANIFEST) == 0
                 && fsync(writer->folder_fd) == 0;
    enum status status = is_written ? STATUS_OK : fail(writer->folder, MANIFEST, why);
    if (fd >= 0)
        (void)close(fd);
    return status;
}

enum status backup_writer_finish(struct backup_writer *writer, const struct store_counts *counts,
                                 const struct mover *mover, struct text *why)
{
    char made_at[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(clock_now_ms(), made_at);
    for (int kind = 0; kind < RECORD_KINDS; kind++)
        if (fflush(writer->files[kind]) || fsync(fileno(writer->files[kind])))
            return fail(writer->folder, names[kind], why);
    if (fsync(writer->folder_fd))
        return fail(writer->folder, MANIFEST, why);
    JSON_CLEANUP json_t *manifest =
        json_pack("{s:s, s:i, s:s, s:s, s:o, s:I, s:I, s:o}", "format", FORMAT, "version", FORMAT_VERSION, "program",
                  CLOUDPHOTOS_VERSION, "made_at", made_at, "files", describe_files(writer), "objects",
                  (json_int_t)atomic_load(&mover->objects), "object_bytes", (json_int_t)atomic_load(&mover->bytes),
                  "executions", describe_counts(counts));
    return write_manifest(writer, manifest, why);
}

/* ---- Reading one ---- */

struct file_cursor {
    struct record_cursor cursor; /* first */
    struct backup_reader *reader;
    enum record_kind kind;
};

struct backup_reader {
    char *folder;
    FILE *files[RECORD_KINDS];
    size_t lines[RECORD_KINDS];
    uint64_t executions[EXECUTION_STATUSES];
    struct file_cursor cursor;
};

static enum status refuse(const char *folder, const char *what, struct text *why)
{
    text_setf(why, "The backup %s can't be restored: %s. Take another one.", folder, what);
    return STATUS_UNPROCESSABLE;
}

static enum status read_line(struct backup_reader *reader, struct record_cursor *cursor, const char *line, size_t size,
                             struct text *why)
{
    JSON_CLEANUP json_t *json = NULL;
    struct id id;
    enum status status = json_parse(line, size, &json, why);
    const char *text = json_string_value(json_object_get(json, "id"));
    json_t *record = json_object_get(json, "record"), *objects = json_object_get(json, "objects");
    if (status || !text || !id_parse(text, strlen(text), &id) || !json_is_object(record) || !json_is_array(objects))
        return refuse(reader->folder, "it has a line that is no record", why);
    record_cursor_add(cursor, &id, json_incref(record), json_incref(objects));
    return STATUS_OK;
}

static enum status fill_from_file(struct record_cursor *cursor, struct text *why)
{
    const struct file_cursor *from = (const struct file_cursor *)cursor;
    FILE *file = from->reader->files[from->kind];
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && cursor->count < MOVED_PAGE && (size = getline(&line, &room, file)) > 0)
        status = read_line(from->reader, cursor, line, (size_t)size, why);
    if (status == STATUS_OK && ferror(file))
        status = fail(from->reader->folder, names[from->kind], why);
    free(line);
    return status;
}

/* Lines and sum of a file, as the manifest has them. */
static enum status check_file(struct backup_reader *reader, enum record_kind kind, const json_t *noted,
                              struct text *why)
{
    char buffer[1 << 14], text[SUM_TEXT_SIZE];
    uint8_t sum[DIGEST_BYTES_MAX];
    struct digest *digest = digest_new(DIGEST_SHA256);
    const char *wanted = json_string_value(json_object_get(noted, "sha256"));
    for (size_t size; (size = fread(buffer, 1, sizeof buffer, reader->files[kind])) > 0;)
        digest_add(digest, buffer, size);
    (void)digest_finish(digest, sum);
    digest_free(digest);
    sum_format(sum, text);
    reader->lines[kind] = (size_t)json_integer_value(json_object_get(noted, "lines"));
    if (ferror(reader->files[kind]))
        return fail(reader->folder, names[kind], why);
    return wanted && strcmp(wanted, text) == 0 ? STATUS_OK
                                               : refuse(reader->folder, "a file was changed after it was made", why);
}

static enum status open_files(struct backup_reader *reader, const json_t *manifest, struct text *why)
{
    const json_t *executions = json_object_get(manifest, "executions");
    enum status status = STATUS_OK;
    for (int kind = 0; kind < RECORD_KINDS && status == STATUS_OK; kind++) {
        TEXT_CLEANUP struct text path = {0};
        text_addf(&path, "%s/%s", reader->folder, names[kind]);
        reader->files[kind] = fopen(text_get(&path), "re");
        status = reader->files[kind] ? check_file(reader, (enum record_kind)kind,
                                                  json_object_get(json_object_get(manifest, "files"), names[kind]), why)
                                     : fail(reader->folder, names[kind], why);
    }
    for (int i = 0; i < EXECUTION_STATUSES; i++)
        reader->executions[i] =
            (uint64_t)json_integer_value(json_object_get(executions, execution_status_name((enum execution_status)i)));
    return status;
}

static enum status read_manifest(const char *folder, json_t **ret_manifest, struct text *why)
{
    TEXT_CLEANUP struct text path = {0};
    text_addf(&path, "%s/" MANIFEST, folder);
    FILE *file = fopen(text_get(&path), "re");
    if (!file && errno == ENOENT)
        return refuse(folder, "it has no " MANIFEST ", which is written last, so it isn't whole or is no backup", why);
    if (!file)
        return fail(folder, MANIFEST, why);
    json_t *manifest = json_loadf(file, JSON_REJECT_DUPLICATES, NULL);
    (void)fclose(file);
    const char *format = json_string_value(json_object_get(manifest, "format"));
    json_int_t version = json_integer_value(json_object_get(manifest, "version"));
    *ret_manifest = manifest;
    if (!format || strcmp(format, FORMAT) != 0)
        return refuse(folder, "its " MANIFEST " is damaged", why);
    if (version == FORMAT_VERSION)
        return STATUS_OK;
    text_setf(why, "The backup %s was made by a newer Cloud Photos. Install that.", folder);
    return STATUS_UNSUPPORTED;
}

enum status backup_reader_new(const char *folder, struct backup_reader **ret_reader, struct text *why)
{
    JSON_CLEANUP json_t *manifest = NULL;
    enum status status = read_manifest(folder, &manifest, why);
    if (status)
        return status;
    struct backup_reader *reader = NEW(struct backup_reader);
    reader->folder = memory_copy_string(folder);
    status = open_files(reader, manifest, why);
    if (status)
        backup_reader_free(reader);
    else
        *ret_reader = reader;
    return status;
}

void backup_reader_free(struct backup_reader *reader)
{
    if (!reader)
        return;
    record_cursor_release(&reader->cursor.cursor);
    for (int kind = 0; kind < RECORD_KINDS; kind++)
        if (reader->files[kind])
            (void)fclose(reader->files[kind]);
    free(reader->folder);
    free(reader);
}

struct record_cursor *backup_reader_cursor(struct backup_reader *reader, enum record_kind kind)
{
    record_cursor_release(&reader->cursor.cursor);
    rewind(reader->files[kind]);
    reader->cursor = (struct file_cursor){.cursor.fill = fill_from_file, .reader = reader, .kind = kind};
    return &reader->cursor.cursor;
}

size_t backup_reader_lines(const struct backup_reader *reader, enum record_kind kind)
{
    return reader->lines[kind];
}

const uint64_t *backup_reader_executions(const struct backup_reader *reader)
{
    return reader->executions;
}
