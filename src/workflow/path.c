/* Applies a JSONPath to a tree: selects nodes, or puts one in its place. */
#include "path_tree.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

/* More work than any sensible path takes over 256 KiB of JSON, and still done within a second. */
enum { VISITS_MAX = 2000000, MATCHES_MAX = 200000 };

const char *path_get_text(const struct path *path)
{
    return path->text;
}

bool path_reads_context(const struct path *path)
{
    return path->context;
}

bool path_is_reference(const struct path *path)
{
    return path->reference;
}

static bool segment_is_name(const struct segment *segment, const char *name)
{
    return segment && segment->selectors->type == SELECT_NAME && strcmp(segment->selectors->name, name) == 0;
}

bool path_begins_with(const struct path *path, const char *name, const char *next)
{
    return segment_is_name(path->segments, name) && (!next || segment_is_name(path->segments->next, next));
}

/* ---- Selecting ---- */

/* Whether there is still room for work. */
static bool visit(struct path_evaluation *evaluation)
{
    if (evaluation->visits_left == 0)
        return false;
    evaluation->visits_left--;
    return true;
}

static void match(struct path_evaluation *evaluation, struct path_matches *matches, json_t *node)
{
    if (!node || !visit(evaluation))
        return;
    if (matches->count == MATCHES_MAX) {
        evaluation->visits_left = 0;
        return;
    }
    if (matches->count == matches->capacity) {
        matches->capacity = matches->capacity ? matches->capacity * 2 : 4;
        matches->nodes = memory_resize(matches->nodes, matches->capacity * sizeof *matches->nodes);
    }
    matches->nodes[matches->count++] = node;
}

/* Brings a slice's bound into [least, most], counting from the end where it is negative. */
static int64_t bound(bool given, int64_t value, int64_t otherwise, int64_t length, int64_t least, int64_t most)
{
    if (!given)
        return otherwise;
    if (value < 0)
        value += length;
    return value < least ? least : value > most ? most : value;
}

static void select_slice(struct path_evaluation *evaluation, const struct slice *slice, json_t *node,
                         struct path_matches *matches)
{
    int64_t length = (int64_t)json_array_size(node), step = slice->step;
    if (step > 0) {
        int64_t start = bound(slice->has_start, slice->start, 0, length, 0, length);
        int64_t end = bound(slice->has_end, slice->end, length, length, 0, length);
        for (int64_t i = start; i < end; i += step)
            match(evaluation, matches, json_array_get(node, (size_t)i));
    } else if (step < 0) {
        int64_t start = bound(slice->has_start, slice->start, length - 1, length, -1, length - 1);
        int64_t end = bound(slice->has_end, slice->end, -1, length, -1, length - 1);
        for (int64_t i = start; i > end; i += step)
            match(evaluation, matches, json_array_get(node, (size_t)i));
    }
}

static void select_children(struct path_evaluation *evaluation, const struct filter *filter, json_t *node,
                            struct path_matches *matches)
{
    const char *name;
    size_t index;
    json_t *child;
    json_object_foreach(node, name,
                        child) if (visit(evaluation) && (!filter || filter_holds(evaluation, filter, child)))
        match(evaluation, matches, child);
    json_array_foreach(node, index,
                       child) if (visit(evaluation) && (!filter || filter_holds(evaluation, filter, child)))
        match(evaluation, matches, child);
}

static json_t *element(const json_t *node, int64_t index)
{
    if (index < 0)
        index += (int64_t)json_array_size(node);
    return index < 0 ? NULL : json_array_get(node, (size_t)index);
}

static void select_nodes(struct path_evaluation *evaluation, const struct selector *selector, json_t *node,
                         struct path_matches *matches)
{
    switch (selector->type) {
    case SELECT_NAME:
        match(evaluation, matches, json_object_get(node, selector->name));
        break;
    case SELECT_INDEX:
        match(evaluation, matches, element(node, selector->index));
        break;
    case SELECT_SLICE:
        select_slice(evaluation, &selector->slice, node, matches);
        break;
    case SELECT_ALL:
    case SELECT_FILTER:
        select_children(evaluation, selector->filter, node, matches);
        break;
    }
}

static void select_segment(struct path_evaluation *evaluation, const struct segment *segment, json_t *node,
                           struct path_matches *matches)
{
    if (!visit(evaluation))
        return;
    for (const struct selector *selector = segment->selectors; selector; selector = selector->next)
        select_nodes(evaluation, selector, node, matches);
    if (!segment->descends)
        return;
    const char *name;
    size_t index;
    json_t *child;
    json_object_foreach(node, name, child) select_segment(evaluation, segment, child, matches);
    json_array_foreach(node, index, child) select_segment(evaluation, segment, child, matches);
}

void path_evaluate(struct path_evaluation *evaluation, const struct path *path, json_t *node,
                   struct path_matches *ret_matches)
{
    struct path_matches now = {0};
    match(evaluation, &now, node);
    for (const struct segment *segment = path->segments; segment; segment = segment->next) {
        struct path_matches next = {0};
        for (size_t i = 0; i < now.count; i++)
            select_segment(evaluation, segment, now.nodes[i], &next);
        free(now.nodes);
        now = next;
    }
    *ret_matches = now;
}

enum status path_get(const struct path *path, json_t *root, json_t **ret_value, struct text *why)
{
    struct path_evaluation evaluation = {.root = root, .visits_left = VISITS_MAX};
    struct path_matches matches;
    path_evaluate(&evaluation, path, root, &matches);
    enum status status = STATUS_OK;
    if (evaluation.visits_left == 0) {
        text_setf(why, "the path %s selects too much", path->text);
        status = STATUS_TOO_LARGE;
    } else if (!path->reference) {
        *ret_value = json_array();
        for (size_t i = 0; i < matches.count; i++)
            (void)json_array_append(*ret_value, matches.nodes[i]);
    } else if (matches.count == 1) {
        *ret_value = json_incref(matches.nodes[0]);
    } else {
        text_setf(why, "the path %s selects nothing", path->text);
        status = STATUS_NOT_FOUND;
    }
    free(matches.nodes);
    return status;
}

/* ---- Putting ---- */

static json_t *put_at(const struct segment *segment, json_t *node, json_t *value);

/* A copy of the object with the field replaced or added; NULL when it is none. */
static json_t *put_field(const struct segment *segment, json_t *node, json_t *value)
{
    if (node && !json_is_object(node))
        return NULL;
    const char *name = segment->selectors->name;
    json_t *inner = put_at(segment->next, json_object_get(node, name), value);
    if (!inner)
        return NULL;
    json_t *copy = node ? json_copy(node) : json_object();
    (void)json_object_set_new(copy, name, inner);
    return copy;
}

/* A copy of the array with the element replaced, which must be there. */
static json_t *put_element(const struct segment *segment, json_t *node, json_t *value)
{
    int64_t index = segment->selectors->index;
    if (index < 0)
        index += (int64_t)json_array_size(node);
    json_t *old = index < 0 ? NULL : element(node, index);
    json_t *inner = old ? put_at(segment->next, old, value) : NULL;
    if (!inner)
        return NULL;
    json_t *copy = json_copy(node);
    (void)json_array_set_new(copy, (size_t)index, inner);
    return copy;
}

static json_t *put_at(const struct segment *segment, json_t *node, json_t *value)
{
    if (!segment)
        return json_incref(value);
    return segment->selectors->type == SELECT_NAME ? put_field(segment, node, value)
                                                   : put_element(segment, node, value);
}

enum status path_put(const struct path *path, json_t *root, json_t *value, json_t **ret_root, struct text *why)
{
    json_t *changed = put_at(path->segments, root, value);
    if (!changed) {
        text_setf(why, "nothing can be put at %s: something else stands there", path->text);
        return STATUS_CONFLICT;
    }
    *ret_root = changed;
    return STATUS_OK;
}
