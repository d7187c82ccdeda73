/* Uploads that may be cut and go on: tus 1.0 (tus.io/protocols/resumable-upload) with the extensions creation,
 * expiration, checksum and termination. The answer to the last piece, and to HEAD from then on, names the photo:
 * Photo-Id. */
#include "api_private.h"
#include "base64.h"
#include "clock.h"
#include "digest.h"
#include "reasons.h"
#include "resumable.h"

#include <inttypes.h>
#include <string.h>

static const char version[] = "1.0.0";

struct incoming_piece {
    struct resumable_piece *piece; /* NULL once ended */
    struct digest *digest;         /* NULL: no checksum was sent */
    struct text wanted;            /* the digest that the client counted */
    bool is_kept;
};

static void add_version(struct http_request *request)
{
    http_add_header(request, "Tus-Resumable", version);
    http_add_header(request, "Cache-Control", "no-store");
}

/* That somebody else writes to this upload has a code of its own. All else has the codes of the API. */
static void answer_failure(struct http_request *request, enum status status, const struct text *why)
{
    struct reason_found found;
    if (status == STATUS_BUSY && reason_find(text_get(why), &found) && found.reason == REASON_UPLOAD_IN_USE)
        http_answer_problem(request, 423, why);
    else
        api_answer_status(request, status, why);
}

static void check_version(struct http_request *request)
{
    const char *wanted = http_header(request, "Tus-Resumable");
    add_version(request);
    if (wanted && strcmp(wanted, version) == 0)
        return;
    http_add_header(request, "Tus-Version", version);
    http_answer_reason(request, 412, REASON_UPLOAD_VERSION, version);
}

static bool read_number(const char *text, uint64_t *ret_number)
{
    uint64_t number = 0;
    size_t length = text ? strlen(text) : 0;
    if (length == 0 || length > 18 || strspn(text, "0123456789") != length)
        return false;
    for (; *text; text++)
        number = number * 10 + (uint64_t)(*text - '0');
    *ret_number = number;
    return true;
}

static bool read_upload_id(struct http_request *request, struct id *ret_id)
{
    const char *text = http_parameter(request, "id");
    if (id_parse(text, strlen(text), ret_id))
        return true;
    http_answer_reason(request, 404, REASON_UPLOAD_UNKNOWN);
    return false;
}

static void add_state(struct http_request *request, const struct resumable *resumable)
{
    char expires[CLOCK_HTTP_DATE_SIZE], photo[ID_TEXT_SIZE];
    clock_format_http_date(resumable->expires_ms / 1000, expires);
    http_add_header(request, "Upload-Offset", arena_printf(http_arena(request), "%" PRIu64, resumable->offset));
    http_add_header(request, "Upload-Expires", expires);
    if (!resumable->has_photo)
        return;
    id_format(&resumable->photo, photo);
    http_add_header(request, "Photo-Id", photo);
}

/* ---- Creation ---- */

/* Where a value of this name belongs; NULL: it is for nobody. */
static const char **find_target(struct photo_description *description, const char *name, size_t length)
{
    const struct {
        const char *name;
        const char **target;
    } known[] = {{"caption", &description->caption}, {"alt_text", &description->alt_text}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (length == strlen(known[i].name) && memcmp(name, known[i].name, length) == 0)
            return known[i].target;
    return NULL;
}

static enum status read_value(struct http_request *request, const char *encoded, size_t length, const char **target,
                              bool is_caption, struct text *why)
{
    TEXT_CLEANUP struct text value = {0};
    if (*target || !base64_decode(&value, encoded, length)) {
        reason_set(why, REASON_UPLOAD_METADATA_INVALID);
        return STATUS_INVALID;
    }
    if (value.length && memchr(value.data, '\0', value.length)) {
        reason_set(why, is_caption ? REASON_CAPTION_CONTROL : REASON_ALT_TEXT_CONTROL, "U+0000");
        return STATUS_INVALID;
    }
    *target = arena_copy_string(http_arena(request), text_get(&value));
    return STATUS_OK;
}

/* name base64, name base64, …; what stands under other names than ours is for nobody, whatever it is. */
static enum status read_metadata(struct http_request *request, struct photo_description *description, struct text *why)
{
    const char *list = http_header(request, "Upload-Metadata");
    enum status status = STATUS_OK;
    while (list && *list && status == STATUS_OK) {
        list += strspn(list, " \t");
        size_t length = strcspn(list, ","), name_length = strcspn(list, ", \t"), trimmed = length;
        while (trimmed > name_length && strchr(" \t", list[trimmed - 1]))
            trimmed--;
        const char **target = find_target(description, list, name_length), *value = list + name_length;
        value += trimmed > name_length ? strspn(value, " \t") : 0;
        if (target)
            status = read_value(request, value, (size_t)(list + trimmed - value), target,
                                target == &description->caption, why);
        list += length + (list[length] == ',');
    }
    return status ? status : photos_clean_description(description, http_arena(request), why);
}

static void create(struct http_request *request)
{
    struct api *api = http_context(request);
    TEXT_CLEANUP struct text why = {0};
    char id[ID_TEXT_SIZE];
    struct resumable resumable = {.author = api_caller(request)->name, .network = http_network(request)};
    enum status status = read_metadata(request, &resumable.description, &why);
    if (status == STATUS_OK && !read_number(http_header(request, "Upload-Length"), &resumable.length)) {
        reason_set(&why, REASON_UPLOAD_LENGTH_INVALID);
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK && http_content_length(request) != 0) {
        reason_set(&why, REASON_UPLOAD_CREATED_WITH_BODY);
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK)
        status = resumable_create(uploads_resumables(api->settings.uploads), &resumable, &why);
    if (status != STATUS_OK) {
        answer_failure(request, status, &why);
        return;
    }
    id_format(&resumable.id, id);
    http_add_header(request, "Location",
                    arena_printf(http_arena(request), "%s/uploads/%s", api->settings.base_path, id));
    add_state(request, &resumable);
    http_answer(request, 201, NULL, NULL, 0);
}

/* ---- State, termination ---- */

static void look(struct http_request *request)
{
    struct api *api = http_context(request);
    TEXT_CLEANUP struct text why = {0};
    struct resumable resumable;
    struct id id;
    if (!read_upload_id(request, &id))
        return;
    enum status status = resumable_look(uploads_resumables(api->settings.uploads), &id, api_caller(request)->name,
                                        http_arena(request), &resumable, &why);
    if (status != STATUS_OK) {
        answer_failure(request, status, &why);
        return;
    }
    add_state(request, &resumable);
    http_add_header(request, "Upload-Length", arena_printf(http_arena(request), "%" PRIu64, resumable.length));
    http_answer(request, 200, NULL, NULL, 0);
}

static void terminate(struct http_request *request)
{
    struct api *api = http_context(request);
    TEXT_CLEANUP struct text why = {0};
    struct id id;
    if (!read_upload_id(request, &id))
        return;
    enum status status =
        resumable_remove(uploads_resumables(api->settings.uploads), &id, api_caller(request)->name, &why);
    if (status == STATUS_OK)
        http_answer(request, 204, NULL, NULL, 0);
    else
        answer_failure(request, status, &why);
}

/* ---- Pieces ---- */

static enum status read_checksum(struct http_request *request, struct incoming_piece *incoming, struct text *why)
{
    static const struct {
        const char *name;
        enum digest_kind kind;
        size_t bytes;
    } algorithms[] = {{"sha1 ", DIGEST_SHA1, DIGEST_SHA1_BYTES}, {"sha256 ", DIGEST_SHA256, DIGEST_SHA256_BYTES}};
    const char *checksum = http_header(request, "Upload-Checksum");
    for (size_t i = 0; checksum && i < sizeof algorithms / sizeof algorithms[0]; i++) {
        size_t length = strlen(algorithms[i].name);
        if (strncmp(checksum, algorithms[i].name, length) != 0
            || !base64_decode(&incoming->wanted, checksum + length, strlen(checksum + length))
            || incoming->wanted.length != algorithms[i].bytes)
            continue;
        incoming->digest = digest_new(algorithms[i].kind);
        return STATUS_OK;
    }
    if (checksum)
        reason_set(why, REASON_UPLOAD_CHECKSUM_INVALID);
    return checksum ? STATUS_INVALID : STATUS_OK;
}

static void begin_piece(struct http_request *request)
{
    struct api *api = http_context(request);
    struct incoming_piece *incoming = arena_new(http_arena(request), sizeof *incoming);
    TEXT_CLEANUP struct text why = {0};
    uint64_t offset = 0;
    struct id id;
    enum status status = STATUS_OK;
    http_set_data(request, incoming);
    if (!read_upload_id(request, &id))
        return;
    if (!http_content_type_is(request, "application/offset+octet-stream")) {
        reason_set(&why, REASON_UPLOAD_TYPE);
        status = STATUS_UNSUPPORTED;
    } else if (!read_number(http_header(request, "Upload-Offset"), &offset)) {
        reason_set(&why, REASON_UPLOAD_OFFSET_INVALID);
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK)
        status = read_checksum(request, incoming, &why);
    if (status == STATUS_OK)
        status = resumable_piece_begin(uploads_resumables(api->settings.uploads), &id, api_caller(request)->name,
                                       offset, http_content_length(request), &incoming->piece, &why);
    if (status != STATUS_OK)
        answer_failure(request, status, &why);
}

static void end_piece(struct incoming_piece *incoming, bool undo)
{
    resumable_piece_end(incoming->piece, undo);
    incoming->piece = NULL;
}

static void take_piece(struct http_request *request, const char *data, size_t size)
{
    struct incoming_piece *incoming = http_data(request);
    TEXT_CLEANUP struct text why = {0};
    if (incoming->digest)
        digest_add(incoming->digest, data, size);
    enum status status = resumable_piece_write(incoming->piece, data, size, &why);
    if (status == STATUS_OK)
        return;
    end_piece(incoming, true);
    answer_failure(request, status, &why);
}

static bool is_as_counted(struct incoming_piece *incoming)
{
    uint8_t counted[DIGEST_BYTES_MAX] = {0};
    if (!incoming->digest)
        return true;
    size_t size = digest_finish(incoming->digest, counted);
    return memcmp(counted, incoming->wanted.data, size) == 0;
}

static void keep_piece(struct http_request *request)
{
    struct incoming_piece *incoming = http_data(request);
    TEXT_CLEANUP struct text why = {0};
    struct resumable resumable;
    if (!is_as_counted(incoming)) {
        end_piece(incoming, true);
        http_answer_reason(request, 460, REASON_UPLOAD_CHECKSUM_DIFFERS);
        return;
    }
    enum status status = resumable_piece_keep(incoming->piece, http_arena(request), &resumable, &why);
    if (status == STATUS_OK)
        add_state(request, &resumable);
    end_piece(incoming, true);
    if (status == STATUS_OK)
        http_answer(request, 204, NULL, NULL, 0);
    else
        answer_failure(request, status, &why);
}

/* A piece that was cut is kept as far as it came, unless it can't be checked any more. */
static void release_piece(void *data)
{
    struct incoming_piece *incoming = data;
    if (!incoming)
        return;
    end_piece(incoming, incoming->digest != NULL);
    digest_free(incoming->digest);
    text_release(&incoming->wanted);
}

/* Both a preflight of CORS, and the question what this server can. */
static void tell_abilities(struct http_request *request)
{
    struct api *api = http_context(request);
    uint64_t limit = uploads_max_upload(api->settings.uploads);
    add_version(request);
    http_add_header(request, "Tus-Version", version);
    http_add_header(request, "Tus-Extension", "creation,expiration,checksum,termination");
    http_add_header(request, "Tus-Checksum-Algorithm", "sha1,sha256");
    http_add_header(request, "Tus-Max-Size", arena_printf(http_arena(request), "%" PRIu64, limit));
    api_allow_preflight(request);
}

#define OF_CALLER(name, path, handler)                                                                                 \
    {                                                                                                                  \
        .method = (name), .pattern = (path), .run = HTTP_POOL, .needs_caller = HTTP_CALLER_REQUIRED,                   \
        .check = check_version, .handle = (handler)                                                                    \
    }

const struct http_route tus_routes[] = {
    {.method = "OPTIONS", .pattern = "/uploads", .run = HTTP_INLINE, .handle = tell_abilities},
    OF_CALLER("POST", "/uploads", create),
    {.method = "OPTIONS", .pattern = "/uploads/{id}", .run = HTTP_INLINE, .handle = tell_abilities},
    OF_CALLER("HEAD", "/uploads/{id}", look),
    OF_CALLER("DELETE", "/uploads/{id}", terminate),
    {.method = "PATCH",
     .pattern = "/uploads/{id}",
     .run = HTTP_WHOLE,
     .needs_caller = HTTP_CALLER_REQUIRED,
     .check = check_version,
     .begin = begin_piece,
     .body = take_piece,
     .handle = keep_piece,
     .end = release_piece},
    {0},
};
