/* Photos for pages that show many at once: the newest of everybody, or of one author; and the one of a certain content. */
#include "api_private.h"
#include "clock.h"
#include "json.h"
#include "post_cursor.h"

#include <string.h>

/* A page ends at its limit, or with the row that brings it over PAGE_BYTES: a photo's words may have 6 KB, and what is cheap to ask
 * for shall not be dear to answer. */
enum { PAGE_DEFAULT = 60, PAGE_MAX = 1000, PAGE_BYTES = 256 << 10 };

struct photos_page {
    struct text body;
    int64_t rows, limit;
    struct post_cursor last;
    bool has_more;
};

void api_add_photo_words(struct text *out, const struct photo *photo)
{
    text_add(out, ",\"thumbhash\":");
    json_add_string_or_null(out, photo->thumbhash);
    text_add(out, ",\"caption\":");
    json_add_string_or_null(out, photo->caption);
    text_add(out, ",\"alt_text\":");
    json_add_string_or_null(out, photo->alt_text);
}

/* One row more than the limit is asked for: its coming says that there is a next page. */
static bool add_row(void *context, const struct photo *photo)
{
    struct photos_page *page = context;
    struct text *body = &page->body;
    char id[ID_TEXT_SIZE], time[CLOCK_ISO8601_SIZE];
    page->has_more = page->rows == page->limit || body->length >= PAGE_BYTES;
    if (page->has_more)
        return false;
    id_format(&photo->id, id);
    clock_format_iso8601(photo->created_ms, time);
    text_addf(body, "%s{\"photo_id\":\"%s\",\"author_username\":", page->rows++ ? "," : "", id);
    json_add_string_or_null(body, photo->author);
    text_addf(body, ",\"timestamp\":\"%s\",\"width\":%u,\"height\":%u", time, photo->large.width, photo->large.height);
    api_add_photo_words(body, photo);
    text_addc(body, '}');
    page->last = (struct post_cursor){.time_ms = photo->created_ms, .id = photo->id};
    return true;
}

enum status api_add_photos(struct api *api, const char *author, const struct post_cursor *after, int64_t limit,
                           struct text *out, struct text *why)
{
    struct photos_page page = {.limit = limit};
    char next[CURSOR_TEXT_SIZE];
    text_add(&page.body, "{\"photos\":[");
    enum status status =
        store_photos_newest(photos_store(api->settings.photos), author, after, (size_t)limit + 1, add_row, &page, why);
    if (status == STATUS_OK) {
        cursor_format(&page.last, next);
        text_append(out, page.body.data, page.body.length);
        text_add(out, "],\"next_cursor\":");
        json_add_string_or_null(out, page.has_more ? next : NULL);
        text_addc(out, '}');
    }
    text_release(&page.body);
    return status;
}

/* `most`: a larger limit is refused. A page has PAGE_MAX photos at most, and next_cursor goes on. */
static void list_photos(struct http_request *request, const char *author, int64_t most)
{
    const char *cursor_text = http_query(request, "cursor");
    TEXT_CLEANUP struct text why = {0}, body = {0};
    struct post_cursor cursor;
    int64_t limit = 0;
    enum status status = http_query_integer(request, "limit", 1, most, PAGE_DEFAULT, &limit, &why);
    limit = limit < PAGE_MAX ? limit : PAGE_MAX;
    if (status == STATUS_OK && cursor_text)
        status = cursor_parse(cursor_text, &cursor, &why);
    if (status == STATUS_OK)
        status = api_add_photos(http_context(request), author, cursor_text ? &cursor : NULL, limit, &body, &why);
    if (status == STATUS_OK)
        http_answer_text(request, 200, "application/json", &body);
    else
        api_answer_status(request, status, &why);
}

static void list_newest(struct http_request *request)
{
    list_photos(request, NULL, PAGE_MAX);
}

void api_list_photos_of(struct http_request *request, const char *author)
{
    list_photos(request, author, LISTING_MAX);
}

/* ---- Is this photo there already? ---- */

static bool read_sha256(const char *hex, uint8_t ret_bytes[static SHA256_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(hex) != SHA256_BYTES * 2 || strspn(hex, digits) != SHA256_BYTES * 2)
        return false;
    for (size_t i = 0; i < SHA256_BYTES; i++)
        ret_bytes[i] =
            (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 | (strchr(digits, hex[2 * i + 1]) - digits));
    return true;
}

static void find_content(struct http_request *request)
{
    struct api *api = http_context(request);
    uint8_t sha256[SHA256_BYTES];
    struct photo photo;
    TEXT_CLEANUP struct text why = {0};
    char id[ID_TEXT_SIZE];
    if (!read_sha256(http_parameter(request, "hex"), sha256)) {
        http_answer_problem(request, 400, "A SHA-256 is written in 64 hex digits, with small letters.");
        return;
    }
    enum status status = store_photo_find_content(photos_store(api->settings.photos),
                                                  api_fold_name(request, http_parameter(request, "name")), sha256,
                                                  http_arena(request), &photo, &why);
    bool is_nobody = status == STATUS_INVALID;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND && !is_nobody) {
        api_answer_status(request, status, &why);
        return;
    }
    struct text body = {0};
    if (status == STATUS_OK) {
        id_format(&photo.id, id);
        text_addf(&body, "{\"photo_id\":\"%s\",\"status\":\"%s\"}", id, photo_state_name(photo.state));
    } else {
        text_add(&body, "{\"photo_id\":null,\"status\":null}"); /* "no" is an answer: browsers call a 404 an error */
    }
    http_answer_text(request, 200, "application/json", &body);
}

const struct http_route photo_lists_routes[] = {
    {.method = "GET", .pattern = "/photos", .run = HTTP_INLINE, .handle = list_newest},
    {.method = "GET", .pattern = "/users/{name}/photos/sha256/{hex}", .run = HTTP_INLINE, .handle = find_content},
    {0},
};
