/* Photos for pages that show many at once: the newest of everybody, or an author's by when they were taken; and the one
 * of a certain content. */
#include "api_private.h"
#include "clock.h"
#include "json.h"

#include <string.h>

/* A page ends at its limit, or with the row that brings it over PAGE_BYTES: a photo's words may have 6 KB, and what is
 * cheap to ask for shall not be dear to answer. */
enum { PAGE_DEFAULT = 60, PAGE_MAX = 1000, PAGE_BYTES = 256 << 10 };

struct photos_page {
    struct text body;
    const struct photos_asked *asked;
    int64_t rows;
    struct post_cursor last;
    bool has_more;
};

void api_add_photo_description(struct text *out, const struct photo *photo)
{
    text_add(out, ",\"thumbhash\":");
    json_add_string_or_null(out, photo->thumbhash);
    text_add(out, ",\"caption\":");
    json_add_string_or_null(out, photo->caption);
    text_add(out, ",\"alt_text\":");
    json_add_string_or_null(out, photo->alt_text);
    char captured[CAPTURE_TIME_SIZE];
    if (photo->captured.is_known)
        capture_time_format(&photo->captured, captured);
    text_add(out, ",\"captured_at\":");
    json_add_string_or_null(out, photo->captured.is_known ? captured : NULL);
}

/* One row more than the limit is asked for: its coming says that there is a next page. */
static bool add_row(void *context, const struct photo *photo)
{
    struct photos_page *page = context;
    struct text *body = &page->body;
    char id[ID_TEXT_SIZE], time[CLOCK_ISO8601_SIZE];
    page->has_more = page->rows == page->asked->limit || body->length >= PAGE_BYTES;
    if (page->has_more)
        return false;
    id_format(&photo->id, id);
    clock_format_iso8601(photo->created_ms, time);
    text_addf(body, "%s{\"photo_id\":\"%s\",\"author_username\":", page->rows++ ? "," : "", id);
    json_add_string_or_null(body, photo->author);
    text_addf(body, ",\"timestamp\":\"%s\",\"width\":%u,\"height\":%u", time, photo->large.width, photo->large.height);
    if (photo->medium.width)
        text_addf(body, ",\"medium_width\":%u", photo->medium.width);
    else
        text_add(body, ",\"medium_width\":null");
    api_add_photo_description(body, photo);
    text_addf(body, ",\"frames\":%u}", photo->frames);
    int64_t place = page->asked->order == ORDER_CAPTURED ? photo_time_ms(photo) : photo->created_ms;
    page->last = (struct post_cursor){.time_ms = place, .id = photo->id};
    return true;
}

enum status api_add_photos(struct api *api, const struct photos_asked *asked, struct text *out, struct text *why)
{
    struct photos_asked one_more = *asked;
    struct photos_page page = {.asked = asked};
    char next[CURSOR_TEXT_SIZE];
    one_more.limit++;
    text_add(&page.body, "{\"photos\":[");
    enum status status = photos_list(api->settings.photos, &one_more, add_row, &page, why);
    if (status == STATUS_OK) {
        cursor_format(&page.last, asked->order, next);
        text_append(out, page.body.data, page.body.length);
        text_add(out, "],\"next_cursor\":");
        json_add_string_or_null(out, page.has_more ? next : NULL);
        text_addc(out, '}');
    }
    text_release(&page.body);
    return status;
}

static enum status read_order(const char *name, enum post_order *ret_order, struct text *why)
{
    static const char *const orders[] = {[ORDER_PUBLISHED] = "published", [ORDER_CAPTURED] = "captured"};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (strcmp(name, orders[i]) == 0) {
            *ret_order = (enum post_order)i;
            return STATUS_OK;
        }
    }
    reason_set(why, REASON_ORDER_UNKNOWN);
    return STATUS_INVALID;
}

/* An order that isn't named is the cursor's, so that a listing goes on as it began; without a cursor, it is that of
 * capture. */
static enum status read_place(const struct http_request *request, struct post_cursor *cursor,
                              struct photos_asked *asked, struct text *why)
{
    const char *text = http_query(request, "cursor"), *order = asked->author ? http_query(request, "order") : NULL;
    enum status status = order ? read_order(order, &asked->order, why) : STATUS_OK;
    if (status != STATUS_OK || !text)
        return status;
    asked->after = cursor;
    return order || !asked->author ? cursor_parse_of(text, asked->order, cursor, why)
                                   : cursor_parse(text, cursor, &asked->order, why);
}

/* `most`: a larger limit is refused. A page has PAGE_MAX photos at most, and next_cursor goes on. */
static void list_photos(struct http_request *request, const char *author, int64_t most)
{
    TEXT_CLEANUP struct text why = {0}, body = {0};
    struct post_cursor cursor;
    struct photos_asked asked = {.author = author, .order = author ? ORDER_CAPTURED : ORDER_PUBLISHED};
    enum status status = http_query_integer(request, "limit", 1, most, PAGE_DEFAULT, &asked.limit, &why);
    asked.limit = asked.limit < PAGE_MAX ? asked.limit : PAGE_MAX;
    if (status == STATUS_OK)
        status = read_place(request, &cursor, &asked, &why);
    if (status == STATUS_OK)
        status = api_add_photos(http_context(request), &asked, &body, &why);
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
        http_answer_reason(request, 400, REASON_DIGEST_INVALID);
        return;
    }
    enum status status =
        photos_find_content(api->settings.photos, api_fold_name(request, http_parameter(request, "name")), sha256,
                            http_arena(request), &photo, &why);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
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
    {.method = "GET", .pattern = "/photos", .run = HTTP_READ, .handle = list_newest},
    {.method = "GET", .pattern = "/users/{name}/photos/sha256/{hex}", .run = HTTP_READ, .handle = find_content},
    {0},
};
