#include "report.h"

#include "clock.h"
#include "report_data.h"

#include <string.h>

/* The files that the page is made of, put into the program by tools/embed-report. Empty where npm's were not there. */
struct report_file {
    const char *data, *end;
};
extern const struct report_file report_page_html, report_page_css, report_page_js, report_uplot_css, report_uplot_js;

static const struct {
    const char *mark; /* in page.html */
    const struct report_file *file;
} parts[] = {
    {"/*uplot.css*/", &report_uplot_css},
    {"/*page.css*/", &report_page_css},
    {"/*uplot.js*/", &report_uplot_js},
    {"/*page.js*/", &report_page_js},
};

static size_t length_of(const struct report_file *file)
{
    return (size_t)(file->end - file->data);
}

/* "</script" within a string of the data would end the script; "<" never stands outside of one. */
static void add_data(const struct text *data, struct text *out)
{
    for (size_t i = 0; i < data->length; i++)
        if (data->data[i] == '<')
            text_add(out, "\\u003c");
        else
            text_addc(out, data->data[i]);
}

static const struct report_file *find_part(const char *at)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strncmp(at, parts[i].mark, strlen(parts[i].mark)) == 0)
            return parts[i].file;
    return NULL;
}

/* The page with its marks replaced. */
static void fill_page(const struct text *data, struct text *out)
{
    const char *at = report_page_html.data, *end = report_page_html.end;
    for (const char *mark; (mark = memmem(at, (size_t)(end - at), "/*", 2));) {
        const struct report_file *part = find_part(mark);
        text_append(out, at, (size_t)(mark - at));
        if (part)
            text_append(out, part->data, length_of(part));
        else
            add_data(data, out);
        at = (const char *)memmem(mark, (size_t)(end - mark), "*/", 2) + 2;
    }
    text_append(out, at, (size_t)(end - at));
}

enum status report_add(const struct run *runs, size_t count, const char *title, struct text *out, struct text *why)
{
    TEXT_CLEANUP struct text data = {0};
    if (length_of(&report_uplot_js) == 0) {
        text_setf(why, "this program was built without the plots of reports: `make build` downloads them from npm");
        return STATUS_UNAVAILABLE;
    }
    enum status status = report_data_add(runs, count, title, &data, why);
    if (status == STATUS_OK)
        fill_page(&data, out);
    return status;
}
