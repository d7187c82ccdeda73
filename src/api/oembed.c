/* What another site asks to show one of our photos in a page of its own (oembed.com, 2.3: the type "photo"). */
#include "json.h"
#include "page.h"

#include <string.h>

enum { SIDE_MAX = 1 << 20 };

struct embed {
    const char *url;
    uint32_t width, height;
};

/* The photo whose page the address is, on this server; false when it is none. */
static bool read_page_address(struct http_request *request, const char *address, struct id *ret_id)
{
    static const char page[] = "/photo/";
    const char *root = page_root(request), *scheme = strstr(root, "://"), *asked = strstr(address, "://");
    size_t length = scheme ? strlen(scheme) : 0;
    if (!asked || !length || strncmp(asked, scheme, length) != 0 || strncmp(asked + length, page, sizeof page - 1) != 0)
        return false;
    const char *id = asked + length + sizeof page - 1;
    return id_parse(id, strcspn(id, "?#"), ret_id);
}

/* The large image if it fits; else the thumbnail, shown smaller where even that is too large. */
static struct embed choose(struct http_request *request, const struct photo *photo, int64_t width, int64_t height)
{
    char key[OBJECT_KEY_SIZE];
    bool is_large = photo->large.width <= width && photo->large.height <= height;
    const struct rendition *rendition = is_large ? &photo->large : &photo->thumbnail;
    struct embed embed = {.width = rendition->width, .height = rendition->height};
    if (is_large)
        photos_large_key(&photo->id, key);
    else
        photos_thumbnail_key(&photo->id, key);
    embed.url = arena_printf(http_arena(request), "%s/%s",
                             images_absolute_root(request, is_large ? BUCKET_PHOTOS : BUCKET_THUMBNAILS), key);
    double share = 1;
    if (embed.width > width)
        share = (double)width / embed.width;
    if (embed.height * share > (double)height)
        share = (double)height / embed.height;
    embed.width = embed.width * share < 1 ? 1 : (uint32_t)(embed.width * share);
    embed.height = embed.height * share < 1 ? 1 : (uint32_t)(embed.height * share);
    return embed;
}

static void answer_embed(struct http_request *request, const struct photo *photo, const struct embed *embed)
{
    struct text body = {0};
    char thumbnail[OBJECT_KEY_SIZE];
    const char *root = page_root(request);
    photos_thumbnail_key(&photo->id, thumbnail);
    text_add(&body, "{\"version\":\"1.0\",\"type\":\"photo\",\"provider_name\":\"Cloud Photos\",\"provider_url\":");
    json_add_string_or_null(&body, root);
    text_addf(&body, ",\"author_name\":\"%s\",\"author_url\":\"%s/@%s\",\"title\":", photo->author, root,
              photo->author);
    json_add_string_or_null(&body, page_title(request, photo));
    text_addf(&body, ",\"url\":\"%s\",\"width\":%u,\"height\":%u", embed->url, embed->width, embed->height);
    text_addf(&body, ",\"thumbnail_url\":\"%s/%s\",\"thumbnail_width\":%u,\"thumbnail_height\":%u}",
              images_absolute_root(request, BUCKET_THUMBNAILS), thumbnail, photo->thumbnail.width,
              photo->thumbnail.height);
    http_answer_text(request, 200, "application/json", &body);
}

static void embed_photo(struct http_request *request)
{
    struct api *api = http_context(request);
    const char *address = http_query(request, "url"), *format = http_query(request, "format");
    TEXT_CLEANUP struct text why = {0};
    int64_t width, height;
    struct photo photo;
    struct id id;
    if (format && strcmp(format, "json") != 0) {
        http_answer_reason(request, 501, REASON_EMBED_FORMAT);
        return;
    }
    enum status status = http_query_integer(request, "maxwidth", 1, SIDE_MAX, SIDE_MAX, &width, &why);
    if (status == STATUS_OK)
        status = http_query_integer(request, "maxheight", 1, SIDE_MAX, SIDE_MAX, &height, &why);
    if (status == STATUS_OK && !address) {
        reason_set(&why, REASON_EMBED_PAGE_MISSING);
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK)
        status = read_page_address(request, address, &id)
                     ? photos_get_published(api->settings.photos, &id, http_arena(request), &photo, &why)
                     : STATUS_NOT_FOUND;
    if (status == STATUS_NOT_FOUND)
        reason_set(&why, REASON_EMBED_PAGE_UNKNOWN);
    if (status != STATUS_OK) {
        api_answer_status(request, status, &why);
        return;
    }
    struct embed embed = choose(request, &photo, width, height);
    answer_embed(request, &photo, &embed);
}

const struct http_route oembed_routes[] = {
    {.method = "GET", .pattern = "/oembed", .run = HTTP_READ, .handle = embed_photo},
    {0},
};
