/* Reads a definition from its top: the states of each machine, then whether they hang together. */
#include "definition.h"

#include "memory.h"
#include "state.h"
#include "store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct state *machine_find(const struct machine *machine, const char *name)
{
    for (size_t i = 0; i < machine->count; i++)
        if (strcmp(machine->states[i].name, name) == 0)
            return &machine->states[i];
    return NULL;
}

/* In this machine or any below it. */
static bool is_taken(const struct machine *machine, const char *name)
{
    if (machine_find(machine, name))
        return true;
    for (const struct machine *inner = machine->inner; inner; inner = inner->beside)
        if (is_taken(inner, name))
            return true;
    return false;
}

static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* Gives the states their names first, so that each can be found while another is read. */
static bool name_states(struct reader *reader, json_t *states, struct machine *machine)
{
    struct state *named = arena_new(reader->arena, sizeof *named * json_object_size(states));
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(states, name, value)
    {
        size_t characters = count_characters(name);
        if (characters == 0 || characters > STATE_NAME_MAX)
            return reader_refuse(reader, STATUS_INVALID, "the name \"%.90s\" must have 1 to %d characters", name,
                                 STATE_NAME_MAX);
        if (is_taken(reader->outmost, name))
            return reader_refuse(reader, STATUS_INVALID, "there are two states \"%s\"", name);
        named[count++].name = name;
    }
    machine->states = named;
    machine->count = count;
    return true;
}

static bool read_states(struct reader *reader, json_t *states, struct machine *machine)
{
    for (size_t i = 0; i < machine->count; i++) {
        struct state *state = &machine->states[i];
        size_t mark = reader_enter(reader, "%s", state->name);
        bool read = state_read(reader, json_object_get(states, state->name), state);
        reader_leave(reader, mark);
        if (!read)
            return false;
    }
    return true;
}

/* ---- Do the states hang together? ---- */

struct walk {
    const struct machine *machine;
    bool *reached;
    const struct state **waiting; /* each state at most once */
    size_t count;
};

static void reach(void *context, const struct state *state)
{
    struct walk *walk = context;
    size_t index = (size_t)(state - walk->machine->states);
    if (!walk->reached[index]) {
        walk->reached[index] = true;
        walk->waiting[walk->count++] = state;
    }
}

static bool reach_targets(struct walk *walk, const struct state *state)
{
    if (state->next)
        reach(walk, state->next);
    for (size_t i = 0; i < state->recovery.catcher_count; i++)
        reach(walk, state->recovery.catchers[i].next);
    if (state->type->targets)
        state->type->targets(state, reach, walk);
    return state->type->ends || ((state->type->features & TAKES_NEXT) && !state->next);
}

/* Every state can be reached, and some way ends. */
static bool check_graph(struct reader *reader, const struct machine *machine)
{
    struct walk walk = {machine, NEW_ARRAY(machine->count, bool), NEW_ARRAY(machine->count, const struct state *), 0};
    bool ends = false;
    reach(&walk, machine->start);
    while (walk.count)
        ends = reach_targets(&walk, walk.waiting[--walk.count]) || ends;
    bool good = true;
    for (size_t i = 0; i < machine->count && good; i++)
        if (!walk.reached[i])
            good = reader_refuse(reader, STATUS_INVALID, "nothing leads to the state \"%s\"", machine->states[i].name);
    free(walk.reached);
    free((void *)walk.waiting);
    return good && (ends || reader_refuse(reader, STATUS_INVALID, "there is no terminal state"));
}

bool machine_read(struct reader *reader, json_t *object, struct machine *machine)
{
    const char *start = NULL;
    json_t *states = json_object_get(object, "States");
    if (!json_is_object(states) || json_object_size(states) == 0)
        return reader_refuse(reader, STATUS_INVALID, "\"States\" must be an object with at least one state");
    if (!read_required_string(reader, object, "StartAt", &start))
        return false;
    if (++reader->nesting > READER_NESTING_MAX)
        return reader_refuse(reader, STATUS_INVALID, "is nested too deeply");
    struct machine *outer = reader->machine;
    if (outer) {
        machine->beside = outer->inner;
        outer->inner = machine;
    }
    reader->machine = machine;
    size_t mark = reader_enter(reader, "States");
    bool read = name_states(reader, states, machine) && read_states(reader, states, machine);
    reader_leave(reader, mark);
    if (read) {
        machine->start = machine_find(machine, start);
        read = machine->start
                   ? check_graph(reader, machine)
                   : reader_refuse_field(reader, STATUS_INVALID, "StartAt", "there is no state \"%.100s\"", start);
    }
    reader->machine = outer;
    reader->nesting--;
    return read;
}

/* ---- The whole ---- */

enum { DEFINITION_BYTES_MAX = 1 << 20 /* as Step Functions has it */ };

static bool read_top(struct reader *reader, json_t *object, struct definition *definition)
{
    static const char *const fields[] = {"Comment",        "StartAt",       "States", "Version",
                                         "TimeoutSeconds", "QueryLanguage", NULL};
    const char *comment = NULL, *version = "1.0";
    if (!json_is_object(object))
        return reader_refuse(reader, STATUS_INVALID, "must be an object");
    if (!read_query_language(reader, object) || !read_only_fields(reader, object, fields)
        || !read_string(reader, object, "Comment", &comment) || !read_string(reader, object, "Version", &version)
        || !read_integer(reader, object, "TimeoutSeconds", 1, READER_SECONDS_MAX, &definition->timeout_seconds))
        return false;
    if (strcmp(version, "1.0") != 0)
        return reader_refuse_field(reader, STATUS_UNSUPPORTED, "Version", "only \"1.0\" is supported");
    return machine_read(reader, object, &definition->top);
}

enum status definition_parse(const char *text, size_t length, struct definition **ret_definition, struct text *why)
{
    if (length > DEFINITION_BYTES_MAX)
        return text_setf(why, "a definition has at most %d bytes", DEFINITION_BYTES_MAX), STATUS_INVALID;
    json_t *document;
    enum status status = json_parse(text, length, &document, why);
    if (status != STATUS_OK)
        return status;
    struct definition *definition = NEW(struct definition);
    definition->document = document;
    struct reader reader = {.arena = &definition->arena, .why = why, .outmost = &definition->top};
    bool read = read_top(&reader, document, definition);
    text_release(&reader.place);
    assert(read == (reader.status == STATUS_OK));
    if (read)
        *ret_definition = definition;
    else
        definition_free(definition);
    return reader.status;
}

static bool each_resource(const struct machine *machine, bool (*resource)(void *context, const char *resource),
                          void *context)
{
    for (size_t i = 0; i < machine->count; i++) {
        const struct state *state = &machine->states[i];
        const char *name = state->type->resource ? state->type->resource(state) : NULL;
        if (name && !resource(context, name))
            return false;
        for (size_t k = 0; k < state->branch_count; k++)
            if (!each_resource(state->branches[k], resource, context))
                return false;
    }
    return true;
}

bool definition_each_resource(const struct definition *definition,
                              bool (*resource)(void *context, const char *resource), void *context)
{
    return each_resource(&definition->top, resource, context);
}

void definition_free(struct definition *definition)
{
    if (!definition)
        return;
    arena_release(&definition->arena);
    json_decref(definition->document);
    free(definition);
}
