#include "template.h"

#include <string.h>

enum template_type { TEMPLATE_LITERAL, TEMPLATE_PATH, TEMPLATE_OBJECT, TEMPLATE_ARRAY };

struct template
{
    enum template_type type;
    json_t *literal; /* borrowed from the definition */
    const struct path *path;
    const struct template *children; /* in order */
    const char *name;                /* in its object, without ".$" */
    const struct template *next;
};

static bool read_value(struct reader *reader, json_t *value, struct template *template);

/* The name that a field has in the payload, and whether its value is a path. */
static const char *payload_name(struct arena *arena, const char *name, bool *ret_is_path)
{
    size_t length = strlen(name);
    *ret_is_path = length >= 2 && strcmp(name + length - 2, ".$") == 0;
    return arena_copy(arena, name, *ret_is_path ? length - 2 : length);
}

static bool read_path_field(struct reader *reader, json_t *value, struct template *template)
{
    const char *text = json_string_value(value);
    template->type = TEMPLATE_PATH;
    if (!text)
        return reader_refuse(reader, STATUS_INVALID, "must be a path in a string");
    if (reader_is_intrinsic(text))
        return reader_refuse(reader, STATUS_UNSUPPORTED, "intrinsic functions are not supported");
    return read_path_text(reader, text, PATH_ANY, &template->path);
}

static bool read_field(struct reader *reader, const char *name, json_t *value, json_t *siblings,
                       struct template *template)
{
    bool is_path;
    template->name = payload_name(reader->arena, name, &is_path);
    if (is_path && json_object_get(siblings, template->name))
        return reader_refuse_field(reader, STATUS_INVALID, name, "\"%s\" is there twice", template->name);
    size_t mark = reader_enter(reader, "%s", name);
    bool read = is_path ? read_path_field(reader, value, template) : read_value(reader, value, template);
    reader_leave(reader, mark);
    return read;
}

static struct template *append(struct reader *reader, const struct template ***end)
{
    struct template *child = arena_new(reader->arena, sizeof *child);
    **end = child;
    *end = &child->next;
    return child;
}

static bool read_object(struct reader *reader, json_t *object, struct template *template)
{
    const struct template **end = &template->children;
    const char *name;
    json_t *value;
    json_object_foreach(object, name,
                        value) if (!read_field(reader, name, value, object, append(reader, &end))) return false;
    template->type = TEMPLATE_OBJECT;
    return true;
}

static bool read_array(struct reader *reader, json_t *array, struct template *template)
{
    const struct template **end = &template->children;
    size_t index;
    json_t *value;
    json_array_foreach(array, index, value)
    {
        size_t mark = reader_enter(reader, "[%zu]", index);
        bool read = read_value(reader, value, append(reader, &end));
        reader_leave(reader, mark);
        if (!read)
            return false;
    }
    template->type = TEMPLATE_ARRAY;
    return true;
}

static bool has_paths(const struct template *template)
{
    for (const struct template *child = template->children; child; child = child->next)
        if (child->type != TEMPLATE_LITERAL)
            return true;
    return false;
}

static bool read_value(struct reader *reader, json_t *value, struct template *template)
{
    template->literal = value;
    if (++reader->nesting > READER_NESTING_MAX)
        return reader_refuse(reader, STATUS_INVALID, "is nested too deeply");
    bool read = json_is_object(value)  ? read_object(reader, value, template)
                : json_is_array(value) ? read_array(reader, value, template)
                                       : true;
    reader->nesting--;
    if (read && !has_paths(template))
        template->type = TEMPLATE_LITERAL; /* copied whole */
    return read;
}

bool template_read(struct reader *reader, json_t *value, const struct template **ret_template)
{
    struct template *template = arena_new(reader->arena, sizeof *template);
    if (!read_value(reader, value, template))
        return false;
    *ret_template = template;
    return true;
}

static json_t *fill_path(const struct path *path, json_t *input, json_t *context, struct failure *failure)
{
    TEXT_CLEANUP struct text why = {0};
    json_t *value;
    if (path_get(path, path_reads_context(path) ? context : input, &value, &why) != STATUS_OK)
        return failure_set(failure, ERROR_PARAMETER_PATH, "%s", text_get(&why));
    return value;
}

static json_t *fill_object(const struct template *template, json_t *input, json_t *context, struct failure *failure)
{
    JSON_CLEANUP json_t *object = json_object();
    for (const struct template *child = template->children; child; child = child->next) {
        json_t *value = template_fill(child, input, context, failure);
        if (!value)
            return NULL;
        (void)json_object_set_new(object, child->name, value);
    }
    return json_incref(object);
}

static json_t *fill_array(const struct template *template, json_t *input, json_t *context, struct failure *failure)
{
    JSON_CLEANUP json_t *array = json_array();
    for (const struct template *child = template->children; child; child = child->next) {
        json_t *value = template_fill(child, input, context, failure);
        if (!value)
            return NULL;
        (void)json_array_append_new(array, value);
    }
    return json_incref(array);
}

json_t *template_fill(const struct template *template, json_t *input, json_t *context, struct failure *failure)
{
    switch (template->type) {
    case TEMPLATE_PATH:
        return fill_path(template->path, input, context, failure);
    case TEMPLATE_OBJECT:
        return fill_object(template, input, context, failure);
    case TEMPLATE_ARRAY:
        return fill_array(template, input, context, failure);
    case TEMPLATE_LITERAL:
        break;
    }
    return json_deep_copy(template->literal);
}
