/* Which route a request takes. The rows of all tables are gathered by pattern when the server opens; patterns stand in
 * the order of how exact they are, so that "/users/me" goes before "/@{name}", that before "/{name}", and that before
 * "/{rest*}". */
#include "server.h"

#include "base_path.h"
#include "memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_LITERAL, KIND_PREFIXED, KIND_PARAMETER, KIND_REST }; /* the most exact first */

struct segment {
    enum kind kind;
    char prefix; /* of KIND_PREFIXED: the character before the parameter */
    char *text;  /* the literal, or the parameter's name */
};

struct pattern {
    const char *text;
    struct segment segments[SEGMENTS_MAX];
    size_t segment_count;
    const struct http_route **rows;
    size_t row_count;
    char *allow; /* for 405 */
};

struct routes {
    struct pattern *patterns;
    size_t count;
};

bool http_runs_on_pool(enum http_run run, enum http_step step, bool is_remote)
{
    bool may_wait = run == HTTP_WHOLE || (run == HTTP_POOL && step == HTTP_HANDLE);
    return run != HTTP_INLINE && (is_remote || may_wait);
}

/* ---- Building ---- */

static void parse_segment(struct pattern *pattern, const char *text, size_t length)
{
    assert(pattern->segment_count < SEGMENTS_MAX);
    struct segment *segment = &pattern->segments[pattern->segment_count++];
    if (length > 3 && text[1] == '{' && text[length - 1] == '}') {
        segment->kind = KIND_PREFIXED;
        segment->prefix = text[0];
        text += 2;
        length -= 3;
    } else if (length > 2 && text[0] == '{' && text[length - 1] == '}') {
        bool rest = text[length - 2] == '*';
        segment->kind = rest ? KIND_REST : KIND_PARAMETER;
        text++;
        length -= rest ? 3 : 2;
    }
    segment->text = memory_new(length + 1);
    memcpy(segment->text, text, length);
}

static void parse_pattern(struct pattern *pattern, const char *text)
{
    assert(text[0] == '/');
    pattern->text = text;
    for (const char *c = text; *c;) {
        size_t length = strcspn(c + 1, "/");
        parse_segment(pattern, c + 1, length);
        c += 1 + length;
    }
}

static struct pattern *find_or_add(struct routes *routes, const char *text)
{
    for (size_t i = 0; i < routes->count; i++)
        if (strcmp(routes->patterns[i].text, text) == 0)
            return &routes->patterns[i];
    routes->patterns = memory_resize(routes->patterns, (routes->count + 1) * sizeof *routes->patterns);
    struct pattern *pattern = &routes->patterns[routes->count++];
    *pattern = (struct pattern){0};
    parse_pattern(pattern, text);
    return pattern;
}

static int compare_patterns(const void *left, const void *right)
{
    const struct pattern *a = left, *b = right;
    for (size_t i = 0; i < a->segment_count && i < b->segment_count; i++)
        if (a->segments[i].kind != b->segments[i].kind)
            return a->segments[i].kind < b->segments[i].kind ? -1 : 1;
    return strcmp(a->text, b->text);
}

static void add_method(struct text *allow, const char *method)
{
    text_addf(allow, "%s%s", allow->length ? ", " : "", method);
    if (strcmp(method, "GET") == 0)
        text_add(allow, ", HEAD");
}

static void note_allowed(struct pattern *pattern)
{
    struct text allow = {0};
    for (size_t i = 0; i < pattern->row_count; i++)
        add_method(&allow, pattern->rows[i]->method);
    pattern->allow = text_take(&allow);
}

struct routes *routes_new(const struct http_route *const *tables)
{
    struct routes *routes = NEW(struct routes);
    for (; *tables; tables++)
        for (const struct http_route *row = *tables; row->method; row++) {
            struct pattern *pattern = find_or_add(routes, row->pattern);
            pattern->rows = memory_resize(pattern->rows, (pattern->row_count + 1) * sizeof *pattern->rows);
            pattern->rows[pattern->row_count++] = row;
        }
    if (routes->count)
        qsort(routes->patterns, routes->count, sizeof *routes->patterns, compare_patterns);
    for (size_t i = 0; i < routes->count; i++)
        note_allowed(&routes->patterns[i]);
    return routes;
}

void routes_free(struct routes *routes)
{
    if (!routes)
        return;
    for (size_t i = 0; i < routes->count; i++) {
        struct pattern *pattern = &routes->patterns[i];
        for (size_t j = 0; j < pattern->segment_count; j++)
            free(pattern->segments[j].text);
        free(pattern->rows);
        free(pattern->allow);
    }
    free(routes->patterns);
    free(routes);
}

/* ---- Matching ---- */

/* The decoded path in its parts, one NUL-terminated string each. The parts end at the slashes that came as such: one
 * that came as %2F stays within its part. */
struct parts {
    const char *part[SEGMENTS_MAX + 1]; /* the last one: there are more than any pattern has */
    const char *rest[SEGMENTS_MAX];     /* the path from there to its end */
    size_t count;
};

static void split(struct http_request *request, struct parts *ret_parts)
{
    size_t raw_length = request->target_path_length;
    const char *raw = request->target, *end = raw + raw_length, *rest = request->path;
    char *decoded = request_room(request, raw_length + 1);
    ret_parts->count = 0;
    while (raw < end && *request->path == '/' && ret_parts->count <= SEGMENTS_MAX) {
        const char *start = raw + 1, *stop = memchr(start, '/', (size_t)(end - start));
        size_t length = (size_t)((stop ? stop : end) - start);
        (void)target_decode(start, length, false, decoded); /* target_parse has seen that it is well formed */
        rest++;
        if (ret_parts->count < SEGMENTS_MAX)
            ret_parts->rest[ret_parts->count] = rest;
        ret_parts->part[ret_parts->count++] = decoded;
        size_t decoded_length = strlen(decoded);
        rest += decoded_length;
        decoded += decoded_length + 1;
        raw = start + length;
    }
}

static bool has_length(const struct pattern *pattern, size_t count)
{
    size_t length = pattern->segment_count;
    return count == length || (count > length && length && pattern->segments[length - 1].kind == KIND_REST);
}

static bool matches(const struct pattern *pattern, const struct parts *parts, struct http_request *request)
{
    request->parameter_count = 0;
    if (!has_length(pattern, parts->count))
        return false;
    for (size_t i = 0; i < pattern->segment_count; i++) {
        const struct segment *segment = &pattern->segments[i];
        if (segment->kind == KIND_LITERAL) {
            if (segment->text[0] != parts->part[i][0] || strcmp(segment->text, parts->part[i]) != 0)
                return false;
            continue;
        }
        const char *value = segment->kind == KIND_REST ? parts->rest[i] : parts->part[i];
        if (segment->kind == KIND_PREFIXED && *value++ != segment->prefix)
            return false;
        if (segment->kind != KIND_REST && !value[0])
            return false;
        assert(request->parameter_count < PARAMETERS_MAX);
        request->parameters[request->parameter_count++] = (struct parameter){segment->text, value};
    }
    return true;
}

/* A row for GET answers HEAD, unless there is one for HEAD itself; "*" takes what no other row names. */
static const struct http_route *find_row(const struct pattern *pattern, const char *method)
{
    const struct http_route *any = NULL, *get = NULL;
    for (size_t i = 0; i < pattern->row_count; i++) {
        const struct http_route *row = pattern->rows[i];
        if (strcmp(row->method, method) == 0)
            return row;
        if (strcmp(row->method, "*") == 0)
            any = row;
        else if (strcmp(row->method, "GET") == 0 && strcmp(method, "HEAD") == 0)
            get = row;
    }
    return get ? get : any;
}

static bool is_known_method(const char *method)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(method, known[i]) == 0)
            return true;
    return false;
}

bool routes_is_vital(const struct http_server *server, const char *pattern)
{
    for (const char *const *vital = server->settings.vital; vital && *vital; vital++)
        if (strcmp(*vital, pattern) == 0)
            return true;
    return false;
}

/* The base path itself is the app's address without its last slash, and leads to it. Not for good: a browser would keep
 * that. */
static bool lead_inside(struct http_request *request, const char *base_path)
{
    bool reads = strcmp(request->asked_method, "GET") == 0 || strcmp(request->asked_method, "HEAD") == 0;
    if (!reads)
        return false;
    http_add_header(request, "Location",
                    arena_printf(&request->arena, "%s/%s%s", base_path, request->query[0] ? "?" : "", request->query));
    http_answer(request, 307, NULL, NULL, 0);
    return true;
}

bool routes_enter(struct http_request *request)
{
    const struct http_settings *settings = &request->server->settings;
    size_t base_length = strlen(settings->base_path);
    enum base_path_relation relation =
        base_path_relation(settings->base_path, request->target, request->target_path_length);
    if (!base_length || request->is_stripped || routes_is_vital(request->server, request->path))
        return true;
    if (relation == BASE_PATH_BELOW) {
        request->base_path_length = base_length;
        request->target += base_length;
        request->target_path_length -= base_length;
        request->path += base_length;
        return true;
    }
    if (relation == BASE_PATH_ITSELF && lead_inside(request, settings->base_path))
        return false;
    if (settings->outside)
        settings->outside(request);
    else
        http_answer_reason(request, 404, REASON_ADDRESS_UNKNOWN);
    assert(request->answer.code); /* outside must answer */
    return false;
}

void routes_match(const struct routes *routes, struct http_request *request)
{
    struct parts parts;
    split(request, &parts);
    for (size_t i = 0; i < routes->count; i++) {
        const struct pattern *pattern = &routes->patterns[i];
        if (!matches(pattern, &parts, request))
            continue;
        request->pattern = pattern->text;
        request->route = find_row(pattern, request->asked_method);
        if (request->route)
            return;
        if (!is_known_method(request->asked_method))
            break;
        http_add_header(request, "Allow", pattern->allow);
        http_answer_reason(request, 405, REASON_METHOD_NOT_ALLOWED);
        return;
    }
    bool reads = strcmp(request->asked_method, "GET") == 0 || strcmp(request->asked_method, "HEAD") == 0;
    request->route = reads ? request->server->settings.missing : NULL;
    if (request->route)
        return;
    if (is_known_method(request->asked_method))
        http_answer_reason(request, 404, REASON_ADDRESS_UNKNOWN);
    else
        http_answer_reason(request, 501, REASON_METHOD_UNKNOWN);
}
