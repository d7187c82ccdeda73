/* Reading answers of HTTP/1.1 in pieces of every size. */
#include "answer_reader.h"
#include "check.h"

enum end { WHOLE, BROKEN, WAITS, WHOLE_AT_END, CUT_AT_END };

static const struct {
    const char *says, *bytes;
    enum end end;
    int code;
    const char *body;
    bool closes, is_bodyless;
} cases[] = {
    {"a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", WHOLE, 200, "hello", false, false},
    {"a length of 0", "HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n", WHOLE, 404, "", false, false},
    {"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", WHOLE, 200, "", false, false},
    {"it closes", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx", WHOLE, 200, "x", true, false},
    {"HTTP/1.0 closes", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", WHOLE, 200, "x", true, false},
    {"HTTP/1.0 that stays", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", WHOLE, 200, "x",
     false, false},
    {"until the end", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nall of it", WHOLE_AT_END, 200, "all of it", true, false},
    {"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
     WHOLE, 200, "hello0123456789", false, false},
    {"chunks and a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n", WHOLE,
     200, "x", false, false},
    {"an answer to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", WHOLE, 200, "", false, true},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", WHOLE, 204, "", false, false},
    {"304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", WHOLE, 304, "", false, false},
    {"an interim answer before", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", WHOLE,
     200, "ok", false, false},
    {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", CUT_AT_END, 200, "hello", false, false},
    {"half a head", "HTTP/1.1 200 OK\r\nContent-Le", CUT_AT_END, 0, "", false, false},
    {"half of the chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", CUT_AT_END, 200,
     "hello", false, false},
    {"nothing", "", CUT_AT_END, 0, "", false, false},
    {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", BROKEN, 0, "", false, false},
    {"HTTP/2", "HTTP/2 200\r\n\r\n", BROKEN, 0, "", false, false},
    {"no code", "HTTP/1.1 OK\r\n\r\n", BROKEN, 0, "", false, false},
    {"a code of 4 digits", "HTTP/1.1 2000 OK\r\n\r\n", BROKEN, 0, "", false, false},
    {"a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n", BROKEN, 200, "", false, false},
    {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", BROKEN, 200, "", false, false},
    {"a chunk without a size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", BROKEN, 200, "", false,
     false},
    {"a chunk longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", BROKEN, 200,
     "x", false, false},
};

static enum end end_of(struct answer_reader *reader)
{
    if (reader->part == ANSWER_WHOLE)
        return WHOLE;
    if (reader->part == ANSWER_BROKEN)
        return BROKEN;
    return answer_reader_end(reader) ? WHOLE_AT_END : CUT_AT_END;
}

static void answers_are_read_in_pieces_of_any_size(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = strlen(cases[i].bytes);
        check_case("%s", cases[i].says);
        struct answer_reader reader = {0};
        for (size_t piece = 1; piece <= length + 1; piece++) {
            TEXT_CLEANUP struct text body = {0};
            answer_reader_begin(&reader, cases[i].is_bodyless, &body);
            size_t at = 0;
            for (size_t size; at < length; at += size) {
                size = length - at < piece ? length - at : piece;
                size_t took = answer_reader_feed(&reader, cases[i].bytes + at, size);
                if (took < size)
                    break;
            }
            if (!CHECK_INT(end_of(&reader), cases[i].end) || !CHECK_STR(text_get(&body), cases[i].body)
                || !CHECK_INT(reader.code,
                              reader.part == ANSWER_BROKEN && cases[i].code == 0 ? reader.code : cases[i].code))
                break;
            if (reader.part == ANSWER_WHOLE)
                CHECK_INT(reader.closes, cases[i].closes);
        }
        answer_reader_release(&reader);
    }
}

static void what_follows_an_answer_is_left(void)
{
    static const char bytes[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n";
    struct answer_reader reader = {0};
    answer_reader_begin(&reader, false, NULL);
    CHECK_INT(answer_reader_feed(&reader, bytes, sizeof bytes - 1),
              strlen("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    CHECK_INT(reader.part, ANSWER_WHOLE);
    answer_reader_release(&reader);
}

static void a_head_is_bounded(void)
{
    struct answer_reader reader = {0};
    char piece[1000];
    size_t taken = 0;
    memset(piece, 'a', sizeof piece);
    answer_reader_begin(&reader, false, NULL);
    (void)answer_reader_feed(&reader, "HTTP/1.1 200 OK\r\nA: ", 20);
    while (reader.part == ANSWER_HEAD && taken < 10 * ANSWER_HEAD_MAX)
        taken += answer_reader_feed(&reader, piece, sizeof piece);
    CHECK_INT(reader.part, ANSWER_BROKEN);
    CHECK(taken <= ANSWER_HEAD_MAX + sizeof piece);
    answer_reader_release(&reader);
}

CHECK_MAIN({"an answer is read in pieces of any size", answers_are_read_in_pieces_of_any_size},
           {"what follows an answer is left", what_follows_an_answer_is_left},
           {"a head that does not end is broken", a_head_is_bounded})
