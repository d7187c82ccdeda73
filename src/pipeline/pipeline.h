/* What happens to a photo between its upload and its end: it owns the threads of the workflow that takes it from
 * PENDING to SUCCESS or ERROR, publishes every stage (events.h), and cleans up behind. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "blob.h"
#include "darkroom.h"
#include "failures.h"
#include "moderator.h"
#include "photos.h"
#include "store.h"

struct pipeline;

struct pipeline_settings {
    struct photos *photos; /* these five stay the caller's, and outlive pipeline_close */
    struct store *store;
    struct blob *blob;
    struct darkroom *darkroom;
    struct moderator *moderator;
    /* What becomes of a photo that is less than MODERATION_SURE_AT sure to be refused; MODERATION_LABEL: it is
     * published. */
    enum moderation_action when_unsure;
    unsigned workers;           /* executions worked on at the same time */
    struct image_limits limits; /* of an original */
    int64_t history_ms;         /* how long ended executions are kept for `admin executions` */
    int64_t keep_failed_ms;     /* how long the original of a photo that failed by our fault is kept for a retry */
    /* What others want to be cleaned up in each round of the janitor, on its thread. NULL: nothing. */
    void (*clean_up)(void *context, struct failures *failures);
    /* Something an operator should know; any thread; must not block. NULL: nobody listens. */
    void (*trouble)(void *context, const char *sentence);
    void *context; /* of both */
};

/* Starts the workflow's threads: executions that an earlier process left go on. */
enum status pipeline_open(const struct pipeline_settings *settings, struct pipeline **ret_pipeline, struct text *why);
/* There is a new photo. */
void pipeline_wake(struct pipeline *pipeline);
/* Takes no new work and finishes the transitions under way; what is left goes on with the next process. */
void pipeline_drain(struct pipeline *pipeline, int64_t timeout_ms);
void pipeline_close(struct pipeline *pipeline); /* NULL is allowed */

/* By the operator: a photo under way is refused as any other is, by the workflow's state "Reject", and its owner reads
 * who did it. At once when a server runs, or with the next start; *ret_held: when the step under way has ended. Nothing
 * changes where it is on its way to be refused. CONFLICT: its execution has ended. NOT_FOUND. Needs no struct
 * pipeline. */
enum status pipeline_stop(struct store *store, const struct id *id, bool *ret_held, struct text *why);

/* The workflow of an upload, as it was built in: workflows/photo-upload.asl.json. */
extern const char pipeline_workflow_text[];
extern const size_t pipeline_workflow_length;

#endif
