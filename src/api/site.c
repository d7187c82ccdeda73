/* The web app: its files, and its page, which is the same at every address of the app. What the page may load and do is
 * written in its Content-Security-Policy (w3.org/TR/CSP3): nothing that is not ours, but for images that are
 * elsewhere. */
#include "api_private.h"
#include "conditional.h"
#include "content_coding.h"
#include "digest.h"
#include "page.h"

#include <inttypes.h>
#include <string.h>

static const char assets[] = "/assets/"; /* their names change with their content */

static const struct site_file *find_file(const struct site *site, const char *path)
{
    for (size_t i = 0; i < site->count; i++)
        if (strcmp(site->files[i].path, path) == 0)
            return &site->files[i];
    return NULL;
}

/* Appends the text up to a mark that is in it, and the new text in its place; returns what follows the mark. */
static const char *replace(struct text *out, const char *from, const char *end, const char *mark, const char *new_text)
{
    const char *found = memmem(from, (size_t)(end - from), mark, strlen(mark));
    if (!found)
        return from;
    text_append(out, from, (size_t)(found - from));
    text_add(out, new_text);
    return found + strlen(mark);
}

/* The page's addresses are relative to where the server is: so one build serves below any path. Where the images are,
 * if not here, the root element says. */
static void write_site_page(struct api *api, const struct site_file *built)
{
    TEXT_CLEANUP struct text base = {0}, html = {0};
    const char *end = built->plain + built->plain_size;
    text_addf(&base, "<base href=\"%s/\">", api->settings.base_path);
    text_add(&html, "<html");
    images_add_attributes(api, &html);
    const char *rest = replace(&api->page_text, built->plain, end, "<html", text_get(&html));
    rest = replace(&api->page_text, rest, end, "<base href=\"/\">", text_get(&base));
    text_append(&api->page_text, rest, (size_t)(end - rest));
    api->page.plain = api->page_text.data;
    api->page.plain_size = api->page_text.length;
}

static void write_policy(struct api *api)
{
    TEXT_CLEANUP struct text images = {0};
    images_add_origins(api, &images);
    text_addf(&api->policy,
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:%s; "
              "connect-src 'self'%s; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'self'; "
              "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types service-worker default",
              text_get(&images), text_get(&images));
}

static void tag_content(const struct text *content, struct text *ret_etag)
{
    uint8_t bytes[DIGEST_BYTES_MAX];
    struct digest *digest = digest_new(DIGEST_SHA256);
    digest_add(digest, content->data, content->length);
    (void)digest_finish(digest, bytes);
    digest_free(digest);
    uint64_t part;
    memcpy(&part, bytes, sizeof part);
    text_setf(ret_etag, "\"%016" PRIx64 "\"", part);
}

/* The service worker keeps the page, which says where images are. Browsers fetch it anew when the worker itself
 * differs, so the worker says it too. */
static void write_worker(struct api *api, const struct site_file *built)
{
    text_append(&api->worker_text, built->plain, built->plain_size);
    text_add(&api->worker_text, "\n// images:");
    images_add_origins(api, &api->worker_text);
    for (int i = 0; i < BUCKETS; i++)
        text_addf(&api->worker_text, " %s", images_root(api, (enum bucket)i));
    text_addc(&api->worker_text, '\n');
    tag_content(&api->worker_text, &api->worker_etag);
    api->worker = (struct site_file){.path = built->path,
                                     .etag = text_get(&api->worker_etag),
                                     .plain = api->worker_text.data,
                                     .plain_size = api->worker_text.length};
}

void site_open(struct api *api)
{
    const struct site_file *page = find_file(api->settings.site, "/index.html");
    const struct site_file *worker = find_file(api->settings.site, "/sw.js");
    write_policy(api);
    if (page) {
        api->page = *page;
        if (api->settings.base_path[0] || images_are_elsewhere(api))
            write_site_page(api, page);
    }
    if (worker && images_are_elsewhere(api))
        write_worker(api, worker);
}

void site_close(struct api *api)
{
    text_release(&api->page_text);
    text_release(&api->worker_text);
    text_release(&api->worker_etag);
    text_release(&api->policy);
}

/* True, and it is answered, when the client has this content already. */
static bool answer_unchanged(struct http_request *request, const char *etag)
{
    struct conditional_request conditions = {.if_none_match = http_header(request, "If-None-Match")};
    struct conditional_object facts = {.etag = etag};
    http_add_header(request, "ETag", etag);
    if (conditional_decide(&conditions, &facts).code != 304)
        return false;
    http_answer(request, 304, NULL, NULL, 0);
    return true;
}

/* The two codings are two contents: each has a tag of its own. */
static const char *packed_etag(struct http_request *request, const char *etag)
{
    return arena_printf(http_arena(request), "%.*s-br\"", (int)strlen(etag) - 1, etag);
}

/* Of a content that is made for this answer. */
static const char *etag_of(struct http_request *request, const struct text *content)
{
    TEXT_CLEANUP struct text etag = {0};
    tag_content(content, &etag);
    return arena_copy_string(http_arena(request), text_get(&etag));
}

static void answer_file(struct http_request *request, const struct site_file *file)
{
    bool is_asset = strncmp(file->path, assets, sizeof assets - 1) == 0;
    bool is_packed = file->packed && content_coding_takes_brotli(http_header(request, "Accept-Encoding"));
    http_add_header(request, "Cache-Control", is_asset ? "public, max-age=31536000, immutable" : "no-cache");
    if (file->packed)
        http_add_header(request, "Vary", "Accept-Encoding");
    if (answer_unchanged(request, is_packed ? packed_etag(request, file->etag) : file->etag))
        return;
    if (is_packed)
        http_add_header(request, "Content-Encoding", "br");
    http_answer_static(request, 200, blob_content_type(file->path), is_packed ? file->packed : file->plain,
                       is_packed ? file->packed_size : file->plain_size);
}

static void add_page_headers(struct http_request *request)
{
    const struct api *api = http_context(request);
    http_add_header(request, "Content-Security-Policy", text_get(&api->policy));
    http_add_header(request, "Referrer-Policy", "same-origin");
    http_add_header(request, "Cross-Origin-Opener-Policy", "same-origin");
    http_add_header(request, "Permissions-Policy", "geolocation=(), microphone=(), payment=(), usb=()");
}

/* The page as it was built, with what belongs to this address: its title, and what comes before its head's end. */
static void write_page(const struct site_file *file, const struct page *page, struct text *out)
{
    static const char title_start[] = "<title>", title_end[] = "</title>", head_end[] = "</head>";
    const char *rest = file->plain, *end = rest + file->plain_size;
    const char *start = memmem(rest, file->plain_size, title_start, sizeof title_start - 1);
    const char *stop = start ? memmem(start, (size_t)(end - start), title_end, sizeof title_end - 1) : NULL;
    if (page->title && stop) {
        text_append(out, rest, (size_t)(start - rest) + sizeof title_start - 1);
        page_add_escaped(out, page->title);
        rest = stop;
    }
    const char *head = memmem(rest, (size_t)(end - rest), head_end, sizeof head_end - 1);
    if (head) {
        text_append(out, rest, (size_t)(head - rest));
        text_append(out, page->head.data, page->head.length);
        rest = head;
    }
    text_append(out, rest, (size_t)(end - rest));
}

static void answer_page(struct http_request *request, const struct page *page)
{
    const struct api *api = http_context(request);
    bool is_as_built = !api->page_text.length && !page->title && !page->head.length;
    if (page->code == 200 && is_as_built) {
        answer_file(request, &api->page);
        return;
    }
    struct text body = {0};
    write_page(&api->page, page, &body);
    http_add_header(request, "Cache-Control", "no-cache");
    http_add_header(request, "Vary", "Accept-Encoding");
    if (page->code == 200 && answer_unchanged(request, etag_of(request, &body)))
        text_release(&body);
    else
        http_answer_text(request, page->code, "text/html; charset=utf-8", &body);
}

static void get_page_of(struct http_request *request, void (*make)(struct http_request *request, struct page *page))
{
    static const char missing[] =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Cloud Photos</title>"
        "<p>This server was built without its web app. Build the app (<code>make web</code>), then the server "
        "again (<code>make build</code>). The HTTP interface works; see docs/openapi.yaml.</p></html>\n";
    struct api *api = http_context(request);
    struct page page = {.code = 200};
    add_page_headers(request);
    if (!api->page.path) {
        http_answer(request, 200, "text/html; charset=utf-8", missing, sizeof missing - 1);
        return;
    }
    if (make)
        make(request, &page);
    answer_page(request, &page);
    text_release(&page.head);
}

static void get_page(struct http_request *request)
{
    get_page_of(request, NULL);
}

static void get_home(struct http_request *request)
{
    get_page_of(request, page_make_home);
}

static void get_profile(struct http_request *request)
{
    get_page_of(request, page_make_profile);
}

static void get_photo(struct http_request *request)
{
    get_page_of(request, page_make_photo);
}

static bool takes_page(struct http_request *request)
{
    const char *accept = http_header(request, "Accept");
    return accept && strstr(accept, "text/html");
}

/* A file of the app; else a person who has mistyped an address gets a page, and a program a problem. */
static void get_file(struct http_request *request)
{
    struct api *api = http_context(request);
    const struct site_file *file = find_file(api->settings.site, http_path(request));
    if (file && api->worker.path && strcmp(file->path, api->worker.path) == 0)
        file = &api->worker;
    if (file && strcmp(file->path, "/index.html") != 0) /* the page is at the app's addresses, with its policy */
        answer_file(request, file);
    else if (takes_page(request))
        get_page_of(request, page_make_missing);
    else
        http_answer_reason(request, 404, REASON_ADDRESS_UNKNOWN);
}

/* Who comes here has left the base path out, or runs a proxy that has taken it off: they are told where the app is. */
void api_answer_outside(struct http_request *request)
{
    const struct api *api = http_context(request);
    struct text body = {0};
    if (!takes_page(request)) {
        http_answer_reason(request, 404, REASON_ADDRESS_OUTSIDE,
                           arena_printf(http_arena(request), "%s/", api->settings.base_path));
        return;
    }
    text_addf(
        &body,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Cloud Photos</title><p>There is nothing at "
        "this address. Cloud Photos is at <a href=\"%s/\">%s/</a> on this server.</p></html>\n",
        api->settings.base_path, api->settings.base_path);
    add_page_headers(request);
    http_answer_text(request, 404, "text/html; charset=utf-8", &body);
}

/* What a phone shares with the app goes to its service worker, which knows whose phone it is. It comes here only while
 * there is no worker yet: without an author nothing can be taken, so the app says that it should be shared again. */
static void refuse_share(struct http_request *request)
{
    static const char notice[] = "Nothing was uploaded because the app was still starting. Please share it again.\n";
    const struct api *api = http_context(request);
    http_add_header(request, "Location",
                    arena_printf(http_arena(request), "%s/?notice=share-again", api->settings.base_path));
    http_answer(request, 303, "text/plain; charset=utf-8", notice, sizeof notice - 1);
}

#define PAGE(path, wait, handler)                                                                                      \
    {                                                                                                                  \
        .method = "GET", .pattern = (path), .run = (wait), .handle = (handler)                                         \
    }

const struct http_route api_missing = {.method = "GET", .pattern = "", .run = HTTP_INLINE, .handle = get_file};

const struct http_route site_routes[] = {
    PAGE("/", HTTP_READ, get_home),
    PAGE("/search", HTTP_INLINE, get_page),
    PAGE("/@{name}", HTTP_READ, get_profile),
    PAGE("/photo/{id}", HTTP_READ, get_photo),
    PAGE("/mine", HTTP_INLINE, get_page),
    PAGE("/share-target", HTTP_INLINE, get_page),
    {.method = "POST", .pattern = "/share-target", .run = HTTP_INLINE, .begin = refuse_share},
    {.method = "GET", .pattern = "/assets/{file}", .run = HTTP_INLINE, .handle = get_file},
    {.method = "GET", .pattern = "/{file}", .run = HTTP_INLINE, .handle = get_file},
    {0},
};
