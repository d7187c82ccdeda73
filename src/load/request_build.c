#include "request_build.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOUNDARY "cloudphotos-9f2c1d7b64e3"
static const char multipart_type[] = "multipart/form-data; boundary=" BOUNDARY;

/* ---- Files ---- */

static enum status fail(const char *path, const char *reason, struct text *why)
{
    text_setf(why, "%s: %s", path, reason);
    return STATUS_INVALID;
}

/* `ret_data` has what the file holds, after `before` bytes that are left free, with room for `after` more. */
static enum status read_whole(const char *path, struct arena *arena, size_t before, size_t after, char **ret_data,
                              size_t *ret_length, struct text *why)
{
    struct stat facts;
    FILE *file = fopen(path, "re");
    if (!file || fstat(fileno(file), &facts) != 0) {
        enum status status = fail(path, strerror(errno), why);
        if (file)
            (void)fclose(file);
        return status;
    }
    if (!S_ISREG(facts.st_mode) || facts.st_size > BODIES_BYTES_MAX) {
        (void)fclose(file);
        return fail(path, "a body comes from a regular file of 512 MiB at most", why);
    }
    char *data = arena_new(arena, before + (size_t)facts.st_size + after + 1);
    size_t length = fread(data + before, 1, (size_t)facts.st_size, file);
    (void)fclose(file);
    if (length != (size_t)facts.st_size)
        return fail(path, "it could not be read whole", why);
    *ret_data = data;
    *ret_length = length;
    return STATUS_OK;
}

enum status bodies_from_file(const char *path, struct arena *arena, struct request_bodies *ret_bodies, struct text *why)
{
    struct request_body *row = arena_new(arena, sizeof *row);
    char *data;
    enum status status = read_whole(path, arena, 0, 0, &data, &row->length, why);
    if (status != STATUS_OK)
        return status;
    row->data = data;
    *ret_bodies = (struct request_bodies){.rows = row, .count = 1};
    return STATUS_OK;
}

/* ---- Photos ---- */

/* The server tells formats by content; the type is for others' servers. */
static const char *type_of(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {{".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"}, {".png", "image/png"},
                 {".webp", "image/webp"}, {".gif", "image/gif"},   {".heic", "image/heic"},
                 {".avif", "image/avif"}, {".tif", "image/tiff"},  {".tiff", "image/tiff"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcasecmp(dot, types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* A quote or line end in a name would end the field early. */
static void add_file_name(struct text *out, const char *name)
{
    for (; *name; name++)
        text_addc(out, *name == '"' || *name == '\\' || (unsigned char)*name < ' ' ? '_' : *name);
}

static enum status read_photo(const char *folder, const char *name, const char *field, struct arena *arena,
                              struct request_body *ret_body, struct text *why)
{
    static const char tail[] = "\r\n--" BOUNDARY "--\r\n";
    TEXT_CLEANUP struct text head = {0};
    char *data;
    size_t length;
    text_addf(&head, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"", field);
    add_file_name(&head, name);
    text_addf(&head, "\"\r\nContent-Type: %s\r\n\r\n", type_of(name));
    enum status status =
        read_whole(arena_printf(arena, "%s/%s", folder, name), arena, head.length, sizeof tail, &data, &length, why);
    if (status != STATUS_OK)
        return status;
    memcpy(data, head.data, head.length);
    memcpy(data + head.length + length, tail, sizeof tail);
    *ret_body = (struct request_body){.data = data, .length = head.length + length + sizeof tail - 1};
    return STATUS_OK;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.'
           && (entry->d_type == DT_REG || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

enum status bodies_from_photos(const char *folder, const char *field, struct arena *arena,
                               struct request_bodies *ret_bodies, struct text *why)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_visible, alphasort);
    if (count < 0)
        return fail(folder, strerror(errno), why);
    enum status status = STATUS_OK;
    int64_t bytes = 0;
    if (count == 0 || count > BODIES_MAX)
        status = fail(folder, count ? "a folder of at most 4096 photos is taken" : "there is no photo in it", why);
    struct request_body *rows = arena_new(arena, ((size_t)count + 1) * sizeof *rows);
    for (int i = 0; i < count; i++) {
        if (status == STATUS_OK)
            status = read_photo(folder, names[i]->d_name, field, arena, &rows[i], why);
        bytes += (int64_t)rows[i].length;
        if (status == STATUS_OK && bytes > BODIES_BYTES_MAX)
            status = fail(folder, "the photos are more than 512 MiB together", why);
        free(names[i]);
    }
    free(names);
    if (status == STATUS_OK)
        *ret_bodies = (struct request_bodies){.rows = rows, .count = (size_t)count, .content_type = multipart_type};
    return status;
}

/* ---- Heads ---- */

static size_t token_length(const char *text)
{
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || (text[length] && strchr("!#$%&'*+-.^_`|~", text[length])))
        length++;
    return length;
}

enum status request_check_form(const struct request_form *form, struct text *why)
{
    if (token_length(form->method) == 0 || form->method[token_length(form->method)]) {
        text_setf(why, "\"%s\" isn't a method; write GET, POST, …", form->method);
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < form->header_count; i++) {
        const char *header = form->headers[i];
        size_t length = token_length(header);
        if (length == 0 || header[length] != ':' || strpbrk(header, "\r\n")) {
            text_setf(why, "\"%s\" isn't a header; write 'Name: value'", header);
            return STATUS_INVALID;
        }
        if (strncasecmp(header, "Content-Length:", 15) == 0 || strncasecmp(header, "Transfer-Encoding:", 18) == 0) {
            text_setf(why, "\"%s\": the length is set from the body", header);
            return STATUS_INVALID;
        }
    }
    return STATUS_OK;
}

static bool has_header(const struct request_form *form, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < form->header_count; i++)
        if (strncasecmp(form->headers[i], name, length) == 0 && form->headers[i][length] == ':')
            return true;
    return false;
}

void request_add_head(const struct request_form *form, const struct load_target *target, const char *path,
                      size_t body_length, struct text *out)
{
    bool is_bare = strcmp(form->method, "GET") == 0 || strcmp(form->method, "HEAD") == 0;
    text_addf(out, "%s %s HTTP/1.1\r\n", form->method, path);
    if (!has_header(form, "Host"))
        text_addf(out, "Host: %s\r\n", target->host);
    if (!has_header(form, "User-Agent"))
        text_addf(out, "User-Agent: cloudphotos/%s\r\n", CLOUDPHOTOS_VERSION);
    if (form->content_type && !has_header(form, "Content-Type"))
        text_addf(out, "Content-Type: %s\r\n", form->content_type);
    if (body_length > 0 || !is_bare)
        text_addf(out, "Content-Length: %zu\r\n", body_length);
    if (form->closes_each)
        text_add(out, "Connection: close\r\n");
    for (size_t i = 0; i < form->header_count; i++)
        text_addf(out, "%s\r\n", form->headers[i]);
    text_add(out, "\r\n");
}

struct request request_build(const struct request_form *form, const struct load_target *target, unsigned place,
                             const struct request_body *body, struct arena *arena)
{
    TEXT_CLEANUP struct text head = {0};
    request_add_head(form, target, target->path, body ? body->length : 0, &head);
    return (struct request){
        .target = target,
        .place = place,
        .head = arena_copy(arena, head.data, head.length),
        .head_length = head.length,
        .body = body ? body->data : NULL,
        .body_length = body ? body->length : 0,
        .is_head = strcmp(form->method, "HEAD") == 0,
    };
}
