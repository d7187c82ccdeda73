/* Each form is fed whole, byte by byte and in random pieces: what the parser tells must be the same. */
#include "check.h"
#include "multipart.h"

#include <stdio.h>
#include <stdlib.h>

#define TYPE       "multipart/form-data; boundary=XX"
#define PART       "--XX\r\nContent-Disposition: form-data; name=\"photo\"\r\n\r\n"
#define PART_OF(d) "--XX\r\nContent-Disposition: " d "\r\n\r\nx\r\n--XX--\r\n"
#define END        "\r\n--XX--\r\n"

/* What was told, as text: "part photo (a.jpg)|data|end|". */
struct events {
    struct text told;
    bool in_data;
    unsigned refuse_after; /* bytes of data; 0: never */
    unsigned data;
};

static enum status on_part(void *context, const char *name, const char *filename, struct text *why)
{
    struct events *events = context;
    (void)why;
    text_addf(&events->told, "part %s", name);
    if (filename)
        text_addf(&events->told, " (%s)", filename);
    text_addc(&events->told, '|');
    return STATUS_OK;
}

static enum status on_data(void *context, const char *data, size_t size, struct text *why)
{
    struct events *events = context;
    text_append(&events->told, data, size);
    events->data += (unsigned)size;
    if (!events->refuse_after || events->data < events->refuse_after)
        return STATUS_OK;
    text_setf(why, "Enough.");
    return STATUS_TOO_LARGE;
}

static enum status on_part_end(void *context, struct text *why)
{
    struct events *events = context;
    (void)why;
    text_add(&events->told, "|end|");
    return STATUS_OK;
}

static const struct multipart_events ops = {on_part, on_data, on_part_end};

/* The same numbers in each run: xorshift. */
static unsigned random_number(void)
{
    static unsigned number = 2463534242;
    number ^= number << 13;
    number ^= number >> 17;
    number ^= number << 5;
    return number;
}

/* Feeds pieces of `step` bytes, of random sizes when it is 0; then appends "OK" or the sentence. */
static void parse(const char *type, const char *form, size_t size, size_t step, struct events *events)
{
    struct multipart *multipart;
    TEXT_CLEANUP struct text why = {0};
    enum status status = multipart_open(type, &ops, events, &multipart, &why);
    if (status == STATUS_OK) {
        for (size_t done = 0, piece; done < size && status == STATUS_OK; done += piece) {
            piece = step ? step : 1 + random_number() % 9;
            piece = piece < size - done ? piece : size - done;
            char *copy = malloc(piece); /* of its exact size, so that a sanitizer sees one byte too many */
            memcpy(copy, form + done, piece);
            status = multipart_feed(multipart, copy, piece, &why);
            free(copy);
        }
        if (status == STATUS_OK)
            status = multipart_finish(multipart, &why);
        multipart_close(multipart);
    }
    text_add(&events->told, status == STATUS_OK ? "OK" : text_get(&why));
}

struct row {
    const char *name, *form, *told;
};

static void check_row(const struct row *row, const char *type)
{
    static const size_t steps[] = {1 << 20, 1, 2, 3, 5, 0, 0, 0, 0};
    check_case("%s", row->name);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct events events = {0};
        parse(type, row->form, strlen(row->form), steps[i], &events);
        CHECK_STR(text_get(&events.told), row->told);
        text_release(&events.told);
    }
}

static void test_forms(void)
{
    static const struct row rows[] = {
        {"a field", PART "hello" END, "part photo|hello|end|OK"},
        {"an empty field", PART END, "part photo||end|OK"},
        {"no line's end after the last boundary", PART "hello\r\n--XX--", "part photo|hello|end|OK"},
        {"a preamble", "This is a form.\r\nReally.\r\n" PART "x" END, "part photo|x|end|OK"},
        {"a line's end before the first boundary", "\r\n" PART "x" END, "part photo|x|end|OK"},
        {"an epilogue", PART "x" END "bye\r\n--XX\r\nnothing", "part photo|x|end|OK"},
        {"no part at all", "--XX--\r\n", "OK"},
        {"two parts", PART "one\r\n" PART "two" END, "part photo|one|end|part photo|two|end|OK"},
        {"blanks after a boundary",
         "--XX \t\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XX \r\n"
         "Content-Disposition: form-data; name=b\r\n\r\ny" END,
         "part a|x|end|part b|y|end|OK"},
        {"what looks like a boundary", PART "\r\n--X\r\n--Xx\r\r\n-\r\r\n--X" END,
         "part photo|\r\n--X\r\n--Xx\r\r\n-\r\r\n--X|end|OK"},
        {"line ends only", PART "\r\n\r\n\n\r\r\n" END, "part photo|\r\n\r\n\n\r\r\n|end|OK"},
        {"the boundary without dashes", PART "XX\r\nXX--" END, "part photo|XX\r\nXX--|end|OK"},
        {"a file", PART_OF("form-data; name=\"photo\"; filename=\"a b.jpg\""), "part photo (a b.jpg)|x|end|OK"},
        {"a file without a name", PART_OF("form-data; name=\"photo\"; filename=\"\""), "part photo ()|x|end|OK"},
        {"file before name", PART_OF("form-data; filename=a.jpg; name=photo"), "part photo (a.jpg)|x|end|OK"},
        {"in capitals", PART_OF("FORM-DATA; NAME=\"photo\""), "part photo|x|end|OK"},
        {"no blanks", PART_OF("form-data;name=\"photo\";filename=\"a\""), "part photo (a)|x|end|OK"},
        {"many blanks", PART_OF("  form-data \t ;  name=photo ; "), "part photo|x|end|OK"},
        {"an escaped quote", PART_OF("form-data; name=\"a\\\"b\""), "part a\"b|x|end|OK"},
        {"an escaped backslash", PART_OF("form-data; name=\"a\\\\b\""), "part a\\b|x|end|OK"},
        {"a Windows path", PART_OF("form-data; name=p; filename=\"C:\\dir\\a.jpg\""),
         "part p (C:\\dir\\a.jpg)|x|end|OK"},
        {"a quote as browsers send it", PART_OF("form-data; name=\"a%22b\""), "part a\"b|x|end|OK"},
        {"other percents stay", PART_OF("form-data; name=\"100%25 %41%2\""), "part 100%25 %41%2|x|end|OK"},
        {"a semicolon in quotes", PART_OF("form-data; name=\"a;b\"; filename=\"c; name=d\""),
         "part a;b (c; name=d)|x|end|OK"},
        {"UTF-8", PART_OF("form-data; name=p; filename=\"f\xc3\xb6\xc3\xb6.jpg\""),
         "part p (f\xc3\xb6\xc3\xb6.jpg)|x|end|OK"},
        {"filename* alone", PART_OF("form-data; name=p; filename*=utf-8''%c3%a9.jpg"),
         "part p (utf-8''%c3%a9.jpg)|x|end|OK"},
        {"filename* in pieces", PART_OF("form-data; name=p; filename*0*=utf-8''a; filename*1*=b"),
         "part p (utf-8''a)|x|end|OK"},
        {"filename* behind filename", PART_OF("form-data; name=p; filename=\"a\"; filename*=utf-8''b"),
         "part p (a)|x|end|OK"},
        {"filename* before filename", PART_OF("form-data; name=p; filename*=utf-8''b; filename=\"a\""),
         "part p (a)|x|end|OK"},
        {"another parameter that begins alike", PART_OF("form-data; name=p; filenames=a"), "part p|x|end|OK"},
        {"a name in single quotes", PART_OF("form-data; name='photo'; filename='a b.jpg'"),
         "part photo ('a b.jpg')|x|end|OK"},
        {"a single quote is a name", PART_OF("form-data; name='"), "part '|x|end|OK"},
        {"blanks without quotes", PART_OF("form-data; name=photo; filename=my photo.jpg "),
         "part photo (my photo.jpg)|x|end|OK"},
        {"an empty file name without quotes", PART_OF("form-data; filename=; name=p"), "part p ()|x|end|OK"},
        {"quotes that nobody escaped", PART_OF("form-data; name=p; filename=\"a \"b\".jpg\""),
         "part p (a \"b\".jpg)|x|end|OK"},
        {"blanks about the sign", PART_OF("form-data; name = \"photo\" ; filename =a"), "part photo (a)|x|end|OK"},
        {"Latin-1", PART_OF("form-data; name=p; filename=\"\xe9t\xe9.jpg\""), "part p (\xe9t\xe9.jpg)|x|end|OK"},
        {"other headers",
         "--XX\r\nContent-Type: image/jpeg\r\ncontent-disposition:form-data; name=p\r\nX-Y:\r\n"
         "Content-Transfer-Encoding: binary\r\n\r\nx" END,
         "part p|x|end|OK"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i], TYPE);
}

/* The end of the first boundary's line tells how lines end. */
static void test_line_ends(void)
{
#define LF_PART "--XX\nContent-Disposition: form-data; name=photo\n\n"
    static const struct row rows[] = {
        {"bare LFs", LF_PART "hello\n--XX--\n", "part photo|hello|end|OK"},
        {"bare LFs, two parts", LF_PART "one\n" LF_PART "two\n--XX--", "part photo|one|end|part photo|two|end|OK"},
        {"bare LFs, a CR is the last byte", LF_PART "one\r\n--XX--", "part photo|one\r|end|OK"},
        {"bare LFs, a preamble", "Hello.\n\n" LF_PART "x\n--XX--", "part photo|x|end|OK"},
        {"bare LFs, what looks like a boundary", LF_PART "\n--X\n-\n\n--XX--", "part photo|\n--X\n-\n|end|OK"},
        {"bare LFs in the header alone", "--XX\r\nContent-Disposition: form-data; name=a\n\nx" END, "part a|x|end|OK"},
        {"CR LF, a bare LF before what looks like a boundary", PART "x\n--XX--" END, "part photo|x\n--XX--|end|OK"},
        {"CR LF, another one at the end", PART "x\r\n" END, "part photo|x\r\n|end|OK"},
        {"CR LF, a preamble with bare LFs", "Hello.\n" PART "x" END, "part photo|x|end|OK"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i], TYPE);
}

static void test_violations(void)
{
    static const char control[] = "The header of a part of the form holds a control character.";
    static const char malformed[] = "The Content-Disposition of a part of the form is malformed.";
    static const char boundary[] = "A boundary in the form is followed by something else than a line's end.";
    static const char early[] = "The form ends before its closing boundary.";
    static const struct row rows[] = {
        {"nothing", "", "The form does not hold the boundary that its Content-Type names."},
        {"another boundary", "--YY\r\n\r\n", "The form does not hold the boundary that its Content-Type names."},
        {"it ends in a boundary", "--XX", early},
        {"it ends in a header", "--XX\r\nContent-", early},
        {"it ends in data", PART "hel", "part photo|helThe form ends before its closing boundary."},
        {"it ends in the last boundary", PART "x\r\n--XX-",
         "part photo|x|end|The form ends before its closing boundary."},
        {"text behind a boundary", "--XXY\r\n", boundary},
        {"one dash behind a boundary", "--XX-Y\r\n", boundary},
        {"a bare CR behind a boundary", "--XX\rContent", boundary},
        {"a bare CR in the header", "--XX\r\nA: b\rC: d\r\n\r\n", control},
        {"a control character in the header", "--XX\r\nA: b\x01\r\n\r\n", control},
        {"no Content-Disposition", "--XX\r\nA: b\r\n\r\nx" END, "A part of the form has no Content-Disposition."},
        {"no header", "--XX\r\n\r\nx" END, "A part of the form has no Content-Disposition."},
        {"another disposition", PART_OF("attachment; name=a"),
         "The Content-Disposition of a part of the form is not form-data."},
        {"no name", PART_OF("form-data; filename=a"), "A part of the form has no name."},
        {"an empty name", PART_OF("form-data; name=\"\""), "A part of the form has no name."},
        {"no second quote", PART_OF("form-data; name=\"a"), malformed},
        {"text behind the only quotes", PART_OF("form-data; name=\"a\"b"), malformed},
        {"a parameter without a value", PART_OF("form-data; name=a; filename"), malformed},
        {"an empty value", PART_OF("form-data; name="), "A part of the form has no name."},
        {"two names", PART_OF("form-data; name=a; name=b"),
         "The Content-Disposition of a part of the form gives a name twice."},
        {"two dispositions", PART_OF("form-data; name=a\r\nContent-Disposition: form-data; name=b"),
         "A part of the form has two Content-Disposition headers."},
        {"a folded header", PART_OF("form-data;\r\n name=a"), "A part of the form has no name."},
        {"a folded header behind a whole one", PART_OF("form-data; name=a\r\n\tb: c"),
         "A header of a part of the form is folded."},
        {"a header without a colon", PART_OF("form-data; name=a\r\nhello"),
         "A part of the form has a header line without a name."},
        {"a header without a name", PART_OF("form-data; name=a\r\n: hello"),
         "A part of the form has a header line without a name."},
        {"base64", PART_OF("form-data; name=a\r\nContent-Transfer-Encoding: base64"),
         "A part of the form has a Content-Transfer-Encoding; parts must be sent as they are."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i], TYPE);
}

static void test_types(void)
{
    static const char no_form[] = "It isn't multipart/form-data.";
    static const char no_boundary[] = "The Content-Type of the form has no boundary, or a malformed one.";
#define FIFTY   "01234567890123456789012345678901234567890123456789"
#define LONGEST FIFTY FIFTY FIFTY FIFTY FIFTY "01234"
    static const struct {
        const char *name, *type, *form, *told;
    } rows[] = {
        {"quotes", "multipart/form-data; boundary=\"a b\"", "--a b--", "OK"},
        {"capitals", "Multipart/Form-Data; BOUNDARY=XX", "--XX--", "OK"},
        {"another parameter", "multipart/form-data; charset=utf-8; boundary=XX", "--XX--", "OK"},
        {"blanks at the end", "multipart/form-data; boundary=XX  ", "--XX--", "OK"},
        {"no blank", "multipart/form-data;boundary=XX;", "--XX--", "OK"},
        {"255 characters", "multipart/form-data; boundary=" LONGEST, "--" LONGEST "--", "OK"},
        {"stars, as Android's tutorials send them", "multipart/form-data;boundary=*****", "--*****--", "OK"},
        {"signs that RFC 2046 has not", "multipart/form-data; boundary={a@b}#$%&|~^`<>[]!*\\",
         "--{a@b}#$%&|~^`<>[]!*\\--", "OK"},
        {"quotes within", "multipart/form-data; boundary=a\"b", "--a\"b--", "OK"},
        {"a semicolon in quotes", "multipart/form-data; boundary=\"a;b\"; charset=utf-8", "--a;b--", "OK"},
        {"an equals sign", "multipart/form-data; boundary=----=_Part_1.2", "------=_Part_1.2--", "OK"},
        {"a boundary in UTF-8", "multipart/form-data; boundary=\xc3\xa9", "--\xc3\xa9--", "OK"},
        {"blanks about the sign", "multipart/form-data; boundary = XX", "--XX--", "OK"},
        {"a comma, as in RFC 1867", "multipart/form-data, boundary=XX", "--XX--", "OK"},
        {"a comma within", "multipart/form-data; boundary=a,b", "--a,b--", "OK"},
        {"dots, as iOS sends it", "multipart/form-data; boundary=Boundary+B.5F-1.2", "--Boundary+B.5F-1.2--", "OK"},
        {"as a browser sends it", "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
         "------WebKitFormBoundary7MA4YWxkTrZu0gW--", "OK"},
        {"no type", NULL, "", no_form},
        {"another type", "application/json", "", no_form},
        {"another multipart", "multipart/mixed; boundary=XX", "", no_form},
        {"a longer type", "multipart/form-data2; boundary=XX", "", no_form},
        {"no boundary", "multipart/form-data", "", no_boundary},
        {"an empty boundary", "multipart/form-data; boundary=\"\"", "", no_boundary},
        {"nothing behind the sign", "multipart/form-data; boundary=", "", no_boundary},
        {"256 characters", "multipart/form-data; boundary=" LONGEST "0", "", no_boundary},
        {"a control character", "multipart/form-data; boundary=\"a\tb\"", "", no_boundary},
        {"a blank at its end", "multipart/form-data; boundary=\"a \"", "", no_boundary},
        {"no second quote", "multipart/form-data; boundary=\"a", "", no_boundary},
        {"two boundaries", "multipart/form-data; boundary=a; boundary=b", "", no_boundary},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&(struct row){rows[i].name, rows[i].form, rows[i].told}, rows[i].type);
}

static void test_limits(void)
{
    static const struct {
        const char *name;
        const char *before, *repeated, *after;
        unsigned times;
        const char *told;
    } rows[] = {
        {"a name of 255 bytes", "--XX\r\nContent-Disposition: form-data; filename=a; name=", "n", "\r\n\r\n" END, 255,
         NULL},
        {"a name of 256 bytes", "--XX\r\nContent-Disposition: form-data; name=", "n", "\r\n\r\n" END, 256,
         "The name of a part of the form is too long."},
        {"a header of more than 4096 bytes", "--XX\r\nA: ", "b", "\r\n\r\n" END, 4096,
         "The header of a part of the form is too long."},
        {"many short headers", "--XX\r\n", "A: b\r\n", "\r\n" END, 1000,
         "The header of a part of the form is too long."},
        {"64 parts", "", "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", "--XX--", 64, NULL},
        {"65 parts", "", "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", "--XX--", 65,
         "The form has too many parts."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        TEXT_CLEANUP struct text form = {0};
        text_add(&form, rows[i].before);
        for (unsigned j = 0; j < rows[i].times; j++)
            text_add(&form, rows[i].repeated);
        text_add(&form, rows[i].after);
        for (size_t step = 1; step < 10000; step *= 7) {
            struct events events = {0};
            parse(TYPE, text_get(&form), form.length, step, &events);
            const char *told = text_get(&events.told), *expected = rows[i].told ? rows[i].told : "OK";
            CHECK(strlen(told) >= strlen(expected));
            CHECK_STR(told + strlen(told) - strlen(expected), expected);
            text_release(&events.told);
        }
    }
}

static void test_refusal(void)
{
    struct events events = {.refuse_after = 3};
    struct multipart *multipart;
    TEXT_CLEANUP struct text why = {0};
    CHECK_INT(multipart_open(TYPE, &ops, &events, &multipart, &why), STATUS_OK);
    CHECK_INT(multipart_feed(multipart, PART "hello", strlen(PART "hello"), &why), STATUS_TOO_LARGE);
    CHECK_STR(text_get(&why), "Enough.");
    text_clear(&why);
    CHECK_INT(multipart_feed(multipart, END, strlen(END), &why), STATUS_TOO_LARGE);
    CHECK_STR(text_get(&why), "Enough.");
    CHECK_INT(multipart_finish(multipart, NULL), STATUS_TOO_LARGE);
    CHECK_STR(text_get(&events.told), "part photo|hello");
    multipart_close(multipart);
    multipart_close(NULL);
    text_release(&events.told);
}

/* Binary data full of CR, with every byte value, in pieces of every size near the delimiter's. */
static void test_binary(void)
{
    TEXT_CLEANUP struct text form = {0};
    TEXT_CLEANUP struct text expected = {0};
    text_add(&form, PART);
    text_add(&expected, "part photo|");
    for (int i = 0; i < 4096; i++) {
        char c = random_number() % 4 ? (char)(random_number() % 256) : '\r';
        c = c ? c : '\n'; /* told is compared as a string */
        text_addc(&form, c);
        text_addc(&expected, c);
    }
    text_add(&form, END);
    text_add(&expected, "|end|OK");
    for (size_t step = 1; step < 20; step++) {
        struct events events = {0};
        parse(TYPE, form.data, form.length, step, &events);
        CHECK(strcmp(text_get(&events.told), text_get(&expected)) == 0);
        text_release(&events.told);
    }
}

CHECK_MAIN({"forms are told part by part", test_forms}, {"lines may end in a bare LF", test_line_ends},
           {"each violation has its sentence", test_violations}, {"the boundary comes from the type", test_types},
           {"the limits hold", test_limits}, {"a refusal ends the parse for good", test_refusal},
           {"binary data come through whole", test_binary})
