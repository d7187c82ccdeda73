/* cloudphotos admin: inspects and repairs a server's metadata. Works on the same database as a running server. */
#include "admin.h"
#include "clock.h"
#include "commands.h"
#include "data_folder.h"
#include "pipeline.h"
#include "runner.h"
#include "settings.h"

#include <stdio.h>
#include <string.h>

#define FIELD(name) offsetof(struct admin_settings, name)
static const struct setting rows[] = {
    {"data", SETTING_STRING, FIELD(data), "./data", 0, 0, "FOLDER", "data folder of the server"},
    {"store", SETTING_STRING, FIELD(store), NULL, 0, 0, "ADDRESS",
     "metadata store, as the server has it; default: sqlite:FOLDER/photos.db"},
    {"buckets", SETTING_STRING, FIELD(buckets), NULL, 0, 0, "ADDRESS",
     "rescan, render, create, verify, backup, restore: image store, as the server has it; default: "
     "file:FOLDER/buckets"},
    {"repair", SETTING_SWITCH, FIELD(repair), "no", 0, 0, NULL,
     "buckets create: change what differs in buckets that are there; verify: remove objects that no photo needs"},
    {"status", SETTING_STRING, FIELD(status), NULL, 0, 0, "STATUS",
     "list: only executions that are RUNNING, SUCCEEDED, FAILED or ABORTED"},
    {"models", SETTING_STRING, FIELD(models), NULL, 0, 0, "FOLDER",
     "folder of the local moderator's models; default: next to the program"},
    {"processes", SETTING_INTEGER, FIELD(processes), "2", 1, 256, "N",
     "eval, rescan, render: photos to process in parallel"},
    {"everything", SETTING_SWITCH, FIELD(everything), "no", 0, 0, NULL,
     "eval: run every model on the whole photo and on every part"},
    {"curve", SETTING_STRING, FIELD(curve), NULL, 0, 0, "FILE",
     "eval: plot true and false positives by confidence, as SVG"},
    {"grace", SETTING_SECONDS, FIELD(grace_ms), "15m", 0, 0, "TIME",
     "verify: pass over what was changed within this time, because a server may be working on it"},
    {"json", SETTING_SWITCH, FIELD(json), "no", 0, 0, NULL, "verify: print one JSON object"},
    {"from-store", SETTING_STRING, FIELD(from_store), NULL, 0, 0, "ADDRESS", "copy: metadata store of the source"},
    {"from-buckets", SETTING_STRING, FIELD(from_buckets), NULL, 0, 0, "ADDRESS", "copy: image store of the source"},
    {"to-store", SETTING_STRING, FIELD(to_store), NULL, 0, 0, "ADDRESS", "copy: metadata store of the destination"},
    {"to-buckets", SETTING_STRING, FIELD(to_buckets), NULL, 0, 0, "ADDRESS", "copy: image store of the destination"},
    {"last", SETTING_SWITCH, FIELD(last), "no", 0, 0, NULL,
     "copy: the servers of the source have ended, and it won't be copied again"},
    {"limit", SETTING_INTEGER, FIELD(limit), "50", 1, 1000000, "N", "maximum rows to print"},
};
static const struct settings_table table = {
    .command = "admin",
    .summary =
        "Usage: cloudphotos admin executions [list] [OPTIONS]   list workflow executions, newest first\n"
        "       cloudphotos admin executions show ID            show one with its history\n"
        "       cloudphotos admin executions retry ID           run a failed or aborted one again from the start\n"
        "       cloudphotos admin executions abort ID           stop a running one; its photo is refused\n"
        "       cloudphotos admin moderation eval FOLDER        moderate the photos in FOLDER/accept and\n"
        "                                                       FOLDER/refuse/LABEL, and report the error rates\n"
        "       cloudphotos admin moderation rescan             moderate published photos again; withdraw those that\n"
        "                                                       would be refused or held now, until a person decides\n"
        "       cloudphotos admin moderation review [list|approve ID|refuse ID]   decide on photos in review\n"
        "       cloudphotos admin moderation verdicts [list|forget ID]            list or forget decisions; copies of\n"
        "                                                       refused photos are refused at once\n"
        "       cloudphotos admin photos render                 make the medium images that older photos lack\n"
        "       cloudphotos admin buckets create                make the buckets of --buckets s3://… that are "
        "missing,\n"
        "                                                       and tell what differs in those that are there\n"
        "       cloudphotos admin verify                        compare photos with their objects, also of a running\n"
        "                                                       server; exit status 1 if they differ\n"
        "       cloudphotos admin backup FOLDER                 write all photos to a new folder, beside servers\n"
        "       cloudphotos admin restore FOLDER                write a backup to an empty store and empty buckets, "
        "of\n"
        "                                                       any kind\n"
        "       cloudphotos admin copy --from-store … --from-buckets … --to-store … --to-buckets … [--last]\n"
        "                                                       write all photos to another store and other buckets,\n"
        "                                                       beside servers of the source. Run it as often as you\n"
        "                                                       like: it takes what has changed. Then end the servers\n"
        "                                                       of the source, run it with --last, and start servers\n"
        "                                                       on the destination, not before. Photos on their way\n"
        "                                                       go on there; unfinished resumable uploads begin anew",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

enum status admin_read_id(const char *text, struct id *ret_id, struct text *why)
{
    if (text && id_parse(text, strlen(text), ret_id))
        return STATUS_OK;
    if (text)
        text_setf(why, "\"%s\" isn't an id; ids have 32 hexadecimal digits", text);
    else
        text_setf(why, "the id of the photo is missing; ids have 32 hexadecimal digits");
    return STATUS_INVALID;
}

/* -1: of all statuses. */
static enum status read_status(const char *name, int *ret_status, struct text *why)
{
    *ret_status = -1;
    for (int i = 0; name && i < EXECUTION_STATUSES; i++)
        if (strcmp(execution_status_name((enum execution_status)i), name) == 0)
            *ret_status = i;
    if (!name || *ret_status >= 0)
        return STATUS_OK;
    text_setf(why, "--status: \"%s\" is not RUNNING, SUCCEEDED, FAILED or ABORTED", name);
    return STATUS_INVALID;
}

static bool print_execution(void *context, const struct execution *execution)
{
    char id[ID_TEXT_SIZE], started[CLOCK_ISO8601_SIZE], updated[CLOCK_ISO8601_SIZE];
    (void)context;
    id_format(&execution->id, id);
    clock_format_iso8601(execution->started_ms, started);
    clock_format_iso8601(execution->updated_ms, updated);
    printf("%s  %-9s  %s  %s  %s\n", id, execution_status_name(execution->status), started, updated,
           execution->state[0] ? execution->state : "-");
    return true;
}

static void print_heading(void)
{
    printf("%-32s  %-9s  %-20s  %-20s  %s\n", "ID", "STATUS", "STARTED", "UPDATED", "STATE");
}

static enum status list(struct store *store, const struct admin_settings *settings, const char *id, struct text *why)
{
    int status_wanted;
    (void)id;
    enum status status = read_status(settings->status, &status_wanted, why);
    if (status != STATUS_OK)
        return status;
    print_heading();
    return store_executions_list(store, status_wanted, (size_t)settings->limit, print_execution, NULL, why);
}

static bool print_event(void *context, const struct execution_event *event)
{
    char time[CLOCK_ISO8601_SIZE];
    *(bool *)context |= strstr(event->detail, "\"retryCount\":") != NULL;
    clock_format_iso8601(event->time_ms, time);
    printf("%.19s.%03dZ  %-24s  %s\n", time, (int)(event->time_ms % 1000), event->type, event->detail);
    return true;
}

static enum status show(struct store *store, const struct admin_settings *settings, const char *id_text,
                        struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct id id;
    struct execution execution;
    (void)settings;
    enum status status = admin_read_id(id_text, &id, why);
    if (status == STATUS_OK)
        status = store_execution_get(store, &id, &arena, &execution, why);
    if (status != STATUS_OK)
        return status;
    print_heading();
    (void)print_execution(NULL, &execution);
    printf("\n");
    bool skips = false;
    status = store_execution_events(store, &id, print_event, &skips, why);
    if (skips)
        printf("\nAfter the fifth retry, only retries number 8, 16, 32 and so on are shown, and the end of the last "
               "one.\n");
    return status;
}

/* Begins anew with the input that it had. */
static enum status retry(struct store *store, const struct admin_settings *settings, const char *id_text,
                         struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text data = {0};
    struct id id;
    struct execution execution;
    (void)settings;
    enum status status = admin_read_id(id_text, &id, why);
    if (status == STATUS_OK)
        status = store_execution_get(store, &id, &arena, &execution, why);
    if (status == STATUS_OK)
        status = runner_restart_data(execution.data, &data, why);
    if (status == STATUS_OK)
        status = store_execution_retry(store, &id, text_get(&data), why);
    if (status == STATUS_OK)
        printf("%s will be retried; a running server starts it within a second.\n", id_text);
    return status;
}

/* What has ended is left as it is; so a second time changes nothing. */
static enum status tell_end(struct store *store, const struct id *id, const char *id_text, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct execution execution;
    enum status status = store_execution_get(store, id, &arena, &execution, why);
    if (status != STATUS_OK)
        return status;
    if (execution.status == EXECUTION_SUCCEEDED) {
        text_setf(why, "%s has SUCCEEDED: its photo is published. Its author can delete it", id_text);
        return STATUS_CONFLICT;
    }
    printf("%s had already ended; its status is %s.\n", id_text, execution_status_name(execution.status));
    return STATUS_OK;
}

static enum status stop(struct store *store, const struct admin_settings *settings, const char *id_text,
                        struct text *why)
{
    struct id id;
    bool held = false;
    (void)settings;
    enum status status = admin_read_id(id_text, &id, why);
    if (status != STATUS_OK)
        return status;
    status = pipeline_stop(store, &id, &held, why);
    if (status == STATUS_CONFLICT)
        return tell_end(store, &id, id_text, why);
    if (status == STATUS_OK && held)
        printf("%s will be refused when its current step ends.\n", id_text);
    else if (status == STATUS_OK)
        printf("%s will be refused; a running server does so within a second.\n", id_text);
    return status;
}

static const struct {
    const char *verb;
    enum status (*run)(struct store *store, const struct admin_settings *settings, const char *id, struct text *why);
} verbs[] = {{"list", list}, {"show", show}, {"retry", retry}, {"abort", stop}};

static enum status dispatch(const struct settings_words *words, const struct admin_settings *settings,
                            struct store *store, struct text *why)
{
    const char *verb = words->count > 1 ? words->words[1] : "list";
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].verb, verb) == 0)
            return verbs[i].run(store, settings, words->count > 2 ? words->words[2] : NULL, why);
    text_setf(why, "executions has no sub-command \"%s\"; there are list, show ID, retry ID and abort ID", verb);
    return STATUS_INVALID;
}

typedef enum status manage(const struct settings_words *words, const struct admin_settings *settings,
                           struct store *store, struct text *why);

typedef enum status manage_alone(const struct settings_words *words, const struct admin_settings *settings,
                                 struct text *why);

static const struct subject {
    const char *name;
    manage *run;
    manage_alone *run_alone; /* what opens its store by itself, or needs none */
} subjects[] = {
    {.name = "executions", .run = dispatch},         {.name = "moderation", .run = admin_moderation},
    {.name = "photos", .run = admin_photos},         {.name = "buckets", .run_alone = admin_buckets},
    {.name = "verify", .run_alone = admin_verify},   {.name = "backup", .run_alone = admin_backup},
    {.name = "restore", .run_alone = admin_restore}, {.name = "copy", .run_alone = admin_copy},
};

/* NULL for any other word. */
static const struct subject *find_subject(const struct settings_words *words)
{
    for (size_t i = 0; words->count > 0 && i < sizeof subjects / sizeof subjects[0]; i++)
        if (strcmp(subjects[i].name, words->words[0]) == 0)
            return &subjects[i];
    return NULL;
}

static enum status administer(const struct settings_words *words, struct admin_settings *settings, struct arena *arena,
                              struct text *why)
{
    struct store *store;
    const struct subject *subject = find_subject(words);
    if (!subject) {
        text_setf(why, "name what to manage: executions, moderation, photos, buckets, verify, backup, restore or copy "
                       "(see cloudphotos admin --help)");
        return STATUS_INVALID;
    }
    if (subject->run == admin_moderation && words->count > 1 && strcmp(words->words[1], "eval") == 0)
        return admin_moderation_eval(words, settings, why);
    settings->is_in_data_folder = !settings->store || !settings->buckets;
    data_default_addresses(settings->data, arena, &settings->store, &settings->buckets);
    if (subject->run_alone)
        return subject->run_alone(words, settings, why);
    enum status status = store_open(settings->store, &store, why);
    if (status != STATUS_OK)
        return status;
    status = subject->run(words, settings, store, why);
    store_close(store);
    return status;
}

static int run_admin(int argc, char **argv)
{
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct admin_settings settings = {0};
    struct settings_words words;
    bool help;
    enum status status = settings_read(&table, argc - 1, argv + 1, &arena, &settings, &words, &help, &why);
    if (status == STATUS_OK && !help)
        status = administer(&words, &settings, &arena, &why);
    if (status != STATUS_OK)
        (void)fprintf(stderr, "cloudphotos admin: %s\n", text_get(&why));
    return status == STATUS_OK ? 0 : status == STATUS_INVALID ? 2 : 1;
}

const struct command admin_command = {
    .name = "admin",
    .summary = "manages workflow executions, moderation, photos and buckets",
    .run = run_admin,
};
