#include "resumable_file.h"

#include "json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OFFSET_DIGITS = 20, NAME_SIZE = ID_TEXT_SIZE + 8, INFO_MAX = 16 << 10 };

static const char data_suffix[] = ".data", info_suffix[] = ".info", new_suffix[] = ".new";

static void make_name(const struct id *id, const char *suffix, char ret_name[static NAME_SIZE])
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    (void)snprintf(ret_name, NAME_SIZE, "%s%s", text, suffix);
}

static enum status fail(int error, struct text *why)
{
    text_setf(why, "The upload could not be stored: %s.", strerror(error));
    enum status status = status_from_errno(error);
    return status == STATUS_NOT_FOUND || status == STATUS_INTERNAL ? STATUS_UNAVAILABLE : status;
}

enum status resumable_folder_open(const char *path, int *ret_folder, struct text *why)
{
    int folder = mkdir(path, 0700) == 0 || errno == EEXIST ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (folder < 0) {
        text_setf(why, "The folder %s can't be used: %s.", path, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    *ret_folder = folder;
    return STATUS_OK;
}

int64_t resumable_expires_ms(const struct id *id)
{
    int64_t made_ms = 0;
    for (size_t i = 0; i < 6; i++)
        made_ms = made_ms << 8 | id->bytes[i];
    return made_ms + RESUMABLE_LIFE_MS;
}

/* An errno value. */
static int write_new(int folder, const char *name, const struct text *content)
{
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return errno;
    int error = 0;
    for (size_t done = 0; !error && done < content->length;) {
        ssize_t count = write(file, content->data + done, content->length - done);
        if (count >= 0)
            done += (size_t)count;
        else if (errno != EINTR)
            error = errno;
    }
    if (!error && fsync(file) != 0)
        error = errno;
    (void)close(file);
    return error;
}

enum status resumable_files_create(int folder, const struct resumable *resumable, struct text *why)
{
    char data[NAME_SIZE], info[NAME_SIZE], new[NAME_SIZE];
    TEXT_CLEANUP struct text content = {0}, nothing = {0};
    make_name(&resumable->id, data_suffix, data);
    make_name(&resumable->id, info_suffix, info);
    make_name(&resumable->id, new_suffix, new);
    text_addf(&content, "%0*d\n{\"author\":", OFFSET_DIGITS, 0);
    json_add_string_or_null(&content, resumable->author);
    text_addf(&content, ",\"length\":%" PRIu64 ",\"caption\":", resumable->length);
    json_add_string_or_null(&content, resumable->description.caption);
    text_add(&content, ",\"alt_text\":");
    json_add_string_or_null(&content, resumable->description.alt_text);
    text_addc(&content, '}');
    int error = write_new(folder, data, &nothing);
    if (!error)
        error = write_new(folder, new, &content);
    if (!error && (renameat(folder, new, folder, info) != 0 || fsync(folder) != 0))
        error = errno;
    if (!error)
        return STATUS_OK;
    resumable_files_remove(folder, &resumable->id);
    return fail(error, why);
}

static enum status parse_info(const char *content, size_t length, struct arena *arena, struct resumable *resumable,
                              struct text *why)
{
    JSON_CLEANUP json_t *object = NULL;
    if (length <= OFFSET_DIGITS || content[OFFSET_DIGITS] != '\n') {
        text_setf(why, "The upload's record is broken.");
        return STATUS_INTERNAL;
    }
    enum status status = json_parse(content + OFFSET_DIGITS + 1, length - OFFSET_DIGITS - 1, &object, why);
    if (status != STATUS_OK)
        return STATUS_INTERNAL;
    resumable->offset = strtoull(content, NULL, 10);
    resumable->length = (uint64_t)json_integer_value(json_object_get(object, "length"));
    resumable->author = arena_copy_string(arena, json_string_value(json_object_get(object, "author")));
    resumable->description.caption = arena_copy_string(arena, json_string_value(json_object_get(object, "caption")));
    resumable->description.alt_text = arena_copy_string(arena, json_string_value(json_object_get(object, "alt_text")));
    return resumable->author ? STATUS_OK : STATUS_INTERNAL;
}

enum status resumable_info_read(int folder, const struct id *id, struct arena *arena, struct resumable *ret_resumable,
                                struct text *why)
{
    char name[NAME_SIZE], *content = arena_new(arena, INFO_MAX);
    make_name(id, info_suffix, name);
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return errno == ENOENT ? STATUS_NOT_FOUND : fail(errno, why);
    ssize_t length = read(file, content, INFO_MAX - 1);
    int error = errno;
    (void)close(file);
    if (length < 0)
        return fail(error, why);
    ret_resumable->id = *id;
    return parse_info(content, (size_t)length, arena, ret_resumable, why);
}

enum status resumable_offset_write(int folder, const struct id *id, uint64_t offset, struct text *why)
{
    char name[NAME_SIZE], digits[OFFSET_DIGITS + 1];
    make_name(id, info_suffix, name);
    (void)snprintf(digits, sizeof digits, "%0*" PRIu64, OFFSET_DIGITS, offset);
    int file = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    bool written = file >= 0 && pwrite(file, digits, OFFSET_DIGITS, 0) == OFFSET_DIGITS && fdatasync(file) == 0;
    int error = errno;
    if (file >= 0)
        (void)close(file);
    return written ? STATUS_OK : fail(error, why);
}

int resumable_data_open(int folder, const struct id *id)
{
    char name[NAME_SIZE];
    make_name(id, data_suffix, name);
    return openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
}

static void remove_file(int folder, const struct id *id, const char *suffix)
{
    char name[NAME_SIZE];
    make_name(id, suffix, name);
    (void)unlinkat(folder, name, 0);
}

void resumable_data_remove(int folder, const struct id *id)
{
    remove_file(folder, id, data_suffix);
}

void resumable_files_remove(int folder, const struct id *id)
{
    remove_file(folder, id, info_suffix);
    remove_file(folder, id, data_suffix);
    remove_file(folder, id, new_suffix);
    (void)fsync(folder);
}

/* Of files that end so; NULL: of all. */
static void each(int folder, const char *suffix, void (*row)(void *context, const struct id *id), void *context)
{
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again >= 0 ? fdopendir(again) : NULL;
    struct id id;
    if (!entries)
        return;
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (strlen(entry->d_name) >= ID_TEXT_SIZE && entry->d_name[ID_TEXT_SIZE - 1] == '.'
            && (!suffix || strcmp(entry->d_name + ID_TEXT_SIZE - 1, suffix) == 0)
            && id_parse(entry->d_name, ID_TEXT_SIZE - 1, &id))
            row(context, &id);
    (void)closedir(entries);
}

void resumable_files_each(int folder, void (*row)(void *context, const struct id *id), void *context)
{
    each(folder, NULL, row, context);
}

void resumable_data_each(int folder, void (*row)(void *context, const struct id *id), void *context)
{
    each(folder, data_suffix, row, context);
}
