/* A line with the Content-Type, then the form. However the form is cut into pieces, the same is told. */
#include "fuzz.h"
#include "multipart.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static enum status on_part(void *context, const char *name, const char *filename, struct text *why)
{
    (void)why;
    assert(name[0] && strlen(name) <= MULTIPART_NAME_MAX);
    text_addf(context, "<%s|%s>", name, filename ? filename : "-");
    return STATUS_OK;
}

static enum status on_data(void *context, const char *data, size_t size, struct text *why)
{
    (void)why;
    assert(size);
    text_append(context, data, size);
    return STATUS_OK;
}

static enum status on_part_end(void *context, struct text *why)
{
    (void)why;
    text_add(context, "</>");
    return STATUS_OK;
}

static enum status parse(const char *type, const char *form, size_t size, size_t step, struct text *told)
{
    static const struct multipart_events events = {on_part, on_data, on_part_end};
    struct multipart *multipart;
    TEXT_CLEANUP struct text why = {0};
    enum status status = multipart_open(type, &events, told, &multipart, &why);
    if (status != STATUS_OK)
        return status;
    for (size_t done = 0, piece; done < size && status == STATUS_OK; done += piece) {
        piece = step < size - done ? step : size - done;
        char *copy = malloc(piece);
        assert(copy);
        memcpy(copy, form + done, piece);
        status = multipart_feed(multipart, copy, piece, &why);
        free(copy);
    }
    if (status == STATUS_OK)
        status = multipart_finish(multipart, &why);
    assert((status == STATUS_OK) == (why.length == 0));
    multipart_close(multipart);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line_end = memchr(data, '\n', size);
    char type[200];
    if (!line_end || (size_t)(line_end - data) >= sizeof type)
        return 0;
    size_t length = (size_t)(line_end - data);
    memcpy(type, data, length);
    type[length] = '\0';
    const char *form = (const char *)line_end + 1;
    TEXT_CLEANUP struct text whole = {0};
    enum status status = parse(type, form, size - length - 1, size, &whole);
    for (size_t step = 1; step < 8; step += 3) {
        TEXT_CLEANUP struct text pieces = {0};
        assert(parse(type, form, size - length - 1, step, &pieces) == status);
        assert(pieces.length == whole.length && (!whole.length || memcmp(pieces.data, whole.data, whole.length) == 0));
    }
    return 0;
}
