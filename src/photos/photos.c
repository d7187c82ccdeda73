#include "photos_private.h"

#include "memory.h"
#include "reasons.h"
#include "resumable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char photos_workflow_name[] = "photo-upload";

static void publish_stage(void *context, const struct execution *execution)
{
    struct photos *photos = context;
    bool is_running = execution->status == EXECUTION_RUNNING;
    struct photo_event event = {.id = execution->id, .stage = is_running ? execution->state : NULL};
    events_publish(photos->events, &event);
}

static void report_trouble(void *context, const char *sentence)
{
    struct photos *photos = context;
    if (photos->settings.trouble)
        photos->settings.trouble(photos->settings.context, sentence);
}

static enum status open_runner(struct photos *photos, struct text *why)
{
    photos->workflow = (struct runner_workflow){.name = photos_workflow_name, .definition = photos->definition};
    struct runner_settings settings = {
        .store = photos->settings.store,
        .workflows = &photos->workflow,
        .workflow_count = 1,
        .handlers = photo_tasks,
        .handler_count = photo_task_count,
        .context = photos,
        .threads = photos->settings.workers,
        .lease_ms = 2000, /* a process that takes over after a crash is at work well within 5 s */
        .on_transition = publish_stage,
        .on_trouble = report_trouble,
    };
    return runner_open(&settings, &photos->runner, why);
}

enum status photos_open(const struct photos_settings *settings, struct photos **ret_photos, struct text *why)
{
    struct photos *photos = NEW(struct photos);
    photos->settings = *settings;
    photos->events = events_new();
    decoded_cache_init(&photos->decoded);
    struct darkroom_stats darkroom = {.processes = 1};
    if (settings->darkroom)
        darkroom_get_stats(settings->darkroom, &darkroom);
    photos->turns = turns_new(darkroom.processes, NULL);
    enum status status = definition_parse(photos_workflow_text, photos_workflow_length, &photos->definition, why);
    if (status == STATUS_OK)
        status = resumables_open(photos, settings->uploads, &photos->resumables, why);
    if (status == STATUS_OK)
        status = open_runner(photos, why);
    if (status != STATUS_OK) {
        photos_close(photos);
        return status;
    }
    photos->janitor = janitor_open(photos);
    *ret_photos = photos;
    return STATUS_OK;
}

void photos_drain(struct photos *photos, int64_t timeout_ms)
{
    runner_drain(photos->runner, timeout_ms);
}

void photos_close(struct photos *photos)
{
    if (photos->janitor)
        janitor_close(photos->janitor);
    if (photos->runner)
        runner_close(photos->runner);
    resumables_close(photos->resumables);
    if (photos->definition)
        definition_free(photos->definition);
    events_free(photos->events);
    decoded_cache_release(&photos->decoded);
    turns_free(photos->turns);
    free(photos);
}

struct resumables *photos_resumables(const struct photos *photos)
{
    return photos->resumables;
}

const struct photos_settings *photos_get_settings(const struct photos *photos)
{
    return &photos->settings;
}

bool photos_are_remote(const struct photos *photos)
{
    return store_is_remote(photos->settings.store) || !blob_has_files(photos->settings.blob);
}

struct events *photos_events(const struct photos *photos)
{
    return photos->events;
}

enum status photos_check_name(const char *name, struct text *why)
{
    size_t length = strlen(name);
    if (length && length <= AUTHOR_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length)
        return STATUS_OK;
    char most[REASON_NUMBER_SIZE];
    reason_set(why, REASON_NAME_INVALID, reason_number(most, AUTHOR_NAME_MAX));
    return STATUS_FORBIDDEN;
}

enum status photos_describe(struct photos *photos, const struct id *id, const char *author,
                            struct photo_description *description, struct arena *arena, struct text *why)
{
    enum status status = photos_clean_description(description, arena, why);
    return status ? status
                  : store_photo_describe(photos->settings.store, id, author, description->caption,
                                         description->alt_text, why);
}

static void make_key(const struct id *id, const char *suffix, char ret_key[static OBJECT_KEY_SIZE])
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    (void)snprintf(ret_key, OBJECT_KEY_SIZE, "%s%s", text, suffix);
}

void photos_original_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE])
{
    make_key(id, "", ret_key);
}

void photos_large_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE])
{
    make_key(id, "-comp.webp", ret_key);
}

void photos_medium_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE])
{
    make_key(id, "-medium.webp", ret_key);
}

void photos_thumbnail_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE])
{
    make_key(id, "-thumb.webp", ret_key);
}

const struct public_object public_objects[PUBLIC_OBJECTS] = {
    [OBJECT_LARGE] = {"large", BUCKET_PHOTOS, photos_large_key},
    [OBJECT_MEDIUM] = {"medium", BUCKET_THUMBNAILS, photos_medium_key},
    [OBJECT_THUMBNAIL] = {"thumbnail", BUCKET_THUMBNAILS, photos_thumbnail_key},
};

static enum status remove_of_bucket(struct photos *photos, const struct id *id, enum bucket bucket, struct text *why)
{
    char rows[PUBLIC_OBJECTS][OBJECT_KEY_SIZE];
    const char *keys[PUBLIC_OBJECTS];
    size_t count = 0;
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        if (public_objects[i].bucket != bucket)
            continue;
        public_objects[i].make_key(id, rows[i]);
        keys[count++] = rows[i];
    }
    return blob_delete_many(photos->settings.blob, bucket, keys, count, why);
}

enum status photos_remove_renditions(struct photos *photos, const struct id *id, struct text *why)
{
    enum status status = remove_of_bucket(photos, id, BUCKET_PHOTOS, why);
    return status == STATUS_OK ? remove_of_bucket(photos, id, BUCKET_THUMBNAILS, why) : status;
}

enum status photos_purge(struct photos *photos, const struct id *id, struct text *why)
{
    char original[OBJECT_KEY_SIZE];
    photos_original_key(id, original);
    decoded_cache_drop(&photos->decoded, id);
    enum status status = photos_remove_renditions(photos, id, why);
    if (status == STATUS_OK)
        status = photos_remove_quarantined(photos, id, why);
    if (status == STATUS_OK)
        status = blob_delete(photos->settings.blob, BUCKET_ORIGINALS, original, why);
    if (status == STATUS_OK)
        status = store_photo_purge(photos->settings.store, id, why);
    return status;
}

enum status photos_delete(struct photos *photos, const struct id *id, const char *author, struct text *why)
{
    enum status status = store_photo_delete(photos->settings.store, id, author, why);
    if (status != STATUS_OK)
        return status;
    struct photo_event event = {.id = *id};
    events_publish(photos->events, &event);
    (void)photos_purge(photos, id, NULL); /* what fails here the janitor does later */
    return STATUS_OK;
}
