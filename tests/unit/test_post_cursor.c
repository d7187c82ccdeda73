/* Cursors of listings. */
#include "check.h"
#include "post_cursor.h"

#define ID "0123456789abcdef0123456789abcdef"

enum { REFUSED = -1 };

static void cursors_are_parsed(void)
{
    static const struct {
        const char *text;
        int64_t time_ms; /* REFUSED: it is none */
        enum post_order order;
    } cases[] = {
        {"0-" ID, 0, ORDER_PUBLISHED},
        {"19a20548327-" ID, 0x19a20548327, ORDER_PUBLISHED},
        {"fffffffffffffff-" ID, 0xfffffffffffffff, ORDER_PUBLISHED},
        {"t19a20548327-" ID, 0x19a20548327, ORDER_CAPTURED},
        {"t0-" ID, 0, ORDER_CAPTURED},
        {"t-42207e75680-" ID, -4544208000640, ORDER_CAPTURED}, /* of 1826 */
        {"t-0-" ID, REFUSED, 0},
        {"t00-" ID, REFUSED, 0},
        {"00-" ID, REFUSED, 0},
        {"019a20548327-" ID, REFUSED, 0},
        {"t--5-" ID, REFUSED, 0},
        {"t-" ID, REFUSED, 0},
        {"T5-" ID, REFUSED, 0},
        {"t1000000000000000-" ID, REFUSED, 0},
        {"1000000000000000-" ID, REFUSED, 0},
        {"-" ID, REFUSED, 0},
        {"-5-" ID, REFUSED, 0},
        {"19a20548327", REFUSED, 0},
        {"19a20548327-", REFUSED, 0},
        {"19A20548327-" ID, REFUSED, 0},
        {"19a20548327-" ID "0", REFUSED, 0},
        {" 19a20548327-" ID, REFUSED, 0},
        {"", REFUSED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("\"%s\"", cases[i].text);
        struct post_cursor cursor;
        enum post_order order;
        TEXT_CLEANUP struct text why = {0};
        char again[CURSOR_TEXT_SIZE];
        enum status status = cursor_parse(cases[i].text, &cursor, &order, &why);
        CHECK_INT(status, cases[i].time_ms == REFUSED ? STATUS_INVALID : STATUS_OK);
        CHECK_INT(why.length > 0, cases[i].time_ms == REFUSED);
        if (status != STATUS_OK)
            continue;
        CHECK_INT(cursor.time_ms, cases[i].time_ms);
        CHECK_INT(order, cases[i].order);
        cursor_format(&cursor, order, again);
        CHECK_STR(again, cases[i].text);
    }
}

static void cursors_keep_to_their_order(void)
{
    static const struct {
        const char *text;
        enum post_order order;
        bool is_taken;
    } cases[] = {{"5-" ID, ORDER_PUBLISHED, true},
                 {"t5-" ID, ORDER_CAPTURED, true},
                 {"5-" ID, ORDER_CAPTURED, false},
                 {"t5-" ID, ORDER_PUBLISHED, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("\"%s\" %s", cases[i].text, cases[i].is_taken ? "goes on" : "is refused");
        struct post_cursor cursor = {.time_ms = 7};
        TEXT_CLEANUP struct text why = {0};
        enum status status = cursor_parse_of(cases[i].text, cases[i].order, &cursor, &why);
        CHECK_INT(status, cases[i].is_taken ? STATUS_OK : STATUS_INVALID);
        CHECK_INT(cursor.time_ms, cases[i].is_taken ? 5 : 7);
        CHECK(cases[i].is_taken || strstr(text_get(&why), "a different order"));
    }
}

CHECK_MAIN({"a cursor is a time in hex, a dash and an id", cursors_are_parsed},
           {"a cursor goes on in its own order alone", cursors_keep_to_their_order})
