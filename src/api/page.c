/* What the server writes into the page of the app, so that its first screen needs no second request: the first answers
 * that the app will ask for, by their addresses, and the first thumbnails; and on the pages of photos and people what
 * other sites show of them (ogp.me). All of it is data: nothing that comes from people can become markup. */
#include "page.h"
#include "origin.h"

#include <string.h>

static const char app_name[] = "Cloud Photos";
enum { FIRST_PAGE = 60, PRELOADS = 6 }; /* as the app asks; what fills the first screen of a phone */

void page_add_escaped(struct text *out, const char *text)
{
    static const char special[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (const char *found; *text; text++)
        if ((found = strchr(special, *text)))
            text_add(out, entities[found - special]);
        else
            text_addc(out, *text);
}

/* JSON within <script>: no character that HTML could take for an end, or for a comment
 * (html.spec.whatwg.org, 4.12.1.3). */
static void add_json(struct text *out, const struct text *json)
{
    for (size_t i = 0; i < json->length; i++)
        if (strchr("<>&", json->data[i]))
            text_addf(out, "\\u%04x", (unsigned)json->data[i]);
        else
            text_addc(out, json->data[i]);
}

static void add_first_data(struct text *out, const char *address, const struct text *answer)
{
    text_addf(out, "<script type=\"application/json\" id=\"first-data\">{\"%s\":", address);
    add_json(out, answer);
    text_add(out, "}</script>\n");
}

/* The ids come from our own answer: 32 hex digits each. On denser screens the app asks for larger images
 * (web/src/photos/sources.ts). */
static void add_preloads(struct text *out, const struct text *answer, const char *root)
{
    static const char mark[] = "{\"photo_id\":\"";
    const char *found = text_get(answer);
    for (int i = 0; i < PRELOADS && (found = strstr(found, mark)); i++) {
        found += sizeof mark - 1;
        text_addf(out,
                  "<link rel=\"preload\" as=\"image\" media=\"(max-resolution: 2dppx)\""
                  " href=\"%s/%.32s-thumb.webp\">\n",
                  root, found);
    }
}

static void add_list(struct http_request *request, const char *author, const char *address, struct text *out)
{
    TEXT_CLEANUP struct text answer = {0};
    struct api *api = http_context(request);
    const struct photos_asked asked = {
        .author = author, .order = author ? ORDER_CAPTURED : ORDER_PUBLISHED, .limit = FIRST_PAGE};
    if (api_add_photos(api, &asked, &answer, NULL) != STATUS_OK)
        return; /* the app will ask, and hear why */
    add_preloads(out, &answer, images_root(api, BUCKET_THUMBNAILS));
    add_first_data(out, address, &answer);
}

const char *page_title(struct http_request *request, const struct photo *photo)
{
    return photo->caption ? photo->caption : arena_printf(http_arena(request), "A photo by %s", photo->author);
}

const char *page_root(struct http_request *request)
{
    const struct api *api = http_context(request);
    const char *host = http_host(request), *scheme = http_scheme(request);
    if (!host || !origin_is_host(host, strlen(host)))
        return api->settings.base_path;
    return arena_printf(http_arena(request), "%s://%s%s", scheme ? scheme : "http", host, api->settings.base_path);
}

static void add_property(struct text *out, const char *property, const char *value)
{
    text_addf(out, "<meta property=\"%s\" content=\"", property);
    page_add_escaped(out, value);
    text_add(out, "\">\n");
}

static void add_image(struct http_request *request, const struct id *id, struct text *out)
{
    char key[OBJECT_KEY_SIZE];
    photos_large_key(id, key);
    add_property(out, "og:image",
                 arena_printf(http_arena(request), "%s/%s", images_absolute_root(request, BUCKET_PHOTOS), key));
    add_property(out, "og:image:type", "image/webp");
}

static void add_photo_graph(struct http_request *request, const struct photo *photo, struct text *out)
{
    struct arena *arena = http_arena(request);
    char id[ID_TEXT_SIZE];
    id_format(&photo->id, id);
    add_property(out, "og:type", "article");
    add_property(out, "og:site_name", app_name);
    add_property(out, "og:title", arena_printf(arena, "A photo by %s", photo->author));
    if (photo->caption)
        add_property(out, "og:description", photo->caption);
    add_property(out, "og:url", arena_printf(arena, "%s/photo/%s", page_root(request), id));
    add_image(request, &photo->id, out);
    add_property(out, "og:image:width", arena_printf(arena, "%u", photo->large.width));
    add_property(out, "og:image:height", arena_printf(arena, "%u", photo->large.height));
    if (photo->alt_text)
        add_property(out, "og:image:alt", photo->alt_text);
}

/* A root and an id have no character that a query would have to escape but ':' and '/', which it need not (RFC
 * 3986, 3.4). */
static void add_oembed(struct http_request *request, const struct photo *photo, struct text *out)
{
    char id[ID_TEXT_SIZE];
    const char *root = page_root(request);
    id_format(&photo->id, id);
    text_addf(out,
              "<link rel=\"alternate\" type=\"application/json+oembed\" href=\"%s/oembed?url=%s/photo/%s\" title=\"",
              root, root, id);
    page_add_escaped(out, page_title(request, photo));
    text_add(out, "\">\n");
}

void page_make_home(struct http_request *request, struct page *page)
{
    add_list(request, NULL, "/photos?limit=60", &page->head);
}

static void add_person_graph(struct http_request *request, const char *name, const struct person *person,
                             struct text *out)
{
    struct arena *arena = http_arena(request);
    add_property(out, "og:type", "profile");
    add_property(out, "og:site_name", app_name);
    add_property(out, "og:title", arena_printf(arena, "Photos by %s", name));
    add_property(
        out, "og:description",
        arena_printf(arena, "%lld photo%s", (long long)person->posts_count, person->posts_count == 1 ? "" : "s"));
    add_property(out, "og:url", arena_printf(arena, "%s/@%s", page_root(request), name));
    add_image(request, &person->newest, out);
}

void page_make_profile(struct http_request *request, struct page *page)
{
    struct api *api = http_context(request);
    const char *name = api_fold_name(request, http_parameter(request, "name"));
    struct person person;
    if (photos_check_name(name, NULL) != STATUS_OK) {
        page_make_missing(request, page);
        return;
    }
    page->title = arena_printf(http_arena(request), "%s · %s", name, app_name);
    enum status status = photos_find_person(api->settings.photos, name, &person, NULL);
    if (status == STATUS_NOT_FOUND)
        page->code = 404;
    else if (status == STATUS_OK)
        add_person_graph(request, name, &person, &page->head);
    add_list(request, name, arena_printf(http_arena(request), "/users/%s?view=photos&limit=60", name), &page->head);
}

void page_make_missing(struct http_request *request, struct page *page)
{
    (void)request;
    page->code = 404;
}

void page_make_photo(struct http_request *request, struct page *page)
{
    TEXT_CLEANUP struct text answer = {0};
    const char *text = http_parameter(request, "id");
    struct photo photo;
    struct id id;
    enum status status = STATUS_NOT_FOUND;
    if (id_parse(text, strlen(text), &id))
        status = api_add_photo(http_context(request), &id, http_arena(request), &photo, &answer, NULL);
    if (status == STATUS_NOT_FOUND)
        page_make_missing(request, page);
    if (status != STATUS_OK)
        return;
    if (photo.state == PHOTO_SUCCESS) {
        page->title = arena_printf(http_arena(request), "%s · %s", page_title(request, &photo), app_name);
        add_photo_graph(request, &photo, &page->head);
        add_oembed(request, &photo, &page->head);
    }
    add_first_data(&page->head, arena_printf(http_arena(request), "/photos/%s", text), &answer);
}
