#include "choice_rule.h"

#include "comparison.h"

#include <string.h>

enum rule_type { RULE_TEST, RULE_AND, RULE_OR, RULE_NOT };

struct choice_rule {
    enum rule_type type;
    const struct choice_rule **parts; /* of And, Or and Not */
    size_t part_count;
    const struct path *variable; /* of a test */
    const struct comparison *comparison;
    json_t *operand;                 /* as it stands; borrowed from the definition */
    const struct path *operand_path; /* or where it is */
};

/* ---- Reading ---- */

static const char *const joins[] = {[RULE_AND] = "And", [RULE_OR] = "Or", [RULE_NOT] = "Not"};

/* What may stand beside the operator. */
static bool is_common(const char *field, bool at_top)
{
    return strcmp(field, "Comment") == 0 || (at_top && strcmp(field, "Next") == 0);
}

/* The comparison of that name, and whether it is the form with "Path". */
static const struct comparison *find_comparison(const char *field, bool *ret_by_path)
{
    for (size_t i = 0; i < comparison_count; i++) {
        size_t length = strlen(comparisons[i].name);
        if (strncmp(field, comparisons[i].name, length) != 0)
            continue;
        *ret_by_path = strcmp(field + length, "Path") == 0;
        if (field[length] == '\0' || (*ret_by_path && comparisons[i].takes_path))
            return &comparisons[i];
    }
    return NULL;
}

static bool read_operand(struct reader *reader, json_t *object, const char *field, bool by_path,
                         struct choice_rule *rule)
{
    json_t *operand = json_object_get(object, field);
    if (rule->operand || rule->operand_path)
        return reader_refuse_field(reader, STATUS_INVALID, field, "is a second comparison in one rule");
    if (by_path && !json_is_string(operand))
        return reader_refuse_field(reader, STATUS_INVALID, field, "must be a path");
    if (by_path)
        return read_path(reader, object, field, PATH_ANY, &rule->operand_path);
    if (!find_comparison(field, &by_path)->accepts(operand))
        return reader_refuse_field(reader, STATUS_INVALID, field, "must be %s", rule->comparison->operand);
    rule->operand = operand;
    return true;
}

static bool read_test(struct reader *reader, json_t *object, bool at_top, struct choice_rule *rule)
{
    const char *field;
    json_t *value;
    json_object_foreach(object, field, value)
    {
        bool by_path = false;
        if (is_common(field, at_top) || strcmp(field, "Variable") == 0)
            continue;
        const struct comparison *comparison = find_comparison(field, &by_path);
        if (!comparison)
            return reader_refuse_field(reader, STATUS_INVALID, field, "is no comparison");
        rule->comparison = comparison;
        if (!read_operand(reader, object, field, by_path, rule))
            return false;
    }
    if (!rule->comparison)
        return reader_refuse(reader, STATUS_INVALID, "has no comparison");
    if (!json_object_get(object, "Variable"))
        return reader_refuse(reader, STATUS_INVALID, "\"Variable\" is missing");
    return read_path(reader, object, "Variable", PATH_ANY, &rule->variable);
}

static bool read_part(struct reader *reader, json_t *object, const struct choice_rule **ret_rule)
{
    if (!json_is_object(object))
        return reader_refuse(reader, STATUS_INVALID, "must be an object");
    return choice_rule_read(reader, object, false, ret_rule);
}

static bool read_parts(struct reader *reader, json_t *parts, struct choice_rule *rule)
{
    if (!json_is_array(parts) || json_array_size(parts) == 0)
        return reader_refuse(reader, STATUS_INVALID, "must be a list of at least one rule");
    rule->part_count = json_array_size(parts);
    rule->parts = arena_new(reader->arena, sizeof(*rule->parts) * rule->part_count);
    for (size_t i = 0; i < rule->part_count; i++) {
        size_t mark = reader_enter(reader, "[%zu]", i);
        bool read = read_part(reader, json_array_get(parts, i), &rule->parts[i]);
        reader_leave(reader, mark);
        if (!read)
            return false;
    }
    return true;
}

static bool read_join(struct reader *reader, json_t *object, bool at_top, struct choice_rule *rule)
{
    const char *join = joins[rule->type], *field;
    json_t *value;
    json_object_foreach(object, field, value) if (!is_common(field, at_top)
                                                  && strcmp(field, join)
                                                         != 0) return reader_refuse_field(reader, STATUS_INVALID, field,
                                                                                          "cannot stand beside \"%s\"",
                                                                                          join);
    if (++reader->nesting > READER_NESTING_MAX)
        return reader_refuse(reader, STATUS_INVALID, "is nested too deeply");
    size_t mark = reader_enter(reader, "%s", join);
    json_t *parts = json_object_get(object, join);
    bool read;
    if (rule->type == RULE_NOT) {
        rule->parts = arena_new(reader->arena, sizeof(*rule->parts));
        rule->part_count = 1;
        read = read_part(reader, parts, &rule->parts[0]);
    } else {
        read = read_parts(reader, parts, rule);
    }
    reader_leave(reader, mark);
    reader->nesting--;
    return read;
}

bool choice_rule_read(struct reader *reader, json_t *object, bool at_top, const struct choice_rule **ret_rule)
{
    struct choice_rule *rule = arena_new(reader->arena, sizeof *rule);
    *ret_rule = rule;
    if (json_object_get(object, "Assign"))
        return reader_refuse_field(reader, STATUS_UNSUPPORTED, "Assign", "variables are not supported");
    for (enum rule_type type = RULE_AND; type <= RULE_NOT; type++)
        if (json_object_get(object, joins[type]))
            return rule->type = type, read_join(reader, object, at_top, rule);
    return read_test(reader, object, at_top, rule);
}

/* ---- Deciding ---- */

/* NULL with the failure when nothing is there. */
static json_t *look_up(const struct path *path, json_t *input, json_t *context, struct failure *failure)
{
    TEXT_CLEANUP struct text why = {0};
    json_t *value;
    if (path_get(path, path_reads_context(path) ? context : input, &value, &why) != STATUS_OK)
        return failure_set(failure, ERROR_RUNTIME, "a rule cannot be decided: %s", text_get(&why));
    return value;
}

/* A path that may select many and selects nothing is not there either. */
static bool is_missing(const struct path *path, const json_t *value)
{
    return !value || (!path_is_reference(path) && json_array_size(value) == 0);
}

static bool decide_test(const struct choice_rule *rule, json_t *input, json_t *context, bool *ret_holds,
                        struct failure *failure)
{
    const struct comparison *comparison = rule->comparison;
    JSON_CLEANUP json_t *value = look_up(rule->variable, input, context, failure);
    JSON_CLEANUP json_t *found = NULL;
    if (!value && !comparison->takes_nothing)
        return false;
    if (rule->operand_path && !(found = look_up(rule->operand_path, input, context, failure)))
        return false;
    bool missing = comparison->takes_nothing && is_missing(rule->variable, value);
    json_t *operand = found ? found : rule->operand;
    *ret_holds = (comparison->relate(missing ? NULL : value, operand) & comparison->holds) != 0;
    return true;
}

bool choice_rule_decide(const struct choice_rule *rule, json_t *input, json_t *context, bool *ret_holds,
                        struct failure *failure)
{
    if (rule->type == RULE_TEST)
        return decide_test(rule, input, context, ret_holds, failure);
    bool holds = false;
    for (size_t i = 0; i < rule->part_count; i++) {
        if (!choice_rule_decide(rule->parts[i], input, context, &holds, failure))
            return false;
        if (holds == (rule->type == RULE_OR))
            break; /* decided: one of Or holds, or one of And does not */
    }
    *ret_holds = rule->type == RULE_NOT ? !holds : holds;
    return true;
}
