/* One photo: all that is known of it, and deleting it. */
#include "api_private.h"
#include "clock.h"
#include "json.h"

#include <inttypes.h>

static void add_rendition(struct text *out, const char *name, const struct rendition *rendition, const char *root,
                          const char *key)
{
    text_addf(out, ",\"%s\":", name);
    if (rendition->width == 0) {
        text_add(out, "null");
        return;
    }
    text_addf(out, "{\"width\":%u,\"height\":%u,\"bytes\":%" PRIu64, rendition->width, rendition->height,
              rendition->bytes);
    if (key)
        text_addf(out, ",\"url\":\"%s/%s\"", root, key);
    text_addc(out, '}');
}

static void add_photo(struct text *out, const struct photo *photo, const char *stage, const struct api *api)
{
    const char *photos = images_root(api, BUCKET_PHOTOS), *thumbnails = images_root(api, BUCKET_THUMBNAILS);
    static const struct rendition none = {0};
    char updated[CLOCK_ISO8601_SIZE], large[OBJECT_KEY_SIZE], medium[OBJECT_KEY_SIZE], thumbnail[OBJECT_KEY_SIZE];
    clock_format_iso8601(photo->updated_ms, updated);
    photos_large_key(&photo->id, large);
    photos_medium_key(&photo->id, medium);
    photos_thumbnail_key(&photo->id, thumbnail);
    text_addc(out, '{');
    api_add_photo_fields(out, photo);
    reason_add_json(out, photo->error_message);
    text_addf(out, ",\"updated\":\"%s\",\"stage\":", updated);
    json_add_string_or_null(out, stage);
    api_add_photo_description(out, photo);
    text_add(out, ",\"format\":");
    json_add_string_or_null(out, photo->format);
    text_addf(out, ",\"frames\":%u,\"labels\":%s", photo->frames, photo->labels ? photo->labels : "null");
    add_rendition(out, "original", &photo->original, NULL, NULL);
    bool is_public = photo->state == PHOTO_SUCCESS; /* one that was withdrawn has images too, but not for everybody */
    add_rendition(out, "large", is_public ? &photo->large : &none, photos, large);
    add_rendition(out, "medium", is_public ? &photo->medium : &none, thumbnails, medium);
    add_rendition(out, "thumbnail", is_public ? &photo->thumbnail : &none, thumbnails, thumbnail);
    text_addc(out, '}');
}

enum status api_add_photo(struct api *api, const struct id *id, struct arena *arena, struct photo *ret_photo,
                          struct text *out, struct text *why)
{
    const char *stage = NULL;
    enum status status = photos_get(api->settings.photos, id, arena, ret_photo, &stage, why);
    if (status == STATUS_OK)
        add_photo(out, ret_photo, stage, api);
    return status;
}

void api_answer_photo(struct http_request *request, const struct id *id)
{
    TEXT_CLEANUP struct text why = {0}, body = {0};
    struct photo photo;
    enum status status = api_add_photo(http_context(request), id, http_arena(request), &photo, &body, &why);
    if (status == STATUS_OK)
        http_answer_text(request, 200, "application/json", &body);
    else
        api_answer_status(request, status, &why);
}

static void show_photo(struct http_request *request)
{
    struct id id;
    if (api_read_id(request, http_parameter(request, "id"), &id))
        api_answer_photo(request, &id);
}

static void delete_photo(struct http_request *request)
{
    struct api *api = http_context(request);
    struct id id;
    TEXT_CLEANUP struct text why = {0};
    if (!api_read_id(request, http_parameter(request, "id"), &id))
        return;
    enum status status = photos_delete(api->settings.photos, &id, api_caller(request)->name, &why);
    if (status == STATUS_OK)
        http_answer(request, 204, NULL, NULL, 0);
    else
        api_answer_status(request, status, &why);
}

const struct http_route photo_routes[] = {
    {.method = "GET", .pattern = "/photos/{id}", .run = HTTP_READ, .handle = show_photo},
    {.method = "DELETE",
     .pattern = "/photos/{id}",
     .run = HTTP_POOL,
     .needs_caller = HTTP_CALLER_REQUIRED,
     .handle = delete_photo},
    {0},
};
