/* What an earlier version left: a folder with ID.info (20 digits: how many bytes are durable; then a line of JSON) and,
 * until the photo was made, ID.data (the bytes) of each upload. */
#include "json.h"
#include "memory.h"
#include "resumable_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OFFSET_DIGITS = 20, NAME_SIZE = ID_TEXT_SIZE + 8, INFO_MAX = 16 << 10, COPY_BYTES = 256 << 10 };

static const char data_suffix[] = ".data", info_suffix[] = ".info";

struct earlier {
    struct uploads *uploads;
    int folder;
};

/* -1 when it isn't there. */
static int open_file(const struct earlier *earlier, const struct id *id, const char *suffix)
{
    char text[ID_TEXT_SIZE], name[NAME_SIZE];
    id_format(id, text);
    (void)snprintf(name, sizeof name, "%s%s", text, suffix);
    return openat(earlier->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static void remove_files(const struct earlier *earlier, const struct id *id)
{
    static const char *const suffixes[] = {".data", ".new", ".info"}; /* this one last: it is what is looked for */
    char text[ID_TEXT_SIZE], name[NAME_SIZE];
    id_format(id, text);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", text, suffixes[i]);
        (void)unlinkat(earlier->folder, name, 0);
    }
}

/* An id holds the time of its making. */
static int64_t expires_ms(const struct id *id)
{
    int64_t made_ms = 0;
    for (size_t i = 0; i < 6; i++)
        made_ms = made_ms << 8 | id->bytes[i];
    return made_ms + RESUMABLE_LIFE_MS;
}

/* False: there is none, or it is broken. */
static bool read_info(const struct earlier *earlier, const struct id *id, struct arena *arena,
                      struct session *ret_session)
{
    JSON_CLEANUP json_t *object = NULL;
    char *content = arena_new(arena, INFO_MAX);
    int file = open_file(earlier, id, info_suffix);
    ssize_t length = file < 0 ? -1 : read(file, content, INFO_MAX - 1);
    if (file >= 0)
        (void)close(file);
    if (length <= OFFSET_DIGITS || content[OFFSET_DIGITS] != '\n'
        || json_parse(content + OFFSET_DIGITS + 1, (size_t)length - OFFSET_DIGITS - 1, &object, NULL) != STATUS_OK)
        return false;
    *ret_session = (struct session){
        .id = *id,
        .author = arena_copy_string(arena, json_string_value(json_object_get(object, "author"))),
        .caption = arena_copy_string(arena, json_string_value(json_object_get(object, "caption"))),
        .alt_text = arena_copy_string(arena, json_string_value(json_object_get(object, "alt_text"))),
        .length = (uint64_t)json_integer_value(json_object_get(object, "length")),
        .offset = strtoull(content, NULL, 10),
        .expires_ms = expires_ms(id),
    };
    return ret_session->author && ret_session->offset <= ret_session->length;
}

/* The first bytes of the file, as many as were durable. */
static enum status copy_bytes(int file, uint64_t size, struct blob_growing *growing, struct text *why)
{
    char *buffer = memory_new(COPY_BYTES);
    enum status status = STATUS_OK;
    for (uint64_t at = 0; status == STATUS_OK && at < size;) {
        size_t wanted = size - at < COPY_BYTES ? (size_t)(size - at) : COPY_BYTES;
        ssize_t count = pread(file, buffer, wanted, (off_t)at);
        if (count <= 0) {
            text_setf(why, "An upload of an earlier version can't be read: %s.",
                      count ? strerror(errno) : "its file is too short");
            status = STATUS_UNAVAILABLE;
            break;
        }
        status = blob_growing_write(growing, buffer, (size_t)count, why);
        at += (uint64_t)count;
    }
    free(buffer);
    return status;
}

static enum status add_session(struct uploads *uploads, const struct session *session, struct text *why)
{
    enum session_outcome outcome;
    return store_session_create(uploads->settings.store, session, NULL, &outcome, why);
}

static enum status take_bytes(const struct earlier *earlier, struct session *session, int file, struct arena *arena,
                              struct text *why)
{
    struct blob *blob = earlier->uploads->settings.blob;
    TEXT_CLEANUP struct text state = {0};
    char key[OBJECT_KEY_SIZE];
    struct blob_growing *growing;
    photos_original_key(&session->id, key);
    blob_growing_begin(blob, &state);
    enum status status = blob_growing_open(blob, BUCKET_ORIGINALS, key, text_get(&state), 0, false, &growing, why);
    if (status != STATUS_OK)
        return status;
    status = copy_bytes(file, session->offset, growing, why);
    if (status == STATUS_OK)
        status = blob_growing_save(growing, &state, why);
    blob_growing_close(growing);
    session->bytes = arena_copy_string(arena, text_get(&state));
    if (status == STATUS_OK)
        status = add_session(earlier->uploads, session, why);
    if (status != STATUS_OK)
        (void)blob_growing_remove(blob, BUCKET_ORIGINALS, key, text_get(&state), NULL);
    return status;
}

/* Nothing was promised of what is broken or has expired. */
static enum status take_one(const struct earlier *earlier, const struct id *id, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct session session;
    enum status status = STATUS_OK;
    if (read_info(earlier, id, &arena, &session)
        && session.expires_ms > store_now_ms(earlier->uploads->settings.store)) {
        int file = open_file(earlier, id, data_suffix);
        session.is_finished = file < 0;
        status =
            file < 0 ? add_session(earlier->uploads, &session, why) : take_bytes(earlier, &session, file, &arena, why);
        if (file >= 0)
            (void)close(file);
    }
    if (status != STATUS_OK && status != STATUS_CONFLICT) /* this: it was taken before a crash */
        return status;
    remove_files(earlier, id);
    return STATUS_OK;
}

enum status earlier_uploads_take(struct uploads *uploads, const char *folder, struct text *why)
{
    DIR *entries = opendir(folder);
    if (!entries && errno == ENOENT)
        return STATUS_OK;
    if (!entries) {
        text_setf(why, "The folder %s can't be read: %s.", folder, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    struct earlier earlier = {uploads, dirfd(entries)};
    enum status status = STATUS_OK;
    struct id id;
    for (const struct dirent *entry; status == STATUS_OK && (entry = readdir(entries));)
        if (strlen(entry->d_name) >= ID_TEXT_SIZE && entry->d_name[ID_TEXT_SIZE - 1] == '.'
            && id_parse(entry->d_name, ID_TEXT_SIZE - 1, &id))
            status = take_one(&earlier, &id, why);
    (void)closedir(entries);
    if (status == STATUS_OK)
        (void)rmdir(folder);
    return status;
}
