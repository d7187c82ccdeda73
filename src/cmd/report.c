/* cloudphotos report: runs as one page of HTML. */
#include "report.h"
#include "commands.h"
#include "memory.h"
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report_options {
    const char *out, *title;
};

#define FIELD(name) offsetof(struct report_options, name)
static const struct setting rows[] = {
    {"out", SETTING_STRING, FIELD(out), "report.html", 0, 0, "FILE", "file to write; -: stdout"},
    {"title", SETTING_STRING, FIELD(title), "Load", 0, 0, "TEXT", "title of the page"},
};
static const struct settings_table table = {
    .command = "report",
    .summary = "Usage: cloudphotos report [OPTIONS] RUN…\n\n"
               "Turns the output of load and simulate into one self-contained HTML page with plots.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

static enum status write_page(const char *path, const struct text *page, struct text *why)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    bool is_written = file && fwrite(page->data, 1, page->length, file) == page->length && fflush(file) == 0;
    if (!is_written)
        text_setf(why, "%s can't be written: %s", path, strerror(errno));
    if (file && file != stdout)
        (void)fclose(file);
    return is_written ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status make_report(const struct report_options *options, const struct settings_words *words,
                               struct text *why)
{
    TEXT_CLEANUP struct text page = {0};
    struct run *runs = NEW_ARRAY(words->count, struct run);
    enum status status = STATUS_OK;
    if (words->count == 0) {
        text_setf(why, "give the files that load or simulate wrote (see cloudphotos report --help)");
        status = STATUS_INVALID;
    }
    for (size_t i = 0; i < words->count && status == STATUS_OK; i++)
        status = run_read(words->words[i], &runs[i], why);
    if (status == STATUS_OK)
        status = report_add(runs, words->count, options->title, &page, why);
    if (status == STATUS_OK)
        status = write_page(options->out, &page, why);
    for (size_t i = 0; i < words->count; i++)
        run_release(&runs[i]);
    free(runs);
    return status;
}

static int run_report(int argc, char **argv)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct report_options options = {0};
    struct settings_words words = {0};
    bool help;
    enum status status = settings_read(&table, argc - 1, argv + 1, &arena, &options, &words, &help, &why);
    if (status == STATUS_OK && !help)
        status = make_report(&options, &words, &why);
    if (status != STATUS_OK)
        (void)fprintf(stderr, "cloudphotos report: %s\n", text_get(&why));
    return status == STATUS_OK ? 0 : 2;
}

const struct command report_command = {
    .name = "report", .summary = "turns runs of load and simulate into an HTML page", .run = run_report};
