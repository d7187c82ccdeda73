#include "answer_reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void answer_reader_begin(struct answer_reader *reader, bool is_bodyless, struct text *keep)
{
    struct text line = reader->line;
    text_clear(&line);
    *reader = (struct answer_reader){.is_bodyless = is_bodyless, .keep = keep, .line = line};
}

void answer_reader_release(struct answer_reader *reader)
{
    text_release(&reader->line);
}

/* ---- The head ---- */

struct head {
    uint64_t length;
    bool has_length, is_chunked, closes, keeps;
};

static bool parse_length(const char *value, uint64_t *ret)
{
    char *end;
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || digits > 18)
        return false;
    *ret = strtoull(value, &end, 10);
    return *(end + strspn(end, " \t")) == '\0';
}

/* The field's value if the line is of that field. */
static const char *field(const char *line, const char *name, size_t length)
{
    if (strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    return line + length + 1 + strspn(line + length + 1, " \t");
}

static bool parse_line(const char *line, struct head *head)
{
    const char *value;
    if ((value = field(line, "content-length", 14))) {
        uint64_t length;
        if (!parse_length(value, &length) || (head->has_length && length != head->length))
            return false;
        head->length = length;
        head->has_length = true;
    } else if ((value = field(line, "transfer-encoding", 17))) {
        head->is_chunked = strcasestr(value, "chunked") != NULL;
    } else if ((value = field(line, "connection", 10))) {
        head->closes = head->closes || strcasestr(value, "close") != NULL;
        head->keeps = head->keeps || strcasestr(value, "keep-alive") != NULL;
    }
    return true;
}

/* "HTTP/1.1 200 OK": the code, or 0. */
static int parse_status_line(const char *line, bool *ret_is_old)
{
    if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
        return 0;
    const char *code = line + 9;
    if (strspn(code, "0123456789") != 3 || (code[3] != ' ' && code[3] != '\0'))
        return 0;
    *ret_is_old = line[7] == '0';
    return (code[0] - '0') * 100 + (code[1] - '0') * 10 + code[2] - '0';
}

/* What follows the head: RFC 9112 6.3. */
static enum answer_part after_head(const struct answer_reader *reader, const struct head *head)
{
    if (reader->code < 200)
        return ANSWER_HEAD; /* an interim answer; the real one comes */
    if (reader->is_bodyless || reader->code == 204 || reader->code == 304)
        return ANSWER_WHOLE;
    if (head->is_chunked)
        return ANSWER_CHUNK_SIZE;
    if (head->has_length)
        return head->length ? ANSWER_BODY : ANSWER_WHOLE;
    return ANSWER_UNTIL_END;
}

/* The head with its last empty line; it is NUL-terminated in place of its line ends. */
static enum answer_part parse_head(struct answer_reader *reader, char *head_text, size_t length)
{
    struct head head = {0};
    bool is_old = false;
    char *end = head_text + length;
    for (char *line = head_text, *next; line < end; line = next) {
        next = memchr(line, '\n', (size_t)(end - line));
        if (!next)
            return ANSWER_BROKEN;
        next++;
        next[next - line >= 2 && next[-2] == '\r' ? -2 : -1] = '\0';
        if (line == head_text) {
            reader->code = parse_status_line(line, &is_old);
            if (reader->code < 100)
                return ANSWER_BROKEN;
        } else if ((*line == 'c' || *line == 'C' || *line == 't' || *line == 'T') && !parse_line(line, &head)) {
            return ANSWER_BROKEN;
        }
    }
    reader->left = head.length;
    enum answer_part part = after_head(reader, &head);
    reader->closes = head.closes || (is_old && !head.keeps) || part == ANSWER_UNTIL_END;
    return part;
}

/* ---- Pieces ---- */

/* Gathers bytes up to and with `mark`. Returns how many it took; *ret_is_there when reader->line is complete. */
static size_t gather(struct answer_reader *reader, const char *data, size_t length, const char *mark,
                     bool *ret_is_there)
{
    size_t before = reader->line.length, size = strlen(mark), overlap = before < size - 1 ? before : size - 1;
    text_append(&reader->line, data, length);
    const char *from = reader->line.data + before - overlap;
    const char *found = memmem(from, overlap + length, mark, size);
    *ret_is_there = found != NULL;
    if (!found)
        return length;
    reader->line.length = (size_t)(found - reader->line.data) + size;
    reader->line.data[reader->line.length] = '\0';
    return reader->line.length - before;
}

static size_t feed_head(struct answer_reader *reader, const char *data, size_t length)
{
    bool is_there;
    size_t took = gather(reader, data, length, "\r\n\r\n", &is_there);
    if (is_there) {
        /* Without the empty line. */
        reader->part = parse_head(reader, reader->line.data, reader->line.length - 2);
        text_clear(&reader->line);
    } else if (reader->line.length > ANSWER_HEAD_MAX
               || strncmp(text_get(&reader->line), "HTTP/1.", reader->line.length < 7 ? reader->line.length : 7) != 0) {
        reader->part = ANSWER_BROKEN;
    }
    return took;
}

static size_t feed_body(struct answer_reader *reader, const char *data, size_t length)
{
    size_t took = reader->part == ANSWER_UNTIL_END || length < reader->left ? length : (size_t)reader->left;
    if (reader->keep && reader->keep->length + took <= ANSWER_KEEP_MAX)
        text_append(reader->keep, data, took);
    reader->left -= reader->part == ANSWER_UNTIL_END ? 0 : took;
    if (reader->part == ANSWER_BODY && reader->left == 0)
        reader->part = ANSWER_WHOLE;
    if (reader->part == ANSWER_CHUNK && reader->left == 0)
        reader->part = ANSWER_CHUNK_END;
    return took;
}

static enum answer_part parse_chunk_size(struct answer_reader *reader)
{
    size_t digits = strspn(text_get(&reader->line), "0123456789abcdefABCDEF");
    if (digits == 0 || digits > 15)
        return ANSWER_BROKEN;
    reader->left = strtoull(text_get(&reader->line), NULL, 16);
    return reader->left ? ANSWER_CHUNK : ANSWER_TRAILER;
}

static size_t feed_line(struct answer_reader *reader, const char *data, size_t length)
{
    bool is_there;
    size_t took = gather(reader, data, length, "\n", &is_there);
    bool is_empty = is_there && strcmp(text_get(&reader->line), reader->line.length == 1 ? "\n" : "\r\n") == 0;
    if (!is_there) {
        if (reader->line.length > ANSWER_HEAD_MAX)
            reader->part = ANSWER_BROKEN;
        return took;
    }
    if (reader->part == ANSWER_CHUNK_SIZE)
        reader->part = parse_chunk_size(reader);
    else if (reader->part == ANSWER_CHUNK_END)
        reader->part = is_empty ? ANSWER_CHUNK_SIZE : ANSWER_BROKEN;
    else if (is_empty)
        reader->part = ANSWER_WHOLE;
    text_clear(&reader->line);
    return took;
}

size_t answer_reader_feed(struct answer_reader *reader, const char *data, size_t length)
{
    static size_t (*const feeders[])(struct answer_reader *, const char *, size_t) = {
        [ANSWER_HEAD] = feed_head,       [ANSWER_BODY] = feed_body,  [ANSWER_UNTIL_END] = feed_body,
        [ANSWER_CHUNK_SIZE] = feed_line, [ANSWER_CHUNK] = feed_body, [ANSWER_CHUNK_END] = feed_line,
        [ANSWER_TRAILER] = feed_line,
    };
    size_t taken = 0;
    reader->has_begun = reader->has_begun || length > 0;
    while (taken < length && reader->part != ANSWER_WHOLE && reader->part != ANSWER_BROKEN)
        taken += feeders[reader->part](reader, data + taken, length - taken);
    return taken;
}

bool answer_reader_end(struct answer_reader *reader)
{
    if (reader->part == ANSWER_UNTIL_END)
        reader->part = ANSWER_WHOLE;
    return reader->part == ANSWER_WHOLE;
}
