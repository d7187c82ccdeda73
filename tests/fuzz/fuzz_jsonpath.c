/* The first line is a path, the rest a JSON document: it is selected from, and put into. */
#include "fuzz.h"
#include "path.h"

#include <assert.h>
#include <string.h>

static void get_and_put(const struct path *path, json_t *document)
{
    JSON_CLEANUP json_t *selected = NULL;
    JSON_CLEANUP json_t *changed = NULL;
    JSON_CLEANUP json_t *before = json_deep_copy(document);
    JSON_CLEANUP json_t *value = json_string("put");
    enum status status = path_get(path, document, &selected, NULL);
    assert((status == STATUS_OK) == (selected != NULL));
    assert(path_is_reference(path) || status == STATUS_TOO_LARGE || json_is_array(selected));
    if (path_is_reference(path) && path_put(path, document, value, &changed, NULL) == STATUS_OK) {
        JSON_CLEANUP json_t *found = NULL;
        assert(path_get(path, changed, &found, NULL) == STATUS_OK && json_equal(found, value));
    }
    assert(json_equal(document, before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    JSON_CLEANUP json_t *document = NULL;
    const struct path *path;
    const uint8_t *line_end = size ? memchr(data, '\n', size) : NULL;
    size_t line = line_end ? (size_t)(line_end - data) : size;
    const char *text = arena_copy(&arena, (const char *)data, line);
    enum status status = path_parse(text, &arena, &path, &why);
    assert((status == STATUS_OK) == (why.length == 0));
    if (status == STATUS_OK && line_end
        && json_parse((const char *)line_end + 1, size - line - 1, &document, NULL) == STATUS_OK)
        get_and_put(path, document);
    return 0;
}
