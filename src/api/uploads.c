/* Uploading a photo, and asking what became of it. */
#include "api_private.h"
#include "json.h"
#include "multipart.h"
#include "presigned.h"
#include "reasons.h"
#include "upload.h"

#include "clock.h"

#include <string.h>

struct incoming {
    struct uploads *uploads;
    const char *author, *idempotency_key;
    struct multipart *multipart;
    struct upload *upload;          /* NULL before the part `photo`, and once finished */
    bool is_in_photo, has_begun;    /* within the running part: its upload */
    bool has_photo_part, has_photo; /* so far; a part may be empty */
    struct text *field;             /* of the words, that the running part is; else NULL */
    struct text caption, alt_text;
    struct text key;                      /* of an upload that went straight to the bucket */
    struct photo_description description; /* made of these two */
    struct arena *arena;                  /* the request's */
    const struct photo *existing;         /* this key was used before: the body is read and dropped */
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

static enum status begin_photo(struct incoming *incoming, struct text *why)
{
    if (incoming->has_photo) {
        reason_set(why, REASON_FORM_PHOTO_TWICE);
        return STATUS_INVALID;
    }
    incoming->has_photo = incoming->has_begun = true;
    return upload_begin(incoming->uploads, incoming->author, incoming->idempotency_key, &incoming->upload, why);
}

/* The name of a part tells what it is: clients send photos without a file name, and words as files. A form in which
 * nothing was chosen has a photo without name and bytes (html.spec.whatwg.org, 4.10.22.4): so one without a name begins
 * with its first byte. */
static enum status begin_part(void *context, const char *name, const char *filename, struct text *why)
{
    struct incoming *incoming = context;
    incoming->is_in_photo = strcmp(name, "photo") == 0;
    incoming->field = strcmp(name, "caption") == 0    ? &incoming->caption
                      : strcmp(name, "alt_text") == 0 ? &incoming->alt_text
                      : strcmp(name, "key") == 0      ? &incoming->key
                                                      : NULL;
    if (incoming->field && incoming->field->length) {
        reason_set(why, REASON_FORM_FIELD_TWICE, name);
        return STATUS_INVALID;
    }
    incoming->has_begun = false;
    incoming->has_photo_part |= incoming->is_in_photo;
    bool begins = incoming->is_in_photo && !incoming->existing && filename && *filename;
    return begins ? begin_photo(incoming, why) : STATUS_OK;
}

static enum status take_words(struct incoming *incoming, const char *data, size_t size, struct text *why)
{
    bool is_caption = incoming->field == &incoming->caption;
    if (incoming->field == &incoming->key) {
        if (incoming->key.length + size
            < PRESIGNED_KEY_SIZE) /* a longer one is none of ours, and the rest tells that, too */
            text_append(&incoming->key, data, size);
        return STATUS_OK;
    }
    if (memchr(data, '\0', size)) {
        reason_set(why, is_caption ? REASON_CAPTION_CONTROL : REASON_ALT_TEXT_CONTROL, "U+0000");
        return STATUS_INVALID;
    }
    if (incoming->field->length + size > DESCRIPTION_BYTES_MAX) {
        char limit[REASON_NUMBER_SIZE];
        reason_set(why, REASON_WORDS_TOO_LARGE, reason_bytes_limit(limit, DESCRIPTION_BYTES_MAX));
        return STATUS_INVALID;
    }
    text_append(incoming->field, data, size);
    return STATUS_OK;
}

static enum status take_photo(struct incoming *incoming, const char *data, size_t size, struct text *why)
{
    if (incoming->existing)
        return STATUS_OK;
    enum status status = incoming->has_begun ? STATUS_OK : begin_photo(incoming, why);
    return status ? status : upload_write(incoming->upload, data, size, why);
}

static enum status take_data(void *context, const char *data, size_t size, struct text *why)
{
    struct incoming *incoming = context;
    if (incoming->field)
        return take_words(incoming, data, size, why);
    return incoming->is_in_photo ? take_photo(incoming, data, size, why) : STATUS_OK;
}

static enum status end_part(void *context, struct text *why)
{
    struct incoming *incoming = context;
    bool is_field = incoming->field != NULL && incoming->field != &incoming->key;
    incoming->is_in_photo = false;
    incoming->field = NULL;
    if (!is_field)
        return STATUS_OK;
    incoming->description = (struct photo_description){text_get(&incoming->caption), text_get(&incoming->alt_text)};
    return photos_clean_description(&incoming->description, incoming->arena, why);
}

static const struct multipart_events events = {.part = begin_part, .data = take_data, .part_end = end_part};

static const struct photo *find_existing(struct incoming *incoming)
{
    struct photo *photo = arena_new(incoming->arena, sizeof *photo);
    if (!incoming->idempotency_key)
        return NULL;
    enum status status =
        upload_find(incoming->uploads, incoming->author, incoming->idempotency_key, incoming->arena, photo, NULL);
    return status == STATUS_OK ? photo : NULL;
}

/* What is wrong with a form's bytes is for programmers, within a sentence for its sender. */
static void answer_refusal(struct http_request *request, enum status status, const struct text *why)
{
    TEXT_CLEANUP struct text sentence = {0};
    struct reason_found found;
    bool is_for_programmers = status == STATUS_INVALID && !reason_find(text_get(why), &found);
    if (is_for_programmers)
        reason_set(&sentence, REASON_FORM_MALFORMED, text_get(why));
    api_answer_status(request, status, is_for_programmers ? &sentence : why);
}

static void begin_upload(struct http_request *request)
{
    struct api *api = http_context(request);
    struct incoming *incoming = arena_new(http_arena(request), sizeof *incoming);
    TEXT_CLEANUP struct text why = {0};
    http_set_data(request, incoming);
    incoming->uploads = api->settings.uploads;
    incoming->arena = http_arena(request);
    incoming->idempotency_key = http_header(request, "Idempotency-Key");
    incoming->author = api_caller(request)->name;
    incoming->existing = find_existing(incoming);
    enum status status =
        incoming->existing ? STATUS_OK : upload_check_pending(incoming->uploads, incoming->author, &why);
    if (status == STATUS_OK)
        status = multipart_open(http_header(request, "Content-Type"), &events, incoming, &incoming->multipart, &why);
    if (status != STATUS_OK)
        answer_refusal(request, status, &why);
}

static void take_body(struct http_request *request, const char *data, size_t size)
{
    struct incoming *incoming = http_data(request);
    TEXT_CLEANUP struct text why = {0};
    enum status status = multipart_feed(incoming->multipart, data, size, &why);
    if (status != STATUS_OK)
        answer_refusal(request, status, &why);
}

/* In the form, or in the bucket already; not both. */
static enum status make_photo(struct incoming *incoming, struct photo *ret_photo, struct text *why)
{
    bool has_key = incoming->key.length > 0;
    if (incoming->has_photo == has_key) {
        reason_set(why, has_key                    ? REASON_FORM_PHOTO_TWICE
                        : incoming->has_photo_part ? REASON_FORM_PHOTO_NOT_CHOSEN
                                                   : REASON_FORM_PHOTO_MISSING);
        return STATUS_INVALID;
    }
    if (has_key)
        return presigned_take(uploads_resumables(incoming->uploads), text_get(&incoming->key), incoming->author,
                              &incoming->description, incoming->arena, ret_photo, why);
    struct upload *upload = incoming->upload;
    incoming->upload = NULL;
    return upload_finish(upload, &incoming->description, incoming->arena, ret_photo, why);
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
    if (status == STATUS_OK)
        status = make_photo(incoming, &photo, &why);
    if (status == STATUS_OK)
        answer_photo(request, &photo);
    else
        answer_refusal(request, status, &why);
}

static void end_upload(void *data)
{
    struct incoming *incoming = data;
    if (!incoming)
        return;
    upload_abort(incoming->upload);
    multipart_close(incoming->multipart);
    text_release(&incoming->caption);
    text_release(&incoming->alt_text);
    text_release(&incoming->key);
}

static void show_status(struct http_request *request)
{
    struct api *api = http_context(request);
    struct id id;
    struct photo photo;
    TEXT_CLEANUP struct text why = {0};
    if (!api_read_id(request, http_parameter(request, "id"), &id))
        return;
    enum status status = photos_get(api->settings.photos, &id, http_arena(request), &photo, NULL, &why);
    if (status == STATUS_OK)
        answer_photo(request, &photo);
    else
        api_answer_status(request, status, &why);
}

const struct http_route uploads_routes[] = {
    {.method = "POST",
     .pattern = "/photos",
     .run = HTTP_POOL,
     .needs_caller = HTTP_CALLER_REQUIRED,
     .begin = begin_upload,
     .body = take_body,
     .handle = finish_upload,
     .end = end_upload},
    {.method = "GET", .pattern = "/uploadStatus/{id}", .run = HTTP_READ, .handle = show_status},
    {0},
};
