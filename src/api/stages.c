/* The stages of one photo as server-sent events (html.spec.whatwg.org, 9.2), so that no client has to poll. The first
 * event says where it is now; the stream ends after the one that tells its end. */
#include "api_private.h"
#include "events.h"
#include "json.h"
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct watcher {
    struct photos *photos;
    struct id id;
    struct http_stream *stream;
    struct subscription *subscription;
    struct text seen;     /* the stage at the last look at the photo; the stream's own */
    pthread_mutex_t lock; /* of what follows: the listener fills it, the stream empties it */
    struct text pending;
    struct text told; /* the last stage: it is not told again when a state is retried */
    bool is_new, must_look;
};

static void add_stage(struct text *out, const struct id *id, const char *stage)
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    text_addf(out, "event: stage\ndata: {\"photo_id\":\"%s\",\"status\":\"PENDING\",\"stage\":", text);
    json_add_string_or_null(out, stage);
    text_add(out, "}\n\n");
}

/* Runs on a thread of the workflow. */
static void on_stage(void *data, const struct photo_event *event)
{
    struct watcher *watcher = data;
    (void)pthread_mutex_lock(&watcher->lock);
    if (!event->stage) {
        watcher->must_look = true;
    } else if (strcmp(event->stage, text_get(&watcher->told)) != 0) {
        text_setf(&watcher->told, "%s", event->stage);
        add_stage(&watcher->pending, &event->id, event->stage);
    }
    (void)pthread_mutex_unlock(&watcher->lock);
    http_stream_wake(watcher->stream);
}

/* Where the photo is now. False: it has reached its end, or is gone. */
static bool add_state(struct watcher *watcher, struct text *out)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo;
    const char *stage = NULL;
    enum status status = photos_get(watcher->photos, &watcher->id, &arena, &photo, &stage, NULL);
    if (status == STATUS_NOT_FOUND) {
        text_add(out, "event: deleted\ndata: {}\n\n");
        return false;
    }
    if (status != STATUS_OK)
        return false; /* the client comes back and asks again */
    if (photo.state == PHOTO_PENDING) {
        text_setf(&watcher->seen, "%s", stage ? stage : "");
        if (stage) /* else it has ended in this moment, and that will be told */
            add_stage(out, &watcher->id, stage);
        return true;
    }
    text_add(out, "event: end\ndata: {");
    api_add_photo_fields(out, &photo);
    reason_add_json(out, photo.error_message);
    text_addf(out, ",\"stage\":null,\"labels\":%s}\n\n", photo.labels ? photo.labels : "null");
    return false;
}

/* The workflow goes on while we look: what is told meanwhile may be older than what we saw, so then we look again. What
 * is told later is newer, or the very stage that we saw. */
static bool look_first(struct watcher *watcher, struct text *out)
{
    for (;;) {
        text_clear(out);
        bool goes_on = add_state(watcher, out);
        (void)pthread_mutex_lock(&watcher->lock);
        bool is_settled = !goes_on || (watcher->pending.length == 0 && !watcher->must_look);
        text_setf(&watcher->told, "%s", text_get(&watcher->seen));
        text_clear(&watcher->pending);
        watcher->is_new = !is_settled;
        watcher->must_look = false;
        (void)pthread_mutex_unlock(&watcher->lock);
        if (is_settled)
            return goes_on;
    }
}

/* Where the photo is now is told unless it was told already. */
static bool look_again(struct watcher *watcher, struct text *out)
{
    TEXT_CLEANUP struct text state = {0};
    bool goes_on = add_state(watcher, &state);
    (void)pthread_mutex_lock(&watcher->lock);
    bool is_told = goes_on && strcmp(text_get(&watcher->seen), text_get(&watcher->told)) == 0;
    text_setf(&watcher->told, "%s", text_get(&watcher->seen));
    (void)pthread_mutex_unlock(&watcher->lock);
    if (!is_told)
        text_append(out, text_get(&state), state.length);
    return goes_on;
}

static bool next_events(void *data, struct text *out)
{
    struct watcher *watcher = data;
    (void)pthread_mutex_lock(&watcher->lock);
    bool is_new = watcher->is_new, must_look = watcher->must_look;
    if (!is_new) {
        text_append(out, text_get(&watcher->pending), watcher->pending.length);
        text_clear(&watcher->pending);
        watcher->must_look = false;
    }
    (void)pthread_mutex_unlock(&watcher->lock);
    if (is_new)
        return look_first(watcher, out);
    return must_look ? look_again(watcher, out) : true;
}

static void close_watcher(void *data)
{
    struct watcher *watcher = data;
    if (watcher->subscription)
        events_unsubscribe(photos_events(watcher->photos), watcher->subscription);
    (void)pthread_mutex_destroy(&watcher->lock);
    text_release(&watcher->pending);
    text_release(&watcher->told);
    text_release(&watcher->seen);
    free(watcher);
}

static const struct http_stream_ops watch_ops = {.next = next_events, .close = close_watcher};

/* The stream can't be closed before this has returned: that happens on the event loop, which runs this too, or has the
 * connection suspended meanwhile. */
static void watch_stages(struct http_request *request)
{
    struct api *api = http_context(request);
    const char *text = http_query(request, "photo");
    struct id id;
    struct photo photo;
    TEXT_CLEANUP struct text why = {0};
    if (!text) {
        http_answer_reason(request, 400, REASON_EVENTS_PHOTO_MISSING);
        return;
    }
    if (!api_read_id(request, text, &id))
        return;
    enum status status = photos_get(api->settings.photos, &id, http_arena(request), &photo, NULL, &why);
    if (status != STATUS_OK) {
        api_answer_status(request, status, &why);
        return;
    }
    struct watcher *watcher = NEW(struct watcher);
    *watcher = (struct watcher){.photos = api->settings.photos, .id = id, .is_new = true};
    (void)pthread_mutex_init(&watcher->lock, NULL);
    http_add_header(request, "Cache-Control", "no-store");
    struct http_stream *stream = http_answer_stream(request, "text/event-stream", &watch_ops, watcher);
    if (!stream) /* there are too many, and the watcher is gone */
        return;
    watcher->stream = stream;
    watcher->subscription = events_subscribe(photos_events(watcher->photos), &id, on_stage, watcher);
}

const struct http_route stages_routes[] = {
    {.method = "GET", .pattern = "/events", .run = HTTP_READ, .handle = watch_stages},
    {0},
};
