/* Log lines, as a reader of them gets them. */
#include "check.h"
#include "json.h"
#include "log.h"
#include "text.h"

#include <sys/mman.h>
#include <unistd.h>

/* What log_write puts into a file, from the level "info" up. */
static void write_line(enum log_level level, const struct log_field *fields, struct text *ret_line)
{
    int fd = memfd_create("log", MFD_CLOEXEC);
    char buffer[512];
    CHECK(fd >= 0);
    log_open(fd, LOG_INFO);
    log_write(level, "tried", fields);
    log_close();
    ssize_t length = pread(fd, buffer, sizeof buffer, 0);
    text_clear(ret_line);
    text_append(ret_line, buffer, length > 0 ? (size_t)length : 0);
    (void)close(fd);
}

static void fields_are_json(void)
{
    static const struct {
        struct log_field field;
        const char *json;
    } cases[] = {
        {LOG_S("a", "plain"), "\"a\":\"plain\""},
        {LOG_S("a", NULL), "\"a\":null"},
        {LOG_S("a", ""), "\"a\":\"\""},
        {LOG_S("a", "say \"hi\"\n"), "\"a\":\"say \\\"hi\\\"\\n\""},
        {LOG_I("n", 0), "\"n\":0"},
        {LOG_I("n", -17), "\"n\":-17"},
        {LOG_I("n", INT64_MAX), "\"n\":9223372036854775807"},
        {LOG_D("ms", 0), "\"ms\":0.000"},
        {LOG_D("ms", 999), "\"ms\":0.000"},
        {LOG_D("ms", 45000), "\"ms\":0.045"},
        {LOG_D("ms", 8950000), "\"ms\":8.950"},
        {LOG_D("ms", 61000001000), "\"ms\":61000.001"},
    };
    TEXT_CLEANUP struct text line = {0}, end = {0}, why = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("%s", cases[i].json);
        write_line(LOG_WARNING, (struct log_field[]){cases[i].field, {.type = LOG_END}}, &line);
        text_setf(&end, ",\"level\":\"warning\",\"event\":\"tried\",%s}\n", cases[i].json);
        CHECK(line.length > end.length);
        CHECK_STR(text_get(&line) + line.length - end.length, text_get(&end));
        json_t *value = NULL;
        CHECK_INT(json_parse(text_get(&line), line.length, &value, &why), STATUS_OK);
        json_decref(value);
    }
}

static void lines_begin_with_the_time(void)
{
    static const char pattern[] = "{\"time\":\"dddd-dd-ddTdd:dd:dd.dddZ\",";
    TEXT_CLEANUP struct text line = {0};
    write_line(LOG_INFO, LOG_FIELDS(), &line);
    CHECK(line.length > sizeof pattern);
    for (char *c = line.data; *c; c++)
        if (*c >= '0' && *c <= '9')
            *c = 'd';
    line.data[sizeof pattern - 1] = '\0';
    CHECK_STR(line.data, pattern);
}

static void lower_levels_are_dropped(void)
{
    TEXT_CLEANUP struct text line = {0};
    write_line(LOG_DEBUG, LOG_FIELDS(), &line);
    CHECK_INT(line.length, 0);
}

CHECK_MAIN({"each type of field is written as JSON", fields_are_json},
           {"a line begins with its time in UTC, to the millisecond", lines_begin_with_the_time},
           {"lines below the least level are dropped", lower_levels_are_dropped})
