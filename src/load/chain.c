#include "chain.h"

#include "json.h"
#include "json_line.h"
#include "settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *name, *json;
    struct arena *arena;
    struct chain *chain;
    json_t *states;
    int64_t think_ms;
    struct text *why;
};

/* ---- Refusing, with the line ---- */

#define PATH(...)      ((const char *const[]){__VA_ARGS__})
#define PATH_SIZE(...) (sizeof PATH(__VA_ARGS__) / sizeof(const char *))
/* The line is that of the keys that follow the sentence. */
#define REFUSE(reader, sentence, ...) refuse((reader), (sentence), PATH(__VA_ARGS__), PATH_SIZE(__VA_ARGS__))

static enum status refuse(const struct reader *reader, const char *sentence, const char *const *path, size_t depth)
{
    text_setf(reader->why, "%s:%zu: %s", reader->name, json_line_of(reader->json, path, depth), sentence);
    return STATUS_INVALID;
}

/* Every member must be one of the words, so that a slip of the pen is seen. */
static const char *unknown_member(json_t *object, const char *const *words)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        size_t i = 0;
        while (words[i] && strcmp(words[i], key) != 0)
            i++;
        if (!words[i])
            return key;
    }
    return NULL;
}

static const char *get_string(const struct reader *reader, const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? arena_copy_string(reader->arena, value) : NULL;
}

static int find_state(const struct chain *chain, const char *name)
{
    for (size_t i = 0; i < chain->count; i++)
        if (strcmp(chain->states[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* ---- Requests ---- */

/* The first ${name} that nobody fills, or NULL. */
static const char *unknown_variable(const struct reader *reader, const char *template)
{
    static const char *const known[] = {"user", "somebody", "nobody"};
    for (const char *at = template ? strstr(template, "${") : NULL; at; at = strstr(at + 1, "${")) {
        size_t length = strcspn(at + 2, "}");
        bool is_known = false;
        for (size_t i = 0; i < 3; i++)
            is_known = is_known || (strlen(known[i]) == length && memcmp(known[i], at + 2, length) == 0);
        const char *key;
        json_t *state;
        json_object_foreach(reader->states, key, state)
        {
            const char *keep = json_string_value(json_object_get(state, "keep"));
            is_known = is_known || (keep && strlen(keep) == length && memcmp(keep, at + 2, length) == 0);
        }
        if (!is_known || at[2 + length] != '}')
            return at;
    }
    return NULL;
}

static enum status read_headers(struct reader *reader, struct chain_state *state, json_t *headers)
{
    const char *key;
    json_t *value;
    if (headers && (!json_is_object(headers) || json_object_size(headers) > CHAIN_HEADERS))
        return REFUSE(reader, "\"headers\" is an object of at most 8 strings", "states", state->name, "request",
                      "headers");
    json_object_foreach(headers, key, value)
    {
        if (!json_is_string(value) || strpbrk(json_string_value(value), "\r\n")
            || unknown_variable(reader, json_string_value(value)))
            return REFUSE(
                reader,
                "a header is a string on one line, with ${user}, ${somebody}, ${nobody} or a field that is kept",
                "states", state->name, "request", "headers", key);
        state->request.headers[state->request.header_count++] = (struct chain_header){
            arena_copy_string(reader->arena, key), arena_copy_string(reader->arena, json_string_value(value))};
    }
    return STATUS_OK;
}

static enum status read_request(struct reader *reader, struct chain_state *state, json_t *object)
{
    static const char *const words[] = {"method", "path", "headers", "body", "photos", NULL};
    struct chain_request *request = &state->request;
    if (!object)
        return STATUS_OK;
    const char *unknown = json_is_object(object) ? unknown_member(object, words) : NULL;
    if (!json_is_object(object) || unknown)
        return REFUSE(reader, "a request is an object of method, path, headers, body and photos", "states", state->name,
                      "request", unknown ? unknown : "");
    state->has_request = true;
    request->path = get_string(reader, object, "path");
    request->body = get_string(reader, object, "body");
    request->photos = get_string(reader, object, "photos");
    request->method = get_string(reader, object, "method");
    if (!request->method)
        request->method = request->body || request->photos ? "POST" : "GET";
    if (!request->path || request->path[0] != '/' || strpbrk(request->path, " \t\r\n"))
        return REFUSE(reader, "a request has a \"path\" that begins with / and has no spaces", "states", state->name,
                      "request", "path");
    if (request->photos && (strchr(request->photos, '/') || request->body))
        return REFUSE(reader,
                      "\"photos\" names a folder inside --photos, \"\" that folder itself, and excludes \"body\"",
                      "states", state->name, "request", "photos");
    if (unknown_variable(reader, request->path) || unknown_variable(reader, request->body))
        return REFUSE(reader,
                      "there are ${user}, ${somebody}, ${nobody} and the fields that some state keeps; no others",
                      "states", state->name, "request", unknown_variable(reader, request->path) ? "path" : "body");
    return read_headers(reader, state, json_object_get(object, "headers"));
}

/* ---- States ---- */

static enum status read_again(struct reader *reader, struct chain_state *state, const json_t *object)
{
    if (!object)
        return STATUS_OK;
    const char *every = json_string_value(json_object_get(object, "every"));
    state->again_field = get_string(reader, object, "field");
    state->again_while = get_string(reader, object, "while");
    if (!state->again_field || !state->again_while || !every
        || settings_parse_seconds(every, &state->again_ms) != STATUS_OK || json_object_size(object) != 3)
        return REFUSE(reader, "\"again\" is written {\"field\": …, \"while\": …, \"every\": \"5s\"}", "states",
                      state->name, "again");
    return STATUS_OK;
}

static enum status read_next(struct reader *reader, struct chain_state *state, json_t *object)
{
    const char *key;
    json_t *value;
    double sum = 0;
    if (!json_is_object(object) || json_object_size(object) == 0)
        return REFUSE(reader, "every state has a \"next\": an object of states and their shares", "states", state->name,
                      "next");
    json_object_foreach(object, key, value)
    {
        int next = find_state(reader->chain, key);
        double share = json_number_value(value);
        if (next < 0)
            return REFUSE(reader, "there is no state of that name", "states", state->name, "next", key);
        if (!json_is_number(value) || share < 0 || share > 1)
            return REFUSE(reader, "a share is a number from 0 to 1", "states", state->name, "next", key);
        state->next[state->next_count++] = (struct chain_next){(unsigned)next, share};
        sum += share;
    }
    if (fabs(sum - 1) > 1e-9) {
        TEXT_CLEANUP struct text sentence = {0};
        text_addf(&sentence, "the shares of what follows \"%s\" add up to %g, not 1", state->name, sum);
        return REFUSE(reader, text_get(&sentence), "states", state->name, "next");
    }
    return STATUS_OK;
}

static enum status read_think(const struct reader *reader, const char *text, int64_t *ret_ms, const char *state)
{
    if (!text || settings_parse_seconds(text, ret_ms) == STATUS_OK)
        return STATUS_OK;
    return state ? REFUSE(reader, "\"think\" is a time such as \"1s\" or \"500ms\"", "states", state, "think")
                 : REFUSE(reader, "\"think\" is a time such as \"1s\" or \"500ms\"", "think");
}

static enum status read_state(struct reader *reader, struct chain_state *state, json_t *object)
{
    static const char *const words[] = {"request", "keep", "again", "if_empty", "think", "next", NULL};
    const char *unknown = json_is_object(object) ? unknown_member(object, words) : NULL;
    if (!json_is_object(object) || unknown)
        return REFUSE(reader, "a state is an object of request, keep, again, if_empty, think and next", "states",
                      state->name, unknown ? unknown : "");
    const char *if_empty = json_string_value(json_object_get(object, "if_empty"));
    bool is_start = state == &reader->chain->states[reader->chain->start];
    state->keep = get_string(reader, object, "keep");
    for (size_t i = 0; i < reader->chain->count && state->keep; i++)
        if (reader->chain->states[i].keep && strcmp(reader->chain->states[i].keep, state->keep) != 0)
            return REFUSE(reader, "a user remembers one field, and another state keeps another", "states", state->name,
                          "keep");
    state->if_empty = if_empty ? find_state(reader->chain, if_empty) : -1;
    state->think_ms = is_start ? 0 : reader->think_ms;
    if (if_empty && state->if_empty < 0)
        return REFUSE(reader, "there is no state of that name", "states", state->name, "if_empty");
    enum status status =
        read_think(reader, json_string_value(json_object_get(object, "think")), &state->think_ms, state->name);
    if (status == STATUS_OK)
        status = read_request(reader, state, json_object_get(object, "request"));
    if (status == STATUS_OK)
        status = read_again(reader, state, json_object_get(object, "again"));
    return status == STATUS_OK ? read_next(reader, state, json_object_get(object, "next")) : status;
}

static bool leads_there(const struct chain_state *state, const bool *there)
{
    for (size_t i = 0; i < state->next_count; i++)
        if (state->next[i].share > 0 && there[state->next[i].state])
            return true;
    return false;
}

/* A user who can't come back to the start would be lost to the experiment. */
static enum status check_ways_back(const struct reader *reader)
{
    const struct chain *chain = reader->chain;
    bool comes_back[CHAIN_STATES] = {false}, has_changed = true;
    comes_back[chain->start] = true;
    while (has_changed) {
        has_changed = false;
        for (size_t i = 0; i < chain->count; i++)
            if (!comes_back[i] && leads_there(&chain->states[i], comes_back))
                comes_back[i] = has_changed = true;
    }
    for (size_t i = 0; i < chain->count; i++)
        if (!comes_back[i])
            return REFUSE(reader, "from this state no way leads back to the start", "states", chain->states[i].name);
    const struct chain_state *start = &chain->states[chain->start];
    if (start->next_count == 1 && start->next[0].state == chain->start)
        return REFUSE(reader, "the start is never left", "states", start->name);
    return STATUS_OK;
}

static enum status read_chain(struct reader *reader, json_t *root)
{
    static const char *const words[] = {"description", "start", "think", "states", NULL};
    const char *unknown = json_is_object(root) ? unknown_member(root, words) : NULL;
    struct chain *chain = reader->chain;
    const char *start = json_string_value(json_object_get(root, "start"));
    const char *key;
    json_t *value;
    if (!json_is_object(root) || unknown)
        return REFUSE(reader, "a chain is an object of description, start, think and states", unknown ? unknown : "");
    reader->states = json_object_get(root, "states");
    if (!json_is_object(reader->states) || json_object_size(reader->states) == 0
        || json_object_size(reader->states) > CHAIN_STATES)
        return REFUSE(reader, "\"states\" is an object of 1 to 64 states", "states");
    json_object_foreach(reader->states, key, value) chain->states[chain->count++].name =
        arena_copy_string(reader->arena, key);
    if (!start || find_state(chain, start) < 0)
        return REFUSE(reader, "\"start\" is the name of a state", "start");
    chain->start = (unsigned)find_state(chain, start);
    chain->description = get_string(reader, root, "description");
    enum status status = read_think(reader, json_string_value(json_object_get(root, "think")), &reader->think_ms, NULL);
    for (size_t i = 0; i < chain->count && status == STATUS_OK; i++)
        status = read_state(reader, &chain->states[i], json_object_get(reader->states, chain->states[i].name));
    return status == STATUS_OK ? check_ways_back(reader) : status;
}

enum status chain_parse(const char *name, const char *json, size_t length, struct arena *arena, struct chain *ret_chain,
                        struct text *why)
{
    JSON_CLEANUP json_t *root = NULL;
    TEXT_CLEANUP struct text fault = {0};
    struct chain *chain = arena_new(arena, sizeof *chain);
    struct reader reader = {.name = name, .json = json, .arena = arena, .chain = chain, .why = why};
    if (json_parse(json, length, &root, &fault) != STATUS_OK) {
        text_setf(why, "%s: %s", name, text_get(&fault));
        return STATUS_INVALID;
    }
    enum status status = read_chain(&reader, root);
    if (status == STATUS_OK)
        *ret_chain = *chain;
    return status;
}

unsigned chain_next(const struct chain *chain, unsigned state, struct dice *dice)
{
    const struct chain_state *row = &chain->states[state];
    double rolled = dice_share(dice);
    unsigned last = row->next[0].state;
    for (size_t i = 0; i < row->next_count && rolled >= 0; i++)
        if (row->next[i].share > 0) { /* the last of them takes what rounding leaves */
            last = row->next[i].state;
            rolled -= row->next[i].share;
        }
    return last;
}
