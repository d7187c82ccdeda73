/* Objects that grow where a part is whole or isn't there, as on S3. What is written waits in a temporary file. Saving
 * sends parts while there are bytes enough for one, and the rest, which is too small for a part, as an object beside
 * the one to be, under a new name. So an object smaller than a part is never in parts, and nothing is overwritten that
 * an older state names. A state is lines of text:
 *
 *     upload ID            what blob_parts_begin named; missing while there are no parts
 *     next NUMBER          of the next part
 *     part NUMBER SIZE TAG
 *     rest KEY SIZE
 *
 * Who goes on while another may still write puts its parts under numbers that the other will not reach. */
#include "appender.h"
#include "blob_ops.h"
#include "blob_spool.h"
#include "id.h"
#include "memory.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PART_BYTES = 16 << 20, NUMBERS_APART = 100, COPY_BYTES = 256 << 10, LINE_BYTES = 400 };

struct progress {
    char upload[BLOB_PARTS_ID_MAX + 1]; /* "": there are no parts */
    unsigned next;
    struct blob_part *parts;
    size_t count;
    char rest[BLOB_KEY_MAX + 1]; /* "": there is none */
    uint64_t rest_size;
};

struct parted_growing {
    struct blob_growing growing; /* with the temporary file */
    struct appender *appender;
    enum bucket bucket;
    char key[BLOB_KEY_MAX + 1];
    struct progress progress;
    uint64_t sent, end; /* of the temporary file: what became parts, what was written */
};

/* ---- The state ---- */

static void add_part(struct progress *progress, const struct blob_part *part)
{
    progress->parts = memory_resize(progress->parts, (progress->count + 1) * sizeof *part);
    progress->parts[progress->count++] = *part;
}

static void format(const struct progress *progress, struct text *ret_state)
{
    text_setf(ret_state, "next %u\n", progress->next);
    if (progress->upload[0])
        text_addf(ret_state, "upload %s\n", progress->upload);
    for (size_t i = 0; i < progress->count; i++)
        text_addf(ret_state, "part %u %" PRIu64 " %s\n", progress->parts[i].number, progress->parts[i].size,
                  progress->parts[i].tag);
    if (progress->rest[0])
        text_addf(ret_state, "rest %s %" PRIu64 "\n", progress->rest, progress->rest_size);
}

/* Each of these takes what it names off the front of *line. */
static bool take_word(const char **line, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*line, word, length) != 0)
        return false;
    *line += length;
    return true;
}

static bool take_number(const char **line, uint64_t *ret_number)
{
    char *end;
    if (**line < '0' || **line > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(*line, &end, 10);
    *line = end;
    return errno == 0;
}

static bool take_string(const char **line, const char *ends, char *ret_string, size_t size)
{
    size_t length = strcspn(*line, ends);
    if (length == 0 || length >= size)
        return false;
    memcpy(ret_string, *line, length);
    ret_string[length] = '\0';
    *line += length;
    return true;
}

static bool read_part(struct progress *progress, const char **line)
{
    struct blob_part part = {0};
    uint64_t number;
    if (!take_number(line, &number) || number > BLOB_PARTS_MAX || !take_word(line, " ")
        || !take_number(line, &part.size) || !take_word(line, " ") || !take_string(line, "", part.tag, sizeof part.tag))
        return false;
    part.number = (unsigned)number;
    add_part(progress, &part);
    return true;
}

static bool read_line(struct progress *progress, const char *line)
{
    uint64_t next;
    bool is_read = false;
    if (take_word(&line, "next ")) {
        is_read = take_number(&line, &next) && next <= UINT_MAX;
        progress->next = is_read ? (unsigned)next : 0;
    } else if (take_word(&line, "upload ")) {
        is_read = take_string(&line, "", progress->upload, sizeof progress->upload);
    } else if (take_word(&line, "part ")) {
        is_read = read_part(progress, &line);
    } else if (take_word(&line, "rest ")) {
        is_read = take_string(&line, " ", progress->rest, sizeof progress->rest) && take_word(&line, " ")
                  && take_number(&line, &progress->rest_size);
    }
    return is_read && *line == '\0';
}

static void progress_release(struct progress *progress)
{
    free(progress->parts);
    progress->parts = NULL;
}

/* NOT_FOUND unless it is a state of ours. */
static enum status parse(const char *key, const char *state, struct progress *ret_progress, struct text *why)
{
    *ret_progress = (struct progress){0};
    while (*state) {
        size_t length = strcspn(state, "\n");
        char line[LINE_BYTES];
        if (length >= sizeof line || state[length] != '\n')
            break;
        memcpy(line, state, length);
        line[length] = '\0';
        if (!read_line(ret_progress, line))
            break;
        state += length + 1;
    }
    if (!*state && ret_progress->next)
        return STATUS_OK;
    progress_release(ret_progress);
    return blob_growing_gone(key, why);
}

static uint64_t count_bytes(const struct progress *progress)
{
    uint64_t sum = progress->rest_size;
    for (size_t i = 0; i < progress->count; i++)
        sum += progress->parts[i].size;
    return sum;
}

/* ---- Beginning, going on ---- */

/* One that has come as far as the state says, which must be to `size` bytes, with an empty temporary file. */
static enum status new_growing(struct blob *blob, enum bucket bucket, const char *key, const char *state, uint64_t size,
                               struct parted_growing **ret_growing, struct text *why)
{
    struct progress progress;
    int fd = -1;
    enum status status = parse(key, state, &progress, why);
    if (status != STATUS_OK)
        return status;
    status = count_bytes(&progress) == size ? blob_spool_new(&fd, why) : blob_growing_gone(key, why);
    if (status != STATUS_OK) {
        progress_release(&progress);
        return status;
    }
    struct parted_growing *growing = NEW(struct parted_growing);
    *growing = (struct parted_growing){.growing = {.blob = blob, .fd = fd}, .bucket = bucket, .progress = progress};
    memcpy(growing->key, key, strlen(key) + 1);
    growing->appender = appender_new(fd, 0);
    *ret_growing = growing;
    return STATUS_OK;
}

static void growing_close(struct blob_growing *growing)
{
    struct parted_growing *parted = (struct parted_growing *)growing;
    appender_free(parted->appender);
    (void)close(growing->fd);
    progress_release(&parted->progress);
    free(parted);
}

static enum status growing_write(struct blob_growing *growing, const void *bytes, size_t size, struct text *why)
{
    struct parted_growing *parted = (struct parted_growing *)growing;
    if (appender_add(parted->appender, bytes, size)) {
        parted->end += size;
        return STATUS_OK;
    }
    return blob_spool_fail(errno, why);
}

static void growing_begin(struct text *ret_state)
{
    const struct progress progress = {.next = 1};
    format(&progress, ret_state);
}

/* Into the temporary file. */
static enum status fetch_rest(struct parted_growing *parted, struct text *why)
{
    struct blob_object object;
    if (!parted->progress.rest[0])
        return STATUS_OK;
    enum status status = blob_get(parted->growing.blob, parted->bucket, parted->progress.rest, &object, why);
    if (status != STATUS_OK)
        return status;
    char *bytes = memory_new(COPY_BYTES);
    size_t count = 0;
    for (uint64_t at = 0; status == STATUS_OK && at < object.size; at += count) {
        status = blob_object_read(&object, at, bytes, COPY_BYTES, &count, why);
        if (status == STATUS_OK)
            status = growing_write(&parted->growing, bytes, count, why);
    }
    free(bytes);
    if (status == STATUS_OK && object.size != parted->progress.rest_size)
        status = blob_growing_gone(parted->key, why);
    blob_object_release(&object);
    return status;
}

static enum status growing_open(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                uint64_t size, bool is_contested, struct blob_growing **ret_growing, struct text *why)
{
    struct parted_growing *parted;
    enum status status = new_growing(blob, bucket, key, state, size, &parted, why);
    if (status != STATUS_OK)
        return status;
    parted->progress.next += is_contested ? NUMBERS_APART : 0;
    status = fetch_rest(parted, why);
    if (status == STATUS_OK)
        *ret_growing = &parted->growing;
    else
        growing_close(&parted->growing);
    return status;
}

/* ---- Saving ---- */

static enum status begin_parts(struct parted_growing *parted, struct text *why)
{
    TEXT_CLEANUP struct text id = {0};
    if (parted->progress.upload[0])
        return STATUS_OK;
    enum status status = blob_parts_begin(parted->growing.blob, parted->bucket, parted->key, &id, why);
    if (status == STATUS_OK)
        (void)snprintf(parted->progress.upload, sizeof parted->progress.upload, "%s", text_get(&id));
    return status;
}

static enum status send_part(struct parted_growing *parted, uint64_t size, struct text *why)
{
    struct progress *progress = &parted->progress;
    struct blob_part part;
    enum status status = begin_parts(parted, why);
    if (status == STATUS_OK)
        status = blob_parts_put(parted->growing.blob, parted->bucket, parted->key, progress->upload, progress->next,
                                parted->growing.fd, parted->sent, size, &part, why);
    if (status != STATUS_OK)
        return status;
    add_part(progress, &part);
    progress->next++;
    parted->sent += size;
    return STATUS_OK;
}

static enum status send_rest(struct parted_growing *parted, struct text *why)
{
    struct progress *progress = &parted->progress;
    struct id id = id_new();
    char text[ID_TEXT_SIZE], name[BLOB_KEY_MAX + sizeof BLOB_REST_MARK + ID_TEXT_SIZE];
    progress->rest_size = parted->end - parted->sent;
    progress->rest[0] = '\0';
    if (progress->rest_size == 0)
        return STATUS_OK;
    id_format(&id, text);
    (void)snprintf(name, sizeof name, "%s" BLOB_REST_MARK "%s", parted->key, text);
    enum status status = blob_put(parted->growing.blob, parted->bucket, name, parted->growing.fd, parted->sent,
                                  progress->rest_size, why);
    if (status == STATUS_OK)
        memcpy(progress->rest, name, strlen(name) + 1);
    return status;
}

static enum status growing_save(struct blob_growing *growing, struct text *ret_state, struct text *why)
{
    struct parted_growing *parted = (struct parted_growing *)growing;
    enum status status = STATUS_OK;
    if (!appender_flush(parted->appender))
        return blob_spool_fail(errno, why);
    for (uint64_t left; status == STATUS_OK && (left = parted->end - parted->sent) >= BLOB_PART_BYTES_MIN;)
        status = send_part(parted, left >= PART_BYTES + BLOB_PART_BYTES_MIN ? PART_BYTES : left, why);
    if (status == STATUS_OK)
        status = send_rest(parted, why);
    if (status == STATUS_OK)
        format(&parted->progress, ret_state);
    return status;
}

/* ---- The end ---- */

static enum status put_together(struct parted_growing *parted, struct text *why)
{
    struct progress *progress = &parted->progress;
    struct blob *blob = parted->growing.blob;
    if (!progress->upload[0] && !progress->rest[0]) /* it has no bytes */
        return blob_put(blob, parted->bucket, parted->key, parted->growing.fd, 0, 0, why);
    if (!progress->upload[0])
        return blob_copy(blob, parted->bucket, progress->rest, parted->bucket, parted->key, why);
    enum status status = STATUS_OK;
    if (progress->rest[0]) {
        status = fetch_rest(parted, why);
        if (status == STATUS_OK && !appender_flush(parted->appender))
            status = blob_spool_fail(errno, why);
        if (status == STATUS_OK)
            status = send_part(parted, progress->rest_size, why);
    }
    return status ? status
                  : blob_parts_complete(blob, parted->bucket, parted->key, progress->upload, progress->parts,
                                        progress->count, why);
}

/* It may have been done before. */
static enum status check_object(struct blob *blob, enum bucket bucket, const char *key, uint64_t size, struct text *why)
{
    struct blob_object object;
    enum status status = blob_get(blob, bucket, key, &object, why);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? blob_growing_gone(key, why) : status;
    if (object.size != size)
        status = blob_growing_gone(key, why);
    blob_object_release(&object);
    return status;
}

static enum status growing_complete(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                    uint64_t size, struct text *why)
{
    struct parted_growing *parted;
    enum status status = new_growing(blob, bucket, key, state, size, &parted, why);
    if (status != STATUS_OK)
        return status;
    status = put_together(parted, why);
    if (status == STATUS_NOT_FOUND)
        status = check_object(blob, bucket, key, size, why);
    if (status == STATUS_OK && parted->progress.rest[0])
        (void)blob_delete(blob, bucket, parted->progress.rest, NULL);
    growing_close(&parted->growing);
    return status;
}

static void growing_forget(struct blob *blob, enum bucket bucket, const char *key, const char *former,
                           const char *state)
{
    struct progress before, after;
    if (parse(key, former, &before, NULL) != STATUS_OK)
        return;
    if (parse(key, state, &after, NULL) == STATUS_OK) {
        if (before.rest[0] && strcmp(before.rest, after.rest) != 0)
            (void)blob_delete(blob, bucket, before.rest, NULL);
        progress_release(&after);
    }
    progress_release(&before);
}

static enum status growing_remove(struct blob *blob, enum bucket bucket, const char *key, const char *state,
                                  struct text *why)
{
    struct progress progress;
    if (parse(key, state, &progress, NULL) != STATUS_OK)
        return STATUS_OK;
    enum status status = progress.upload[0] ? blob_parts_abort(blob, bucket, key, progress.upload, why) : STATUS_OK;
    if (status == STATUS_OK && progress.rest[0])
        status = blob_delete(blob, bucket, progress.rest, why);
    progress_release(&progress);
    return status;
}

const struct blob_growing_ops blob_growing_parts = {
    .begin = growing_begin,
    .open = growing_open,
    .write = growing_write,
    .save = growing_save,
    .close = growing_close,
    .complete = growing_complete,
    .forget = growing_forget,
    .remove = growing_remove,
};
