/* The delimiter between parts is a line's end, two dashes and the boundary. Its first byte stands in it once: so after
 * a match that fails, the bytes held back are data, all of them, and the search begins anew with the byte that failed.
 *
 * Lines end in CR LF. Clients written by hand end them in a bare LF: the end of the first boundary's line tells which
 * it is for the whole form, and so whether a CR before a boundary is the last byte of a photo. Before it, in the
 * preamble, it makes no difference. */
#include "multipart.h"

#include "memory.h"
#include "parameter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BOUNDARY_MAX = 255 }; /* RFC 2046 5.1.1 has 70; clients have more */

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
    struct text reason;                /* of the failure */
    char dashes[4 + BOUNDARY_MAX + 1]; /* CR LF, two dashes, the boundary */
    const char *delimiter;             /* within: from the CR, or from the LF */
    size_t delimiter_length;
    size_t matched; /* bytes of the delimiter that end what was fed so far */
    unsigned parts;
    const char *name, *filename; /* within header; NULL when not given */
    bool has_filename;           /* as "filename", and not only in another spelling */
    size_t header_length, line;  /* the running line begins there */
    char header[MULTIPART_HEADER_MAX];
};

static enum status fail(struct multipart *multipart, const char *sentence)
{
    text_setf(&multipart->reason, "%s", sentence);
    return STATUS_INVALID;
}

/* ---- The boundary ---- */

/* RFC 2046 allows letters, digits and a few signs; clients also send "*****" and others, which do no harm. */
static bool is_boundary(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            return false;
    return length > 0 && length <= BOUNDARY_MAX && text[length - 1] != ' ';
}

/* The boundary parameter behind the type; NULL when there is none, or it is malformed. Takes the text apart. */
static const char *find_boundary(char *rest)
{
    struct parameter parameter;
    const char *boundary = NULL;
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

static void set_boundary(struct multipart *multipart, const char *boundary)
{
    size_t length = strlen(boundary);
    memcpy(multipart->dashes, "\r\n--", 4);
    memcpy(multipart->dashes + 4, boundary, length);
    multipart->delimiter = multipart->dashes + 1;
    multipart->delimiter_length = length + 3;
    multipart->matched = 1; /* the first delimiter may stand at the very start, without a line's end before it */
}

enum status multipart_open(const char *content_type, const struct multipart_events *events, void *context,
                           struct multipart **ret_multipart, struct text *why)
{
    static const char type[] = "multipart/form-data";
    size_t length = strlen(type);
    if (!content_type || strncasecmp(content_type, type, length) != 0 || !strchr("; \t,", content_type[length])) {
        text_setf(why, "It isn't multipart/form-data.");
        return STATUS_INVALID;
    }
    char *copy = memory_copy_string(content_type), *rest = copy + length + strspn(copy + length, " \t");
    if (*rest == ',') /* RFC 1867 wrote a comma here, and some clients still do */
        *rest = ';';
    const char *boundary = find_boundary(rest);
    enum status status = boundary && is_boundary(boundary, strlen(boundary)) ? STATUS_OK : STATUS_INVALID;
    if (status == STATUS_OK) {
        struct multipart *multipart = NEW(struct multipart);
        multipart->events = events;
        multipart->context = context;
        set_boundary(multipart, boundary);
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

/* filename, filename* (RFC 8187), and filename*0 (RFC 2231), which may stand beside each other: the first is told, as
 * it came. */
static bool is_filename(const struct parameter *parameter)
{
    static const char name[] = "filename";
    size_t length = sizeof name - 1;
    return parameter->name_length >= length && strncasecmp(parameter->name, name, length) == 0
           && (parameter->name_length == length || parameter->name[length] == '*');
}

/* False for a name that was given before. */
static bool take_parameter(struct multipart *multipart, const struct parameter *parameter)
{
    if (parameter_is_named(parameter, "name")) {
        if (multipart->name)
            return false;
        multipart->name = parameter->value;
    } else if (is_filename(parameter)) {
        bool is_plain = parameter_is_named(parameter, "filename");
        if (is_plain && multipart->has_filename)
            return false;
        multipart->has_filename |= is_plain;
        if (is_plain || !multipart->filename)
            multipart->filename = parameter->value;
    }
    return true;
}

/* Some clients quote as Python does. */
static const char *without_quotes(struct multipart *multipart, const char *value)
{
    size_t length = value ? strlen(value) : 0;
    if (length < 2 || value[0] != '\'' || value[length - 1] != '\'')
        return value;
    multipart->header[(size_t)(value - multipart->header) + length - 1] = '\0';
    return value + 1;
}

static enum status read_disposition(struct multipart *multipart, char *value)
{
    struct parameter parameter;
    char *rest = value + strcspn(value, " \t;");
    if (multipart->name)
        return fail(multipart, "A part of the form has two Content-Disposition headers.");
    if ((size_t)(rest - value) != strlen("form-data") || strncasecmp(value, "form-data", strlen("form-data")) != 0)
        return fail(multipart, "The Content-Disposition of a part of the form is not form-data.");
    do {
        rest = parameter_read(rest, &parameter);
        if (!rest)
            return fail(multipart, "The Content-Disposition of a part of the form is malformed.");
        if (parameter.name && !take_parameter(multipart, &parameter))
            return fail(multipart, "The Content-Disposition of a part of the form gives a name twice.");
    } while (parameter.name);
    multipart->name = without_quotes(multipart, multipart->name);
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
    char *line = multipart->header + multipart->line, *end = multipart->header + multipart->header_length - 1;
    if (end > line && end[-1] == '\r')
        end--;
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
    multipart->has_filename = false;
    return STATUS_OK;
}

/* The line of a boundary has ended: the first one's end tells how all do. */
static enum status end_delimiter(struct multipart *multipart, bool has_return)
{
    if (has_return && multipart->parts == 0) {
        multipart->delimiter = multipart->dashes;
        multipart->delimiter_length++;
    }
    return begin_header(multipart);
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
        return *data == '\n' ? end_delimiter(multipart, true) : fail(multipart, malformed);
    default:
        if (*data == '\n')
            return end_delimiter(multipart, false);
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
    while ((found = memchr(found, multipart->delimiter[0], (size_t)(end - found)))) {
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
