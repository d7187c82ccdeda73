/* Cursors of listings. */
#include "check.h"
#include "post_cursor.h"

#define ID "0123456789abcdef0123456789abcdef"

static void cursors_are_parsed(void)
{
    static const struct {
        const char *text;
        int64_t created_ms; /* -1: refused */
    } cases[] = {
        {"0-" ID, 0},
        {"19a20548327-" ID, 0x19a20548327},
        {"fffffffffffffff-" ID, 0xfffffffffffffff},
        {"1000000000000000-" ID, -1},
        {"-" ID, -1},
        {"-5-" ID, -1},
        {"19a20548327", -1},
        {"19a20548327-", -1},
        {"19A20548327-" ID, -1},
        {"19a20548327-" ID "0", -1},
        {" 19a20548327-" ID, -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("\"%s\"", cases[i].text);
        struct post_cursor cursor;
        TEXT_CLEANUP struct text why = {0};
        char again[CURSOR_TEXT_SIZE];
        enum status status = cursor_parse(cases[i].text, &cursor, &why);
        CHECK_INT(status, cases[i].created_ms < 0 ? STATUS_INVALID : STATUS_OK);
        CHECK_INT(why.length > 0, cases[i].created_ms < 0);
        if (status != STATUS_OK)
            continue;
        CHECK_INT(cursor.time_ms, cases[i].created_ms);
        cursor_format(&cursor, again);
        CHECK_STR(again, cases[i].text);
    }
}

CHECK_MAIN({"a cursor is a time in hex, a dash and an id", cursors_are_parsed})
