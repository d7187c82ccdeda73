/* Reads a state: what it shares with other types, then what is its type's own. */
#include "state.h"

#include <string.h>

static const struct {
    const char *field;
    unsigned features; /* one of them is needed; 0: every state takes it */
} shared_fields[] = {
    {"Type", 0},
    {"Comment", 0},
    {"QueryLanguage", 0},
    {"Next", TAKES_NEXT},
    {"End", TAKES_NEXT},
    {"InputPath", TAKES_PATHS},
    {"OutputPath", TAKES_PATHS},
    {"Parameters", TAKES_PARAMETERS},
    {"ResultPath", TAKES_RESULT_PATH},
    {"ResultSelector", TAKES_SELECTOR},
    {"Retry", TAKES_RECOVERY},
    {"Catch", TAKES_RECOVERY},
};

/* Parts of the language that this interpreter leaves out: they are named, so that nobody takes them for typing
 * errors. */
static const struct {
    const char *field, *why;
} unsupported_fields[] = {
    {"Assign", "variables are not supported"},
    {"Credentials", "credentials are not supported"},
};

static bool is_shared(const char *field, const struct state_type *type)
{
    for (size_t i = 0; i < sizeof shared_fields / sizeof shared_fields[0]; i++)
        if (strcmp(field, shared_fields[i].field) == 0)
            return !shared_fields[i].features || (shared_fields[i].features & type->features);
    return false;
}

static bool is_own(const char *field, const struct state_type *type)
{
    for (const char *const *own = type->fields; own && *own; own++)
        if (strcmp(field, *own) == 0)
            return true;
    return false;
}

static bool read_known_fields(struct reader *reader, json_t *object, const struct state_type *type)
{
    for (size_t i = 0; i < sizeof unsupported_fields / sizeof unsupported_fields[0]; i++)
        if (json_object_get(object, unsupported_fields[i].field))
            return reader_refuse_field(reader, STATUS_UNSUPPORTED, unsupported_fields[i].field, "%s",
                                       unsupported_fields[i].why);
    const char *field;
    json_t *value;
    json_object_foreach(object, field,
                        value) if (!is_shared(field, type)
                                   && !is_own(field, type)) return reader_refuse_field(reader, STATUS_INVALID, field,
                                                                                       "a %s state has no such field",
                                                                                       type->name);
    return true;
}

static bool read_type(struct reader *reader, json_t *object, const struct state_type **ret_type)
{
    const char *name = NULL;
    if (!read_required_string(reader, object, "Type", &name))
        return false;
    for (const struct state_type *const *type = state_types; *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *ret_type = *type, true;
    if (strcmp(name, "Map") == 0)
        return reader_refuse_field(reader, STATUS_UNSUPPORTED, "Type", "Map states are not supported");
    return reader_refuse_field(reader, STATUS_INVALID, "Type", "there is no type \"%.80s\"", name);
}

bool read_query_language(struct reader *reader, json_t *object)
{
    const char *language = "JSONPath";
    if (!read_string(reader, object, "QueryLanguage", &language))
        return false;
    if (strcmp(language, "JSONata") == 0)
        return reader_refuse_field(reader, STATUS_UNSUPPORTED, "QueryLanguage", "JSONata is not supported");
    return strcmp(language, "JSONPath") == 0
           || reader_refuse_field(reader, STATUS_INVALID, "QueryLanguage", "must be \"JSONPath\"");
}

/* Exactly one of Next and "End": true, where the type takes them. */
static bool read_next(struct reader *reader, json_t *object, struct state *state)
{
    if (!(state->type->features & TAKES_NEXT))
        return true;
    bool end = false;
    if (!read_boolean(reader, object, "End", &end) || !read_target(reader, object, "Next", false, &state->next))
        return false;
    if (end && state->next)
        return reader_refuse(reader, STATUS_INVALID, "has both \"Next\" and \"End\": true");
    return end || state->next || reader_refuse(reader, STATUS_INVALID, "has neither \"Next\" nor \"End\": true");
}

bool state_read(struct reader *reader, json_t *object, struct state *state)
{
    const char *comment = NULL;
    if (!json_is_object(object))
        return reader_refuse(reader, STATUS_INVALID, "must be an object");
    return read_query_language(reader, object) && read_type(reader, object, &state->type)
           && read_known_fields(reader, object, state->type) && read_string(reader, object, "Comment", &comment)
           && read_next(reader, object, state) && data_flow_read(reader, object, &state->flow)
           && recovery_read(reader, object, &state->recovery)
           && (!state->type->read || state->type->read(reader, object, state));
}
