#include "reasons.h"

#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* {} is a value. Within a row, what stands between two values must not occur in the first. */
static const struct {
    const char *code, *sentence;
} rows[REASONS] = {
    [REASON_IMAGE_INCOMPLETE] = {"image-incomplete", "This {} is incomplete. Export or copy it again."},
    [REASON_IMAGE_DAMAGED] = {"image-damaged", "This {} is damaged and can't be read. Export or copy it again."},
    [REASON_IMAGE_EMPTY] = {"image-empty", "This file is empty. Choose the photo again, or copy it again."},
    [REASON_IMAGE_UNKNOWN] = {"image-unknown", "This file isn't a photo in a supported format. Export it as {}."},
    [REASON_IMAGE_KIND_UNSUPPORTED] = {"image-kind-unsupported",
                                       "This {} has {}, which isn't supported. Export it as a JPEG."},
    [REASON_IMAGE_RAW] = {"image-raw", "This is a raw photo ({}). Develop it and export it as a JPEG."},
    [REASON_IMAGE_HAS_PAGES] = {"image-has-pages",
                                "This TIFF has several pages or layers. Export each of them as a file of its own."},
    [REASON_IMAGE_TOO_MANY_PIXELS] = {"image-too-many-pixels",
                                      "This photo has {}; the limit is {}. Export it at a smaller size."},
    [REASON_IMAGE_TOO_MANY_FRAMES] = {"image-too-many-frames",
                                      "This animation has {} frames; the limit is {}. Export a shorter one."},
    [REASON_IMAGE_TOO_LONG_A_SIDE] = {"image-too-long-a-side",
                                      "This photo's longer side has {} pixels; the limit is {}. Export it smaller."},
    [REASON_IMAGE_TOO_COMPLEX] = {"image-too-complex",
                                  "This {} is built in a way that takes too much work to read. Export it again."},
    [REASON_IMAGE_NEEDS_MEMORY] = {"image-needs-memory",
                                   "This {} needs more memory to read than the {} allowed. Export it smaller."},
    [REASON_IMAGE_NEEDS_TIME] = {"image-needs-time", "This photo takes too long to read. Export it again, or smaller."},
    [REASON_IMAGE_CRASHES] = {"image-crashes",
                              "This photo can't be read: the decoder failed every time. Export it in another format."},
    [REASON_IMAGE_UNREADABLE] = {"image-unreadable",
                                 "This photo can't be read. Export it again, or in another format."},

    [REASON_FILE_TOO_LARGE] = {"file-too-large", "This file is {}; the limit is {}. Export it at a smaller size."},
    [REASON_FILE_OVER_LIMIT] = {"file-over-limit",
                                "This file is larger than {}, which is the limit. Export it at a smaller size."},

    [REASON_SHOWS_WEAPON] = {"shows-weapon", "Not published: this photo appears to show a weapon ({} confidence)."},
    [REASON_SHOWS_NUDITY] = {"shows-nudity", "Not published: this photo appears to show nudity ({} confidence)."},
    [REASON_SHOWS_VIOLENCE] = {"shows-violence",
                               "Not published: this photo appears to show an injury or violence ({} confidence)."},
    [REASON_SHOWS_LABEL] = {"shows-label", "Not published: this photo appears to show \"{}\" ({} confidence)."},
    [REASON_ANIMATION_UNCHECKED] =
        {"animation-unchecked",
         "Not published: this animation has too many different frames to check. Send a shorter one."},
    [REASON_REFUSED_BY_REVIEWER] = {"refused-by-reviewer",
                                    "Not published: a person has reviewed this photo and refused it."},
    [REASON_WITHDRAWN] =
        {"withdrawn", "This photo was refused after it had been published, so its images are gone. Upload it again."},

    [REASON_MODERATION_FAILED] =
        {"moderation-failed",
         "This photo couldn't be checked: the check failed every time. Export it in another format."},
    [REASON_PHOTO_STOPPED] = {"photo-stopped", "The operator of this server stopped processing this photo. "
                                               "Ask them before you upload it again."},

    [REASON_NAME_MISSING] = {"name-missing",
                             "This request has no user name. Log in, or send the name in the header Authorization."},
    [REASON_NAME_INVALID] =
        {"name-invalid", "This user name can't be used. A name has 1 to {} characters: a-z, digits and underscores."},
    [REASON_NAME_BEHIND_PASSWORD] =
        {"name-behind-password", "This request has a password ({}) in the header Authorization and no user name. Log "
                                 "in, or send the name in the header X-Cloudphotos-User."},
    [REASON_PAGE_FOREIGN] = {"page-foreign", "Pages of {} may not change anything here. Whoever runs this server can "
                                             "allow them, with --allow-origin."},
    [REASON_PHOTO_UNKNOWN] = {"photo-unknown", "There is no such photo. It was deleted, or its address is wrong."},
    [REASON_PHOTO_NOT_YOURS] = {"photo-not-yours",
                                "This photo belongs to somebody else. Only its author can change or delete it."},
    [REASON_IDEMPOTENCY_KEY_INVALID] =
        {"idempotency-key-invalid",
         "The header Idempotency-Key can't be used. Send 1 to {} visible ASCII characters, or none."},

    [REASON_PHOTOS_TOO_MANY] =
        {"photos-too-many",
         "You have {} photos that are still being processed, which is the limit. Send this one when some are done."},

    [REASON_ADDRESS_UNKNOWN] = {"address-unknown", "There is nothing at this address. Check it for typing errors."},
    [REASON_ADDRESS_OUTSIDE] = {"address-outside",
                                "There is nothing at this address. Cloud Photos is at {} on this server."},
    [REASON_METHOD_NOT_ALLOWED] = {"method-not-allowed",
                                   "This method isn't allowed here. The header Allow lists those that are."},
    [REASON_METHOD_UNKNOWN] = {"method-unknown",
                               "This server doesn't know this method. Use GET, HEAD, POST, PATCH, DELETE or OPTIONS."},
    [REASON_REQUEST_MALFORMED] = {"request-malformed",
                                  "This request is malformed: {}. Update the program that sent it, or use another."},
    [REASON_REQUEST_REFUSED] =
        {"request-refused",
         "The server can't do what this request asks. Check it against the documentation of the API."},
    [REASON_HEADER_TOO_LARGE] =
        {"header-too-large",
         "This request's header is too large. Send at most 8 KB in at most 35 fields; cookies count twice."},
    [REASON_PREFLIGHT_TOO_LONG] =
        {"preflight-too-long",
         "The header Access-Control-Request-Headers is longer than 512 bytes. Ask for fewer headers."},
    [REASON_NUMBER_INVALID] = {"number-invalid", "The parameter {} isn't a whole number from {} to {}. Fix it."},
    [REASON_CURSOR_INVALID] = {"cursor-invalid",
                               "This server didn't issue this cursor. Take it from the answer with the page before."},
    [REASON_CURSOR_OF_OTHER_ORDER] =
        {"cursor-of-other-order",
         "This cursor belongs to a listing in a different order. Start again without a cursor."},
    [REASON_SEARCH_TOO_SHORT] = {"search-too-short",
                                 "A search needs at least 3 characters. Ask for /users?username=PREFIX."},
    [REASON_USER_UNKNOWN] = {"user-unknown", "Nobody with this name has published photos. Check how it is spelled."},
    [REASON_VIEW_UNKNOWN] = {"view-unknown", "There is no such view. Ask for view=photos, or for none to get ids."},
    [REASON_ORDER_UNKNOWN] = {"order-unknown", "There is no such order. Ask for order=captured (when photos were "
                                               "taken) or order=published (when they were published)."},
    [REASON_DIGEST_INVALID] = {"digest-invalid",
                               "This isn't a SHA-256. Send 64 hexadecimal digits, with small letters."},
    [REASON_EVENTS_PHOTO_MISSING] = {"events-photo-missing",
                                     "This request doesn't say which photo. Ask for /events?photo=ID."},
    [REASON_EMBED_FORMAT] = {"embed-format", "Only JSON is available here. Ask for format=json, or for none."},
    [REASON_EMBED_PAGE_MISSING] = {"embed-page-missing",
                                   "This request doesn't say which page. Ask for /oembed?url=ADDRESS."},
    [REASON_EMBED_PAGE_UNKNOWN] = {"embed-page-unknown", "This isn't the address of a published photo's page on this "
                                                         "server. Check the address."},

    [REASON_REQUEST_TOO_LARGE] = {"request-too-large", "This request is {}; the limit is {}. Send a smaller file."},
    [REASON_REQUEST_OVER_LIMIT] = {"request-over-limit",
                                   "This request is larger than {}, which is the limit. Send a smaller file."},
    [REASON_FORM_MALFORMED] = {"form-malformed",
                               "This form can't be read. {} Update the app that sent it, or try another one."},
    [REASON_FORM_FIELD_TWICE] = {"form-field-twice", "This form has the field \"{}\" twice. Send it once."},
    [REASON_FORM_PHOTO_TWICE] = {"form-photo-twice",
                                 "This form has more than one photo. Send each photo in a request of its own."},
    [REASON_CAPTION_ENCODING] = {"caption-encoding", "This caption isn't text in UTF-8. Type it again."},
    [REASON_ALT_TEXT_ENCODING] = {"alt-text-encoding", "This alternative text isn't text in UTF-8. Type it again."},
    [REASON_CAPTION_TOO_LONG] = {"caption-too-long", "This caption has {} characters; the limit is {}. Shorten it."},
    [REASON_CAPTION_CONTROL] = {"caption-control", "This caption has a control character ({}). Remove it."},
    [REASON_ALT_TEXT_TOO_LONG] = {"alt-text-too-long",
                                  "This alternative text has {} characters; the limit is {}. Shorten it."},
    [REASON_ALT_TEXT_CONTROL] = {"alt-text-control", "This alternative text has a control character ({}). Remove it."},
    [REASON_FORM_PHOTO_NOT_CHOSEN] = {"form-photo-not-chosen", "No photo was chosen. Choose one, then send it."},
    [REASON_FORM_PHOTO_MISSING] =
        {"form-photo-missing", "The form has no file \"photo\". Send multipart/form-data with a file of that name."},
    [REASON_BODY_PACKED] = {"body-packed",
                            "This request's body is compressed ({}), which isn't supported. Send it uncompressed."},
    [REASON_WORDS_MALFORMED] =
        {"words-malformed",
         "This caption or alternative text can't be read: {}. Send a JSON object with caption, alt_text or both."},
    [REASON_WORDS_TYPE] = {"words-type",
                           "The caption and alternative text have the wrong type. Send them as application/json."},
    [REASON_WORDS_TOO_LARGE] =
        {"words-too-large", "The caption and alternative text are larger than {}, which is the limit. Shorten them."},

    [REASON_UPLOAD_VERSION] = {"upload-version",
                               "This server speaks version {} of tus. Send it in the header Tus-Resumable."},
    [REASON_UPLOAD_UNKNOWN] = {"upload-unknown",
                               "There is no such upload: it has ended, was refused, or has expired. Start it again."},
    [REASON_UPLOAD_NOT_YOURS] = {"upload-not-yours", "This upload belongs to somebody else. Start one of your own."},
    [REASON_UPLOAD_LENGTH_INVALID] =
        {"upload-length-invalid",
         "The header Upload-Length is missing or isn't a number. Send the file's size in bytes."},
    [REASON_UPLOAD_METADATA_INVALID] =
        {"upload-metadata-invalid",
         "The header Upload-Metadata can't be read. Send names, each once, with values in base64."},
    [REASON_UPLOAD_CREATED_WITH_BODY] = {"upload-created-with-body",
                                         "An upload is created without a body. Send its bytes with PATCH."},
    [REASON_UPLOAD_OFFSET_INVALID] =
        {"upload-offset-invalid",
         "The header Upload-Offset is missing or isn't a number. Send where the bytes belong."},
    [REASON_UPLOAD_OFFSET_DIFFERS] = {"upload-offset-differs",
                                      "This upload continues at byte {}, not {}. Ask for its offset with HEAD."},
    [REASON_UPLOAD_TYPE] = {"upload-type",
                            "The bytes have the wrong type. Send them as application/offset+octet-stream."},
    [REASON_UPLOAD_CHECKSUM_INVALID] =
        {"upload-checksum-invalid",
         "The header Upload-Checksum can't be read. Send sha1 or sha256, a space, and the digest in base64."},
    [REASON_UPLOAD_CHECKSUM_DIFFERS] =
        {"upload-checksum-differs",
         "The bytes that arrived don't match Upload-Checksum, so none were kept. Send them again."},
    [REASON_UPLOAD_BEYOND_LENGTH] =
        {"upload-beyond-length", "More than the {} bytes that were announced have arrived. Start the upload again."},
    [REASON_UPLOAD_IN_USE] = {"upload-in-use", "Another request is using this upload. Try again when it has ended."},
    [REASON_UPLOAD_NOT_SENT] =
        {"upload-not-sent",
         "The photo isn't there yet. Send it to the address that you got with its key, then try again."},
    [REASON_UPLOAD_SIZE_DIFFERS] = {"upload-size-differs",
                                    "The photo has {} bytes instead of the {} that were announced. Start it again."},
    [REASON_PRESIGNED_BYTES_INVALID] =
        {"presigned-bytes-invalid", "The parameter bytes is missing or isn't a number. Send the file's size in bytes."},
    [REASON_PRESIGNED_TYPE_INVALID] =
        {"presigned-type-invalid",
         "The parameter content_type isn't a type such as image/jpeg or application/octet-stream. Correct it or leave "
         "it out."},
    [REASON_PRESIGNED_UNAVAILABLE] =
        {"presigned-unavailable",
         "This server keeps photos in files, so it takes them itself. Send this one with POST /photos."},
    [REASON_UPLOADS_TOO_MANY] =
        {"uploads-too-many",
         "You have {} unfinished uploads, which is the limit. Finish or cancel one; they expire after a day."},
    [REASON_UPLOADS_TOO_LARGE] =
        {"uploads-too-large", "Your unfinished uploads would take more than {}, which is the limit. Finish or cancel "
                              "one; they expire after a day."},
    [REASON_UPLOADS_OF_NETWORK] = {"uploads-of-network",
                                   "Unfinished uploads from your network would take more than {}, which is the limit. "
                                   "Finish or cancel some; they expire after a day."},
    [REASON_UPLOADS_FULL] = {"uploads-full",
                             "Unfinished uploads take all the space reserved for them. Try again later, or send this "
                             "photo in a single request."},

    [REASON_SERVER_FULL] = {"server-full", "The server's disk is full, so nothing was stored. Try again later."},
    [REASON_SERVER_UNAVAILABLE] = {"server-unavailable",
                                   "The server can't reach its storage right now. Try again later."},
    [REASON_SERVER_BUSY] = {"server-busy", "The server is too busy right now. Try again in a moment."},
    [REASON_SERVER_CROWDED] = {"server-crowded",
                               "The server has too many connections right now. Try again in a moment."},
    [REASON_SERVER_STREAMS] = {"server-streams",
                               "The server has {} event streams open, which is the limit. Try again later."},
    [REASON_ADDRESS_CROWDED] = {"address-crowded",
                                "Your address has too many connections or requests open. Try again in a moment."},
    [REASON_ADDRESS_STREAMS] =
        {"address-streams",
         "Your address has {} event streams open, which is the limit. Close some, or try again later."},
    [REASON_SERVER_FAULT] = {"server-fault", "Something went wrong on the server. Try again later."},
    [REASON_SERVER_GAVE_UP] = {"server-gave-up",
                               "The server failed several times while it worked on this photo. Upload it again later."},
    [REASON_SERVER_LOST_FILE] = {"server-lost-file", "The server no longer has this photo's file. Upload it again."},
};

static const char gap[] = "{}";
enum { GAP_LENGTH = sizeof gap - 1 };

const char *reason_code(enum reason reason)
{
    return rows[reason].code;
}

const char *reason_sentence(enum reason reason)
{
    assert(reason_value_count(reason) == 0);
    return rows[reason].sentence;
}

unsigned reason_value_count(enum reason reason)
{
    unsigned count = 0;
    for (const char *at = rows[reason].sentence; (at = strstr(at, gap)); at += GAP_LENGTH)
        count++;
    return count;
}

void reason_set(struct text *why, enum reason reason, ...)
{
    va_list values;
    va_start(values, reason);
    reason_vset(why, reason, values);
    va_end(values);
}

void reason_vset(struct text *why, enum reason reason, va_list values)
{
    if (!why)
        return;
    text_clear(why);
    const char *rest = rows[reason].sentence;
    for (const char *at; (at = strstr(rest, gap)); rest = at + GAP_LENGTH) {
        text_append(why, rest, (size_t)(at - rest));
        text_add(why, va_arg(values, const char *));
    }
    text_add(why, rest);
}

/* Where the value at `start` ends: where what follows its gap begins; the last value has all but the sentence's end. */
static const char *find_end(const char *start, const char *after)
{
    const char *next = strstr(after, gap);
    size_t following = next ? (size_t)(next - after) : strlen(after), length = strlen(start);
    if (!next)
        return length < following ? start : start + length - following;
    const char *end = start;
    while (*end && strncmp(end, after, following) != 0)
        end++;
    return end;
}

/* Whether the sentence is the template with something in each gap. */
static bool matches(const char *template, const char *sentence, struct reason_value *ret_values)
{
    for (const char *at; (at = strstr(template, gap)); template = at + GAP_LENGTH) {
        size_t fixed = (size_t)(at - template);
        if (strncmp(sentence, template, fixed) != 0)
            return false;
        sentence += fixed;
        const char *end = find_end(sentence, at + GAP_LENGTH);
        if (end == sentence)
            return false;
        *ret_values++ = (struct reason_value){sentence, (size_t)(end - sentence)};
        sentence = end;
    }
    return strcmp(sentence, template) == 0;
}

bool reason_find(const char *sentence, struct reason_found *ret_found)
{
    for (size_t i = 0; i < REASONS; i++) {
        struct reason_found found = {.reason = (enum reason)i};
        if (!matches(rows[i].sentence, sentence, found.values))
            continue;
        *ret_found = found;
        return true;
    }
    return false;
}

void reason_add_json(struct text *out, const char *sentence)
{
    struct reason_found found;
    if (!sentence || !reason_find(sentence, &found)) {
        text_add(out, ",\"error_code\":null,\"error_values\":[]");
        return;
    }
    text_addf(out, ",\"error_code\":\"%s\",\"error_values\":[", reason_code(found.reason));
    for (unsigned i = 0; i < reason_value_count(found.reason); i++) {
        if (i)
            text_addc(out, ',');
        json_add_string(out, found.values[i].start, found.values[i].length);
    }
    text_addc(out, ']');
}

static const char *write_bytes(char buffer[static REASON_NUMBER_SIZE], uint64_t bytes, bool round_up)
{
    static const struct {
        uint64_t bytes;
        const char *name;
    } units[] = {{1000000, "MB"}, {1000, "KB"}, {1, "bytes"}};
    size_t i = 0;
    while (i < 2 && bytes < units[i].bytes)
        i++;
    uint64_t count = bytes / units[i].bytes + (round_up && bytes % units[i].bytes != 0);
    (void)snprintf(buffer, REASON_NUMBER_SIZE, "%" PRIu64 " %s", count, units[i].name);
    return buffer;
}

const char *reason_bytes(char buffer[static REASON_NUMBER_SIZE], uint64_t bytes)
{
    return write_bytes(buffer, bytes, true);
}

const char *reason_bytes_limit(char buffer[static REASON_NUMBER_SIZE], uint64_t bytes)
{
    return write_bytes(buffer, bytes, false);
}

const char *reason_percent(char buffer[static REASON_NUMBER_SIZE], double percent)
{
    (void)snprintf(buffer, REASON_NUMBER_SIZE, "%.0f%%", percent);
    return buffer;
}

/* In whole megapixels from ten on, below in tenths. */
static const char *write_pixels(char buffer[static REASON_NUMBER_SIZE], uint64_t pixels, bool round_up)
{
    enum { MILLION = 1000000, TENTH = MILLION / 10 };
    char whole[REASON_NUMBER_SIZE];
    uint64_t unit = pixels < 10 * (uint64_t)MILLION ? TENTH : MILLION;
    uint64_t count = pixels / unit + (round_up && pixels % unit != 0);
    if (unit == TENTH)
        (void)snprintf(buffer, REASON_NUMBER_SIZE, "%" PRIu64 ".%" PRIu64 " megapixels", count / 10, count % 10);
    else
        (void)snprintf(buffer, REASON_NUMBER_SIZE, "%.20s megapixels", reason_number(whole, count));
    return buffer;
}

const char *reason_pixels(char buffer[static REASON_NUMBER_SIZE], uint64_t pixels)
{
    return write_pixels(buffer, pixels, true);
}

const char *reason_pixels_limit(char buffer[static REASON_NUMBER_SIZE], uint64_t pixels)
{
    return write_pixels(buffer, pixels, false);
}

const char *reason_number(char buffer[static REASON_NUMBER_SIZE], uint64_t number)
{
    char digits[INTEGER_MOST + 1], *to = buffer;
    int count = snprintf(digits, sizeof digits, "%" PRIu64, number);
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return buffer;
}
