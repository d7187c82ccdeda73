/* Uploading a photo, and asking what became of it. */
#include "api_private.h"
#include "json.h"
#include "multipart.h"
#include "upload.h"

#include "clock.h"

#include <string.h>

struct incoming {
    struct photos *photos;
    const char *author, *idempotency_key;
    struct multipart *multipart;
    struct upload *upload; /* NULL before the part `photo`, and once finished */
    bool is_in_photo, has_photo;
    struct text *field; /* of the words, that the running part is; else NULL */
    struct text caption, alt_text;
    const struct photo *existing; /* this key was used before: the body is read and dropped */
};

void api_add_photo_fields(struct text *out, const struct photo *photo)
{
    char id[ID_TEXT_SIZE], time[CLOCK_ISO8601_SIZE];
    id_format(&photo->id, id);
    clock_format_iso8601(photo->created_ms, time);
    text_addf(out, "\"photo_id\":\"%s\",\"status\":\"%s\",\"timestamp\":\"%s\",\"author_username\":", id,
              photo_state_name(photo->state), time);
    json_add_string_or_null(out, photo->author);
    text_add(out, ",\"error_message\":");
    json_add_string_or_null(out, photo->error_message);
}

static void answer_photo(struct http_request *request, const struct photo *photo)
{
    struct text body = {0};
    text_addc(&body, '{');
    api_add_photo_fields(&body, photo);
    text_addc(&body, '}');
    http_answer_text(request, 200, "application/json", &body);
}

static enum status begin_part(void *context, const char *name, const char *filename, struct text *why)
{
    struct incoming *incoming = context;
    incoming->is_in_photo = strcmp(name, "photo") == 0 && filename && *filename;
    incoming->field = filename                        ? NULL
                      : strcmp(name, "caption") == 0  ? &incoming->caption
                      : strcmp(name, "alt_text") == 0 ? &incoming->alt_text
                                                      : NULL;
    if (incoming->field && incoming->field->length) {
        text_setf(why, "The form has the field \"%s\" twice.", name);
        return STATUS_INVALID;
    }
    if (!incoming->is_in_photo || incoming->existing)
        return STATUS_OK;
    if (incoming->has_photo) {
        text_setf(why, "The form has more than one file \"photo\"; one photo a request is allowed.");
        return STATUS_INVALID;
    }
    incoming->has_photo = true;
    return upload_begin(incoming->photos, incoming->author, incoming->idempotency_key, &incoming->upload, why);
}

static enum status take_words(struct text *field, const char *data, size_t size, struct text *why)
{
    if (field->length + size > WORDS_BYTES_MAX || memchr(data, '\0', size)) {
        text_setf(why, "A caption has at most %d characters, an alternative text %d, and none of them is a NUL.",
                  CAPTION_MAX, ALT_TEXT_MAX);
        return STATUS_INVALID;
    }
    text_append(field, data, size);
    return STATUS_OK;
}

static enum status take_data(void *context, const char *data, size_t size, struct text *why)
{
    struct incoming *incoming = context;
    if (incoming->field)
        return take_words(incoming->field, data, size, why);
    return incoming->is_in_photo && incoming->upload ? upload_write(incoming->upload, data, size, why) : STATUS_OK;
}

static enum status end_part(void *context, struct text *why)
{
    struct incoming *incoming = context;
    struct photo_words words = {text_get(&incoming->caption), text_get(&incoming->alt_text)};
    bool is_field = incoming->field != NULL;
    incoming->is_in_photo = false;
    incoming->field = NULL;
    return is_field ? photos_check_words(&words, why) : STATUS_OK;
}

static const struct multipart_events events = {.part = begin_part, .data = take_data, .part_end = end_part};

static const struct photo *find_existing(struct incoming *incoming, struct arena *arena)
{
    struct photo *photo = arena_new(arena, sizeof *photo);
    if (!incoming->idempotency_key)
        return NULL;
    enum status status = store_photo_find_key(photos_store(incoming->photos), incoming->author,
                                              incoming->idempotency_key, arena, photo, NULL);
    return status == STATUS_OK ? photo : NULL;
}

static enum status begin_incoming(struct http_request *request, struct incoming *incoming, struct text *why)
{
    incoming->author = http_header(request, "Authorization");
    incoming->idempotency_key = http_header(request, "Idempotency-Key");
    if (!incoming->author) {
        text_setf(why, "Say who you are: the header Authorization carries your user name.");
        return STATUS_UNAUTHENTICATED;
    }
    enum status status = photos_check_name(incoming->author, why);
    if (status != STATUS_OK)
        return status;
    incoming->existing = find_existing(incoming, http_arena(request));
    const char *content_type = http_header(request, "Content-Type");
    return multipart_open(content_type ? content_type : "", &events, incoming, &incoming->multipart, why);
}

static void begin_upload(struct http_request *request)
{
    struct api *api = http_context(request);
    struct incoming *incoming = arena_new(http_arena(request), sizeof *incoming);
    TEXT_CLEANUP struct text why = {0};
    incoming->photos = api->settings.photos;
    http_set_data(request, incoming);
    enum status status = begin_incoming(request, incoming, &why);
    if (status != STATUS_OK)
        api_answer_status(request, status, &why);
}

static void take_body(struct http_request *request, const char *data, size_t size)
{
    struct incoming *incoming = http_data(request);
    TEXT_CLEANUP struct text why = {0};
    enum status status = multipart_feed(incoming->multipart, data, size, &why);
    if (status != STATUS_OK)
        api_answer_status(request, status, &why);
}

static void finish_upload(struct http_request *request)
{
    struct incoming *incoming = http_data(request);
    TEXT_CLEANUP struct text why = {0};
    struct photo photo;
    enum status status = multipart_finish(incoming->multipart, &why);
    if (status == STATUS_OK && incoming->existing) {
        answer_photo(request, incoming->existing);
        return;
    }
    if (status == STATUS_OK && !incoming->has_photo) {
        text_setf(&why, "The form has no file \"photo\": send multipart/form-data with a file of that name.");
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK) {
        struct photo_words words = {text_get(&incoming->caption), text_get(&incoming->alt_text)};
        status = upload_finish(incoming->upload, &words, http_arena(request), &photo, &why);
        incoming->upload = NULL;
    }
    if (status == STATUS_OK)
        answer_photo(request, &photo);
    else
        api_answer_status(request, status, &why);
}

static void end_upload(struct http_request *request)
{
    struct incoming *incoming = http_data(request);
    if (!incoming)
        return;
    upload_abort(incoming->upload);
    multipart_close(incoming->multipart);
    text_release(&incoming->caption);
    text_release(&incoming->alt_text);
}

static void show_status(struct http_request *request)
{
    struct api *api = http_context(request);
    struct id id;
    struct photo photo;
    TEXT_CLEANUP struct text why = {0};
    if (!api_read_id(request, http_parameter(request, "id"), &id))
        return;
    enum status status = store_photo_get(photos_store(api->settings.photos), &id, http_arena(request), &photo, &why);
    if (status == STATUS_OK)
        answer_photo(request, &photo);
    else
        api_answer_status(request, status, &why);
}

const struct http_route uploads_routes[] = {
    {.method = "POST",
     .pattern = "/photos",
     .run = HTTP_POOL,
     .begin = begin_upload,
     .body = take_body,
     .handle = finish_upload,
     .end = end_upload},
    {.method = "GET", .pattern = "/uploadStatus/{id}", .run = HTTP_INLINE, .handle = show_status},
    {0},
};
