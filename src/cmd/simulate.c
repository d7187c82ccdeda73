/* cloudphotos simulate: users who follow a Markov chain. */
#include "commands.h"
#include "crowd.h"
#include "load_targets.h"
#include "memory.h"
#include "recorder.h"
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 1000000 };

struct simulate_options {
    const char *chain, *users, *line, *names, *prefix, *photos, *field, *out, *hdr, *title;
    int64_t every_ms, people, timeout_ms, interval_ms, give_up_ms, connections, seed;
    bool yes, quiet;
};

#define FIELD(name) offsetof(struct simulate_options, name)
static const struct setting rows[] = {
    {"chain", SETTING_STRING, FIELD(chain), NULL, 0, 0, "FILE", "behaviour of the users; default: users/original.json"},
    {"users", SETTING_STRING, FIELD(users), NULL, 0, 0, "LIST", "concurrent users, in steps: 20,60,100,60,20"},
    {"every", SETTING_SECONDS, FIELD(every_ms), "10m", 100, 604800000, "TIME", "length of each step"},
    {"line", SETTING_STRING, FIELD(line), NULL, 0, 0, "POINTS",
     "change the number of users linearly instead: 0:20,10m:100"},
    {"people", SETTING_INTEGER, FIELD(people), "100", 1, NAMES_MAX, "N",
     "number of names that users have and search for"},
    {"prefix", SETTING_STRING, FIELD(prefix), "user_", 0, 0, "TEXT", "prefix of these names; a number follows"},
    {"names", SETTING_STRING, FIELD(names), NULL, 0, 0, "FILE", "file of names to use instead, one per line"},
    {"photos", SETTING_STRING, FIELD(photos), NULL, 0, 0, "FOLDER", "folder of photos to upload in turn"},
    {"field", SETTING_STRING, FIELD(field), "photo", 0, 0, "NAME", "name of the form field"},
    {"timeout", SETTING_SECONDS, FIELD(timeout_ms), "1s", 1, 3600000, "TIME",
     "time limit; later responses count as failed"},
    {"connections", SETTING_INTEGER, FIELD(connections), "4096", 1, 100000, "N", "maximum open connections"},
    {"interval", SETTING_SECONDS, FIELD(interval_ms), "1m", 100, 3600000, "TIME",
     "length of one interval in the results"},
    {"give-up", SETTING_SECONDS, FIELD(give_up_ms), "2m", 0, 0, "TIME",
     "stop when the target hasn't responded for this long; 0: never"},
    {"seed", SETTING_INTEGER, FIELD(seed), "1", 0, 0, "N", "random seed"},
    RUN_SETTINGS,
};
static const struct settings_table table = {
    .command = "simulate",
    .summary = "Usage: cloudphotos simulate [OPTIONS] URL\n\n"
               "Simulates users of the server at URL: a Markov chain says when they search, browse, upload and wait. "
               "See docs/load.md.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

struct simulation {
    struct simulate_options options;
    struct arena arena;
    struct load_target target;
    struct chain chain;
    struct schedule users;
    const char **names;
    size_t name_count;
    struct request_bodies photos[CHAIN_STATES];
    const char *labels[CHAIN_STATES]; /* of the states that send requests */
    unsigned label_states[CHAIN_STATES];
    unsigned label_count;
    struct recorder recorder;
    size_t pieces_begun; /* of the schedule */
};

/* ---- From options to settings ---- */

static enum status read_chain(struct simulation *simulation, struct text *why)
{
    const char *path = simulation->options.chain;
    struct request_bodies file;
    if (!path)
        return chain_parse("users/original.json", original_chain_text, original_chain_length, &simulation->arena,
                           &simulation->chain, why);
    enum status status = bodies_from_file(path, &simulation->arena, &file, why);
    return status == STATUS_OK
               ? chain_parse(path, file.rows[0].data, file.rows[0].length, &simulation->arena, &simulation->chain, why)
               : status;
}

static enum status read_users(struct simulation *simulation, struct text *why)
{
    const struct simulate_options *options = &simulation->options;
    if ((options->users != NULL) == (options->line != NULL)) {
        text_setf(why, "give one of --users and --line (see cloudphotos simulate --help)");
        return STATUS_INVALID;
    }
    if (options->users)
        return schedule_parse_list(options->users, SCHEDULE_USERS, options->every_ms, &simulation->users, why);
    return schedule_parse_ramp(options->line, SCHEDULE_USERS, 0, &simulation->users, why);
}

/* Names go into paths and headers as they are. */
static bool is_plain(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name <= ' ' || *name == '/' || *name == '?' || *name == '#' || *name == '%' || *name == '&')
            return false;
    return true;
}

static enum status read_name_file(struct simulation *simulation, struct text *why)
{
    const char *path = simulation->options.names;
    struct request_bodies file;
    enum status status = bodies_from_file(path, &simulation->arena, &file, why);
    if (status != STATUS_OK)
        return status;
    simulation->names = arena_new(&simulation->arena, NAMES_MAX * sizeof *simulation->names);
    char *line = arena_copy(&simulation->arena, file.rows[0].data, file.rows[0].length);
    for (char *next; line && *line && simulation->name_count < NAMES_MAX; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (!is_plain(line)) {
            text_setf(why, "%s:%zu: \"%s\" can't be a name: it contains a space or one of /?#%%&", path,
                      simulation->name_count + 1, line);
            return STATUS_INVALID;
        }
        simulation->names[simulation->name_count++] = line;
    }
    if (simulation->name_count == 0)
        text_setf(why, "%s contains no names", path);
    return simulation->name_count ? STATUS_OK : STATUS_INVALID;
}

static enum status read_names(struct simulation *simulation, struct text *why)
{
    const struct simulate_options *options = &simulation->options;
    if (options->names)
        return read_name_file(simulation, why);
    if (!is_plain(options->prefix)) {
        text_setf(why, "--prefix: \"%s\" can't start a name: it contains a space or one of /?#%%&", options->prefix);
        return STATUS_INVALID;
    }
    simulation->name_count = (size_t)options->people;
    simulation->names = arena_new(&simulation->arena, simulation->name_count * sizeof *simulation->names);
    for (size_t i = 0; i < simulation->name_count; i++)
        simulation->names[i] = arena_printf(&simulation->arena, "%s%03zu", options->prefix, i);
    return STATUS_OK;
}

static enum status read_photos(struct simulation *simulation, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < simulation->chain.count && status == STATUS_OK; i++) {
        const struct chain_state *state = &simulation->chain.states[i];
        if (!state->has_request)
            continue;
        simulation->label_states[simulation->label_count] = (unsigned)i;
        simulation->labels[simulation->label_count++] = state->name;
        if (!state->request.photos)
            continue;
        if (!simulation->options.photos) {
            text_setf(why, "users upload photos in the state \"%s\": give --photos FOLDER", state->name);
            return STATUS_INVALID;
        }
        status = bodies_from_photos(
            arena_printf(&simulation->arena, "%s/%s", simulation->options.photos, state->request.photos),
            simulation->options.field, &simulation->arena, &simulation->photos[i], why);
    }
    return status;
}

static enum status prepare(struct simulation *simulation, const struct settings_words *words, struct text *why)
{
    if (words->count != 1) {
        text_setf(why, "give the URL of one server (see cloudphotos simulate --help)");
        return STATUS_INVALID;
    }
    enum status status = load_target_parse(words->words[0], &simulation->arena, &simulation->target, why);
    if (status == STATUS_OK)
        status = read_users(simulation, why);
    if (status == STATUS_OK)
        status = read_chain(simulation, why);
    if (status == STATUS_OK)
        status = read_names(simulation, why);
    if (status == STATUS_OK)
        status = read_photos(simulation, why);
    return status == STATUS_OK ? load_targets_check(&simulation->target, 1, simulation->options.yes, why) : status;
}

/* ---- The run ---- */

/* A step of the number of users is an event. */
static void note_steps(struct simulation *simulation, int64_t until_ms)
{
    const struct schedule *users = &simulation->users;
    for (; simulation->pieces_begun < users->count; simulation->pieces_begun++) {
        const struct schedule_piece *piece = &users->pieces[simulation->pieces_begun];
        TEXT_CLEANUP struct text sentence = {0};
        if (piece->begin_s * 1e3 >= (double)until_ms)
            return;
        text_addf(&sentence, piece->from == piece->to ? "%.0f users" : "from %.0f users", piece->from);
        if (piece->from != piece->to)
            text_addf(&sentence, " to %.0f", piece->to);
        recorder_add_event(&simulation->recorder, (int64_t)(piece->begin_s * 1e3), text_get(&sentence));
    }
}

static void add_interval(void *context, int64_t index, const struct tally *tallies, double users)
{
    struct simulation *simulation = context;
    struct tally shown[CHAIN_STATES]; /* borrowed */
    for (unsigned i = 0; i < simulation->label_count; i++)
        shown[i] = tallies[simulation->label_states[i]];
    note_steps(simulation, (index + 1) * simulation->options.interval_ms);
    recorder_add(&simulation->recorder, index, shown, users);
}

static bool should_stop(void *context)
{
    return recorder_should_stop(&((struct simulation *)context)->recorder);
}

static int run_crowd(struct simulation *simulation, struct text *why)
{
    const struct simulate_options *options = &simulation->options;
    const struct recorder_settings recorder = {
        .command = "simulate",
        .title = options->title,
        .out = options->out,
        .hdr = options->hdr,
        .labels = simulation->labels,
        .label_count = simulation->label_count,
        .interval_ms = options->interval_ms,
        .give_up_ms = options->give_up_ms,
        .schedule = &simulation->users,
        .shows_users = true,
        .is_quiet = options->quiet,
    };
    const struct crowd_settings settings = {
        .chain = &simulation->chain,
        .target = &simulation->target,
        .users = &simulation->users,
        .names = simulation->names,
        .name_count = simulation->name_count,
        .photos = simulation->photos,
        .nobody = "nobody_",
        .seed = (uint64_t)options->seed,
        .connections = load_targets_allow_connections((unsigned)options->connections),
        .timeout_ns = options->timeout_ms * 1000000,
        .interval_ns = options->interval_ms * 1000000,
    };
    if (recorder_open(&recorder, &simulation->recorder, why) != STATUS_OK)
        return 2;
    const struct crowd_hooks hooks = {.interval = add_interval, .should_stop = should_stop, .context = simulation};
    struct crowd_outcome outcome = {0};
    enum status status = crowd_run(&settings, &hooks, &outcome, why);
    int code = recorder_close(&simulation->recorder, outcome.elapsed_s, outcome.elapsed_s, outcome.cpu_s);
    return status == STATUS_OK ? code : 2;
}

static int run(int argc, char **argv)
{
    TEXT_CLEANUP struct text why = {0};
    struct simulation *simulation = NEW(struct simulation);
    struct settings_words words = {0};
    bool help;
    int code = 2;
    enum status status =
        settings_read(&table, argc - 1, argv + 1, &simulation->arena, &simulation->options, &words, &help, &why);
    if (status == STATUS_OK && help) {
        code = 0;
    } else if (status == STATUS_OK && prepare(simulation, &words, &why) == STATUS_OK) {
        recorder_catch_signals();
        code = run_crowd(simulation, &why);
    }
    if (why.length)
        (void)fprintf(stderr, "cloudphotos simulate: %s\n", text_get(&why));
    arena_release(&simulation->arena);
    free(simulation);
    return code;
}

const struct command simulate_command = {
    .name = "simulate", .summary = "simulates users with a Markov chain", .run = run};
