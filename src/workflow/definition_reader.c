#include "definition_reader.h"

#include "state.h"

#include <math.h>
#include <string.h>

static bool refuse(struct reader *reader, enum status status, const char *field, const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));
static bool refuse(struct reader *reader, enum status status, const char *field, const char *format, va_list arguments)
{
    if (reader->status != STATUS_OK)
        return false;
    reader->status = status;
    if (!reader->why)
        return false;
    bool is_top = reader->place.length == 0;
    text_setf(reader->why, "%s%s%s: ", text_get(&reader->place), field && !is_top ? "." : "",
              field    ? field
              : is_top ? "the definition"
                       : "");
    text_vaddf(reader->why, format, arguments);
    return false;
}

bool reader_refuse(struct reader *reader, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)refuse(reader, status, NULL, format, arguments);
    va_end(arguments);
    return false;
}

bool reader_refuse_field(struct reader *reader, enum status status, const char *field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)refuse(reader, status, field, format, arguments);
    va_end(arguments);
    return false;
}

size_t reader_enter(struct reader *reader, const char *format, ...)
{
    size_t mark = reader->place.length;
    if (mark && format[0] != '[')
        text_addc(&reader->place, '.');
    va_list arguments;
    va_start(arguments, format);
    text_vaddf(&reader->place, format, arguments);
    va_end(arguments);
    return mark;
}

void reader_leave(struct reader *reader, size_t mark)
{
    reader->place.length = mark;
    reader->place.data[mark] = '\0';
}

bool read_string(struct reader *reader, json_t *object, const char *field, const char **ret_string)
{
    const json_t *value = json_object_get(object, field);
    if (!value)
        return true;
    if (!json_is_string(value))
        return reader_refuse_field(reader, STATUS_INVALID, field, "must be a string");
    *ret_string = json_string_value(value);
    return true;
}

bool read_required_string(struct reader *reader, json_t *object, const char *field, const char **ret_string)
{
    if (!json_object_get(object, field))
        return reader_refuse(reader, STATUS_INVALID, "\"%s\" is missing", field);
    return read_string(reader, object, field, ret_string);
}

/* An integer that is written as one: 3, and 3.0 too. */
static bool is_integer(const json_t *value)
{
    return json_is_integer(value)
           || (json_is_real(value) && fabs(json_real_value(value)) < 1e15
               && json_real_value(value) == floor(json_real_value(value)));
}

bool read_integer(struct reader *reader, json_t *object, const char *field, int64_t least, int64_t most,
                  int64_t *ret_value)
{
    const json_t *value = json_object_get(object, field);
    if (!value)
        return true;
    int64_t integer = json_is_integer(value) ? json_integer_value(value) : (int64_t)json_real_value(value);
    if (!is_integer(value) || integer < least || integer > most)
        return reader_refuse_field(reader, STATUS_INVALID, field, "must be an integer from %lld to %lld",
                                   (long long)least, (long long)most);
    *ret_value = integer;
    return true;
}

bool read_boolean(struct reader *reader, json_t *object, const char *field, bool *ret_value)
{
    const json_t *value = json_object_get(object, field);
    if (!value)
        return true;
    if (!json_is_boolean(value))
        return reader_refuse_field(reader, STATUS_INVALID, field, "must be true or false");
    *ret_value = json_is_true(value);
    return true;
}

bool reader_is_intrinsic(const char *text)
{
    size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._");
    return name > 0 && text[name] == '(';
}

/* Parts of the context object that only features which we do not have fill. */
static bool read_context_part(struct reader *reader, const struct path *path)
{
    static const char *const missing[][2] = {{"Task", "Token"}, {"Map", NULL}};
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
        if (path_reads_context(path) && path_begins_with(path, missing[i][0], missing[i][1]))
            return reader_refuse(reader, STATUS_UNSUPPORTED, "%s is not supported", path_get_text(path));
    return true;
}

bool read_path_text(struct reader *reader, const char *text, enum path_kind kind, const struct path **ret_path)
{
    TEXT_CLEANUP struct text why = {0};
    const struct path *path;
    enum status status = path_parse(text, reader->arena, &path, &why);
    if (status != STATUS_OK)
        return reader_refuse(reader, status, "\"%.80s\" is no path that can be used: %s", text, text_get(&why));
    if (kind == PATH_REFERENCE && !path_is_reference(path))
        return reader_refuse(reader, STATUS_INVALID, "\"%.80s\" must name a single place (a Reference Path)", text);
    if (!read_context_part(reader, path))
        return false;
    *ret_path = path;
    return true;
}

bool read_path(struct reader *reader, json_t *object, const char *field, enum path_kind kind,
               const struct path **ret_path)
{
    const char *text = NULL;
    if (!read_string(reader, object, field, &text) || !text)
        return reader->status == STATUS_OK;
    size_t mark = reader_enter(reader, "%s", field);
    bool read = read_path_text(reader, text, kind, ret_path);
    reader_leave(reader, mark);
    return read;
}

bool read_optional_path(struct reader *reader, json_t *object, const char *field, enum path_kind kind,
                        struct optional_path *ret_path)
{
    ret_path->discards = json_is_null(json_object_get(object, field));
    return ret_path->discards || read_path(reader, object, field, kind, &ret_path->path);
}

bool read_target(struct reader *reader, json_t *object, const char *field, bool required,
                 const struct state **ret_state)
{
    const char *name = NULL;
    if (!read_string(reader, object, field, &name))
        return false;
    if (!name)
        return !required || reader_refuse(reader, STATUS_INVALID, "\"%s\" is missing", field);
    const struct state *state = machine_find(reader->machine, name);
    if (!state)
        return reader_refuse_field(reader, STATUS_INVALID, field, "there is no state \"%.100s\" here", name);
    *ret_state = state;
    return true;
}

bool read_only_fields(struct reader *reader, json_t *object, const char *const *fields)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const char *const *known = fields;
        while (*known && strcmp(*known, name) != 0)
            known++;
        if (!*known)
            return reader_refuse_field(reader, STATUS_INVALID, name, "is not known here");
    }
    return true;
}

bool read_not_both(struct reader *reader, json_t *object, const char *field, const char *other)
{
    if (json_object_get(object, field) && json_object_get(object, other))
        return reader_refuse(reader, STATUS_INVALID, "has both \"%s\" and \"%s\"", field, other);
    return true;
}
