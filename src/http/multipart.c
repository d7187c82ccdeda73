/* The delimiter between parts is CR LF, two dashes and the boundary. CR stands in it once, at its start: so after a match
 * that fails, the bytes held back are data, all of them, and the search begins anew with the byte that failed. */
#include "multipart.h"

#include "memory.h"
#include "parameter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BOUNDARY_MAX = 70 }; /* RFC 2046 5.1.1 */

enum state {
    STATE_PREAMBLE,  /* before the first delimiter: dropped */
    STATE_DELIMITER, /* behind one: "--", or blanks and the line's end */
    STATE_CLOSING,   /* behind its first dash */
    STATE_PADDING,   /* behind a blank */
    STATE_LINE_END,  /* behind its CR */
    STATE_HEADER,
    STATE_DATA,
    STATE_EPILOGUE /* behind the last delimiter: dropped */
};

struct multipart {
    const struct multipart_events *events;
    void *context;
    enum state state;
    enum status failed;
    struct text reason; /* of the failure */
    char delimiter[4 + BOUNDARY_MAX + 1];
    size_t delimiter_length;
    size_t matched; /* bytes of the delimiter that end what was fed so far */
    unsigned parts;
    const char *name, *filename; /* within header; NULL when not given */
    size_t header_length, line;  /* the running line begins there */
    char header[MULTIPART_HEADER_MAX];
};

static enum status fail(struct multipart *multipart, const char *sentence)
{
    text_setf(&multipart->reason, "%s", sentence);
    return STATUS_INVALID;
}

/* ---- The boundary ---- */

static bool is_boundary(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool alphanumeric = (text[i] >= '0' && text[i] <= '9') || ((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z');
        if (!alphanumeric && !strchr("'()+_,-./:=? ", text[i]))
            return false;
    }
    return length > 0 && length <= BOUNDARY_MAX && text[length - 1] != ' ';
}

/* The boundary parameter of the type; NULL when there is none or it is malformed. Takes the text apart. */
static const char *find_boundary(char *content_type)
{
    struct parameter parameter;
    const char *boundary = NULL;
    char *rest = parameter_end_of_token(content_type);
    do {
        rest = parameter_read(rest, &parameter);
        if (rest && parameter.name && parameter_is_named(&parameter, "boundary")) {
            if (boundary)
                return NULL;
            boundary = parameter.value;
        }
    } while (rest && parameter.name);
    return rest ? boundary : NULL;
}

enum status multipart_open(const char *content_type, const struct multipart_events *events, void *context,
                           struct multipart **ret_multipart, struct text *why)
{
    static const char type[] = "multipart/form-data";
    if (!content_type || strncasecmp(content_type, type, strlen(type)) != 0
        || !strchr("; \t", content_type[strlen(type)])) {
        text_setf(why, "The request is not a form (multipart/form-data).");
        return STATUS_INVALID;
    }
    char *copy = memory_copy_string(content_type);
    const char *boundary = find_boundary(copy);
    enum status status = boundary && is_boundary(boundary, strlen(boundary)) ? STATUS_OK : STATUS_INVALID;
    if (status == STATUS_OK) {
        struct multipart *multipart = NEW(struct multipart);
        multipart->events = events;
        multipart->context = context;
        size_t length = strlen(boundary);
        memcpy(multipart->delimiter, "\r\n--", 4);
        memcpy(multipart->delimiter + 4, boundary, length);
        multipart->delimiter_length = length + 4;
        multipart->matched = 2; /* the first delimiter may stand at the very start, without a line's end before it */
        *ret_multipart = multipart;
    } else {
        text_setf(why, "The Content-Type of the form has no boundary, or a malformed one.");
    }
    free(copy);
    return status;
}

void multipart_close(struct multipart *multipart)
{
    if (!multipart)
        return;
    text_release(&multipart->reason);
    free(multipart);
}

/* ---- The header of a part ---- */

static enum status read_disposition(struct multipart *multipart, char *value)
{
    struct parameter parameter;
    char *rest = parameter_end_of_token(value);
    if (multipart->name)
        return fail(multipart, "A part of the form has two Content-Disposition headers.");
    if ((size_t)(rest - value) != strlen("form-data") || strncasecmp(value, "form-data", strlen("form-data")) != 0)
        return fail(multipart, "The Content-Disposition of a part of the form is not form-data.");
    do {
        rest = parameter_read(rest, &parameter);
        if (!rest)
            return fail(multipart, "The Content-Disposition of a part of the form is malformed.");
        bool is_name = parameter.name && parameter_is_named(&parameter, "name");
        bool is_filename = parameter.name && parameter_is_named(&parameter, "filename");
        if ((is_name && multipart->name) || (is_filename && multipart->filename))
            return fail(multipart, "The Content-Disposition of a part of the form gives a name twice.");
        if (is_name)
            multipart->name = parameter.value;
        if (is_filename)
            multipart->filename = parameter.value;
    } while (parameter.name);
    if (!multipart->name || !multipart->name[0])
        return fail(multipart, "A part of the form has no name.");
    if (strlen(multipart->name) > MULTIPART_NAME_MAX)
        return fail(multipart, "The name of a part of the form is too long.");
    return STATUS_OK;
}

/* RFC 7578 4.7: the data come as they are; what claims otherwise would be taken for another file. */
static enum status read_encoding(struct multipart *multipart, char *value)
{
    static const char *const plain[] = {"7bit", "8bit", "binary"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcasecmp(value, plain[i]) == 0)
            return STATUS_OK;
    return fail(multipart, "A part of the form has a Content-Transfer-Encoding; parts must be sent as they are.");
}

static const struct {
    const char *name;
    enum status (*read)(struct multipart *multipart, char *value);
} known_headers[] = {
    {"content-disposition", read_disposition},
    {"content-transfer-encoding", read_encoding},
};

static enum status read_line(struct multipart *multipart, char *line)
{
    if (parameter_is_blank(line[0]))
        return fail(multipart, "A header of a part of the form is folded.");
    char *colon = strchr(line, ':');
    if (!colon || colon == line)
        return fail(multipart, "A part of the form has a header line without a name.");
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    for (size_t length = strlen(value); length && parameter_is_blank(value[length - 1]);)
        value[--length] = '\0';
    for (size_t i = 0; i < sizeof known_headers / sizeof known_headers[0]; i++)
        if (strcasecmp(line, known_headers[i].name) == 0)
            return known_headers[i].read(multipart, value);
    return STATUS_OK;
}

static enum status begin_part(struct multipart *multipart)
{
    if (!multipart->name)
        return fail(multipart, "A part of the form has no Content-Disposition.");
    multipart->state = STATE_DATA;
    multipart->matched = 0;
    return multipart->events->part(multipart->context, multipart->name, multipart->filename, &multipart->reason);
}

static enum status end_line(struct multipart *multipart)
{
    char *line = multipart->header + multipart->line, *end = multipart->header + multipart->header_length - 2;
    if (end < line || *end != '\r')
        return fail(multipart, "A line in the form does not end in CR LF.");
    *end = '\0';
    multipart->line = multipart->header_length;
    return line == end ? begin_part(multipart) : read_line(multipart, line);
}

static enum status take_header(struct multipart *multipart, const char *data, size_t size, size_t *ret_taken)
{
    enum status status = STATUS_OK;
    size_t i = 0;
    while (i < size && status == STATUS_OK && multipart->state == STATE_HEADER) {
        char c = data[i++];
        size_t length = multipart->header_length;
        if (length == MULTIPART_HEADER_MAX)
            return fail(multipart, "The header of a part of the form is too long.");
        bool after_return = length > multipart->line && multipart->header[length - 1] == '\r';
        if (((unsigned char)c < ' ' && !strchr("\t\r\n", c)) || !c || c == 127 || (after_return && c != '\n'))
            return fail(multipart, "The header of a part of the form holds a control character.");
        multipart->header[multipart->header_length++] = c;
        if (c == '\n')
            status = end_line(multipart);
    }
    *ret_taken = i;
    return status;
}

/* ---- Delimiters ---- */

static enum status begin_header(struct multipart *multipart)
{
    if (multipart->parts++ == MULTIPART_PARTS_MAX)
        return fail(multipart, "The form has too many parts.");
    multipart->state = STATE_HEADER;
    multipart->header_length = multipart->line = 0;
    multipart->name = multipart->filename = NULL;
    return STATUS_OK;
}

/* Behind a delimiter, byte by byte. */
static enum status take_delimiter(struct multipart *multipart, const char *data, size_t size, size_t *ret_taken)
{
    static const char malformed[] = "A boundary in the form is followed by something else than a line's end.";
    (void)size;
    *ret_taken = 1;
    switch (multipart->state) {
    case STATE_CLOSING:
        multipart->state = STATE_EPILOGUE;
        return *data == '-' ? STATUS_OK : fail(multipart, malformed);
    case STATE_LINE_END:
        return *data == '\n' ? begin_header(multipart) : fail(multipart, malformed);
    default:
        if (*data == '\r')
            multipart->state = STATE_LINE_END;
        else if (parameter_is_blank(*data))
            multipart->state = STATE_PADDING;
        else if (*data == '-' && multipart->state == STATE_DELIMITER)
            multipart->state = STATE_CLOSING;
        else
            return fail(multipart, malformed);
        return STATUS_OK;
    }
}

/* Where the delimiter begins in data, or the start of one that goes on beyond them; `size` when it does not. */
static size_t find_delimiter(const struct multipart *multipart, const char *data, size_t size)
{
    const char *end = data + size, *found = data;
    while ((found = memchr(found, '\r', (size_t)(end - found)))) {
        size_t length = (size_t)(end - found);
        length = length < multipart->delimiter_length ? length : multipart->delimiter_length;
        if (memcmp(found, multipart->delimiter, length) == 0)
            return (size_t)(found - data);
        found++;
    }
    return size;
}

static enum status emit(struct multipart *multipart, const char *data, size_t size)
{
    if (multipart->state == STATE_PREAMBLE || !size)
        return STATUS_OK;
    return multipart->events->data(multipart->context, data, size, &multipart->reason);
}

/* Goes on with a delimiter of which `matched` bytes have been seen. */
static enum status take_match(struct multipart *multipart, const char *data, size_t size, size_t *ret_taken)
{
    size_t i = 0;
    while (i < size && multipart->matched < multipart->delimiter_length
           && data[i] == multipart->delimiter[multipart->matched]) {
        multipart->matched++;
        i++;
    }
    *ret_taken = i;
    if (multipart->matched == multipart->delimiter_length) {
        bool ends_part = multipart->state == STATE_DATA;
        multipart->state = STATE_DELIMITER;
        return ends_part ? multipart->events->part_end(multipart->context, &multipart->reason) : STATUS_OK;
    }
    if (i == size)
        return STATUS_OK;
    size_t held = multipart->matched;
    multipart->matched = 0;
    return emit(multipart, multipart->delimiter, held);
}

/* Data of a part, or the preamble. */
static enum status take_data(struct multipart *multipart, const char *data, size_t size, size_t *ret_taken)
{
    if (multipart->matched)
        return take_match(multipart, data, size, ret_taken);
    size_t clear = find_delimiter(multipart, data, size), rest = 0;
    enum status status = emit(multipart, data, clear);
    if (status == STATUS_OK && clear < size)
        status = take_match(multipart, data + clear, size - clear, &rest);
    *ret_taken = clear + rest;
    return status;
}

static enum status take_epilogue(struct multipart *multipart, const char *data, size_t size, size_t *ret_taken)
{
    (void)multipart, (void)data;
    *ret_taken = size;
    return STATUS_OK;
}

static enum status (*const takers[])(struct multipart *multipart, const char *data, size_t size, size_t *ret_taken) = {
    [STATE_PREAMBLE] = take_data,     [STATE_DELIMITER] = take_delimiter, [STATE_CLOSING] = take_delimiter,
    [STATE_PADDING] = take_delimiter, [STATE_LINE_END] = take_delimiter,  [STATE_HEADER] = take_header,
    [STATE_DATA] = take_data,         [STATE_EPILOGUE] = take_epilogue,
};

enum status multipart_feed(struct multipart *multipart, const char *data, size_t size, struct text *why)
{
    size_t taken = 0;
    while (size && multipart->failed == STATUS_OK) {
        multipart->failed = takers[multipart->state](multipart, data, size, &taken);
        data += taken;
        size -= taken;
    }
    if (multipart->failed != STATUS_OK)
        text_setf(why, "%s", text_get(&multipart->reason));
    return multipart->failed;
}

enum status multipart_finish(struct multipart *multipart, struct text *why)
{
    if (multipart->failed == STATUS_OK && multipart->state == STATE_EPILOGUE)
        return STATUS_OK;
    if (multipart->failed == STATUS_OK)
        multipart->failed = fail(multipart, multipart->state == STATE_PREAMBLE
                                                ? "The form does not hold the boundary that its Content-Type names."
                                                : "The form ends before its closing boundary.");
    text_setf(why, "%s", text_get(&multipart->reason));
    return multipart->failed;
}
