#include "photos_private.h"

#include "event_relay.h"
#include "memory.h"
#include "reasons.h"
#include "runner.h"

#include <stdlib.h>
#include <string.h>

const char photos_workflow_name[] = "photo-upload";

struct photos *photos_new(struct store *store, struct blob *blob)
{
    struct photos *photos = NEW(struct photos);
    *photos = (struct photos){.store = store, .blob = blob, .events = events_new()};
    return photos;
}

void photos_free(struct photos *photos)
{
    if (photos)
        events_free(photos->events);
    free(photos);
}

void photos_on_purge(struct photos *photos, void (*purged)(void *context, const struct id *id), void *context)
{
    photos->purged = purged;
    photos->context = context;
}

bool photos_are_remote(const struct photos *photos)
{
    return store_is_remote(photos->store) || !blob_has_files(photos->blob);
}

enum status photos_listen(struct photos *photos, void (*changed)(void *context), void *context, struct text *why)
{
    return event_relay_open(photos->store, photos->events, changed, context, &photos->relay, why);
}

void photos_unlisten(struct photos *photos)
{
    event_relay_close(photos->relay);
    photos->relay = NULL;
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
                  : store_photo_describe(photos->store, id, author, description->caption, description->alt_text, why);
}

struct execution photos_execution(const struct id *id, const char *author, int64_t now_ms, json_t *more,
                                  struct text *data)
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    JSON_CLEANUP json_t *input = json_pack("{s:s, s:s}", "photo_id", text, "author", author);
    if (more)
        (void)json_object_update_missing(input, more);
    json_decref(more);
    runner_initial_data(input, data);
    return (struct execution){
        .id = *id,
        .status = EXECUTION_RUNNING,
        .workflow = photos_workflow_name,
        .state = "",
        .data = text_get(data),
        .started_ms = now_ms,
        .updated_ms = now_ms,
        .due_ms = now_ms,
    };
}

enum status photos_remove_objects(struct photos *photos, const struct id *id, struct text *why)
{
    char original[OBJECT_KEY_SIZE];
    photos_original_key(id, original);
    if (photos->purged)
        photos->purged(photos->context, id);
    enum status status = photos_remove_renditions(photos->blob, id, why);
    if (status == STATUS_OK)
        status = photos_remove_quarantined(photos->blob, id, why);
    return status ? status : blob_delete(photos->blob, BUCKET_ORIGINALS, original, why);
}

enum status photos_purge(struct photos *photos, const struct id *id, struct text *why)
{
    enum status status = photos_remove_objects(photos, id, why);
    return status ? status : store_photo_purge(photos->store, id, why);
}

void photos_count_failures(struct photos *photos, uint64_t count)
{
    counter_add(&photos->failures, count);
}

uint64_t photos_get_failures(const struct photos *photos)
{
    return counter_get(&photos->failures);
}

enum status photos_delete(struct photos *photos, const struct id *id, const char *author, struct text *why)
{
    enum status status = store_photo_delete(photos->store, id, author, why);
    if (status != STATUS_OK)
        return status;
    struct photo_event event = {.id = *id};
    events_publish(photos->events, &event);
    (void)photos_remove_objects(photos, id, NULL); /* what fails here the janitor does later */
    return STATUS_OK;
}
