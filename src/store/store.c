/* What holds for every back end of the metadata: the names of states, the checks of what callers hand in, and the way
 * to the back end that an address names. */
#include "store_ops.h"

#include <stdio.h>
#include <string.h>

static const struct store_ops *const back_ends[] = {&store_sqlite_ops};
enum { BACK_ENDS = sizeof back_ends / sizeof back_ends[0] };

static const char *const photo_states[] = {
    [PHOTO_PENDING] = "PENDING",
    [PHOTO_SUCCESS] = "SUCCESS",
    [PHOTO_ERROR] = "ERROR",
};

static const char *const execution_statuses[EXECUTION_STATUSES] = {
    [EXECUTION_RUNNING] = "RUNNING",
    [EXECUTION_SUCCEEDED] = "SUCCEEDED",
    [EXECUTION_FAILED] = "FAILED",
    [EXECUTION_ABORTED] = "ABORTED",
};

const char *photo_state_name(enum photo_state state)
{
    return photo_states[state];
}

const char *execution_status_name(enum execution_status status)
{
    return execution_statuses[status];
}

/* NULL for an unknown scheme. */
static const struct store_ops *find_back_end(const char *address, const char **ret_rest, struct text *why)
{
    const char *colon = strchr(address, ':');
    size_t scheme_length = colon ? (size_t)(colon - address) : 0;
    *ret_rest = colon ? colon + 1 : address;
    for (size_t i = 0; i < BACK_ENDS; i++)
        if (strlen(back_ends[i]->scheme) == scheme_length && memcmp(address, back_ends[i]->scheme, scheme_length) == 0)
            return back_ends[i];
    text_setf(why, "The store's address \"%s\" has no known scheme:", address);
    for (size_t i = 0; why && i < BACK_ENDS; i++)
        text_addf(why, " %s:", back_ends[i]->scheme);
    return NULL;
}

enum status store_open(const char *address, struct store **ret_store, struct text *why)
{
    const char *rest;
    const struct store_ops *back_end = find_back_end(address, &rest, why);
    return back_end ? back_end->open(rest, ret_store, why) : STATUS_INVALID;
}

enum status store_is_new(const char *address, bool *ret_is_new, struct text *why)
{
    const char *rest;
    const struct store_ops *back_end = find_back_end(address, &rest, why);
    return back_end ? back_end->is_new(rest, ret_is_new, why) : STATUS_INVALID;
}

enum status store_verify(struct store *store, int64_t limit_ms, bool *ret_is_whole, struct text *why)
{
    return store->ops->verify(store, limit_ms, ret_is_whole, why);
}

void store_close(struct store *store)
{
    if (store)
        store->ops->close(store);
}

enum status store_check(struct store *store, struct text *why)
{
    return store->ops->check(store, why);
}

/* `string` (NULL is refused) has 1 to `maximum` bytes. */
static enum status check_length(const char *what, const char *string, size_t maximum, struct text *why)
{
    if (string && string[0] && strnlen(string, maximum + 1) <= maximum)
        return STATUS_OK;
    text_setf(why, "%s has 1 to %zu characters.", what, maximum);
    return STATUS_INVALID;
}

static enum status check_author(const char *author, struct text *why)
{
    return check_length("The name of an author", author, AUTHOR_NAME_MAX, why);
}

static enum status check_key(const char *idempotency_key, struct text *why)
{
    return check_length("An idempotency key", idempotency_key, IDEMPOTENCY_KEY_MAX, why);
}

static enum status check_execution(const struct execution *execution, struct text *why)
{
    const char *fault = NULL;
    if (!execution->workflow || !execution->state || !execution->data)
        fault = "An execution has a workflow, a state and data.";
    else if ((unsigned)execution->status >= EXECUTION_STATUSES)
        fault = "An execution is RUNNING, SUCCEEDED, FAILED or ABORTED.";
    if (!fault)
        return STATUS_OK;
    text_setf(why, "%s", fault);
    return STATUS_INVALID;
}

enum status store_photo_create(struct store *store, const struct photo *photo, const char *idempotency_key,
                               const struct execution *execution, uint64_t max_pending, struct arena *arena,
                               struct photo *ret_existing, bool *ret_created, struct text *why)
{
    enum status status = check_author(photo->author, why);
    if (!status && idempotency_key)
        status = check_key(idempotency_key, why);
    if (!status)
        status = check_execution(execution, why);
    if (status)
        return status;
    if (photo->state != PHOTO_PENDING || execution->status != EXECUTION_RUNNING
        || !id_equal(&photo->id, &execution->id)) {
        text_setf(why, "A new photo is PENDING and its execution is RUNNING and bears its id.");
        return STATUS_INVALID;
    }
    return store->ops->photo_create(store, photo, idempotency_key, execution, max_pending, arena, ret_existing,
                                    ret_created, why);
}

enum status store_photos_pending(struct store *store, const char *author, uint64_t *ret_pending, struct text *why)
{
    enum status status = check_author(author, why);
    return status ? status : store->ops->photos_pending(store, author, ret_pending, why);
}

enum status store_photo_get(struct store *store, const struct id *id, struct arena *arena, struct photo *ret_photo,
                            struct text *why)
{
    return store->ops->photo_get(store, id, arena, ret_photo, why);
}

enum status store_photo_find_key(struct store *store, const char *author, const char *idempotency_key,
                                 struct arena *arena, struct photo *ret_photo, struct text *why)
{
    enum status status = check_author(author, why);
    if (!status)
        status = check_key(idempotency_key, why);
    if (status)
        return status;
    return store->ops->photo_find_key(store, author, idempotency_key, arena, ret_photo, why);
}

enum status store_photo_describe(struct store *store, const struct id *id, const char *author, const char *caption,
                                 const char *alt_text, int64_t now_ms, struct text *why)
{
    enum status status = check_author(author, why);
    return status ? status : store->ops->photo_describe(store, id, author, caption, alt_text, now_ms, why);
}

enum status store_photo_find_content(struct store *store, const char *author, const uint8_t sha256[static SHA256_BYTES],
                                     struct arena *arena, struct photo *ret_photo, struct text *why)
{
    enum status status = check_author(author, why);
    return status ? status : store->ops->photo_find_content(store, author, sha256, arena, ret_photo, why);
}

enum status store_photos_newest(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                                store_photo_row *row, void *context, struct text *why)
{
    return limit == 0 ? STATUS_OK : store->ops->photos_newest(store, author, after, limit, row, context, why);
}

int64_t photo_time_ms(const struct photo *photo)
{
    return photo->captured.is_known ? photo->captured.ms : photo->created_ms;
}

enum status store_photos_by_capture(struct store *store, const char *author, const struct post_cursor *after,
                                    size_t limit, store_photo_row *row, void *context, struct text *why)
{
    return limit == 0 ? STATUS_OK : store->ops->photos_by_capture(store, author, after, limit, row, context, why);
}

enum status store_photo_set_labels(struct store *store, const struct id *id, const char *labels, const char *audit,
                                   int64_t now_ms, struct text *why)
{
    return store->ops->photo_set_labels(store, id, labels, audit, now_ms, why);
}

enum status store_photo_review(struct store *store, const struct id *id, enum photo_review review, int64_t now_ms,
                               struct text *why)
{
    return store->ops->photo_review(store, id, review, now_ms, why);
}

bool verdict_match_is_copy(const struct verdict_match *match)
{
    return match->is_exact
           || (match->distance <= FINGERPRINT_COPY_DISTANCE && match->difference <= FINGERPRINT_COPY_DIFFERENCE);
}

enum status store_verdict_add(struct store *store, const struct verdict *verdict, struct text *why)
{
    return store->ops->verdict_add(store, verdict, why);
}

enum status store_verdict_decide(struct store *store, const struct id *photo, enum verdict_kind kind,
                                 const char *reason, int64_t now_ms, struct text *why)
{
    return store->ops->verdict_decide(store, photo, kind, reason, now_ms, why);
}

enum status store_verdict_find(struct store *store, const struct fingerprint *fingerprint, unsigned distance,
                               struct arena *arena, struct verdict *ret_verdict, struct verdict_match *ret_match,
                               struct text *why)
{
    return store->ops->verdict_find(store, fingerprint, distance, arena, ret_verdict, ret_match, why);
}

enum status store_verdicts_list(struct store *store, size_t limit, store_verdict_row *row, void *context,
                                struct text *why)
{
    return limit == 0 ? STATUS_OK : store->ops->verdicts_list(store, limit, row, context, why);
}

enum status store_verdict_forget(struct store *store, const struct id *photo, struct text *why)
{
    return store->ops->verdict_forget(store, photo, why);
}

enum status store_photos_list(struct store *store, enum photo_state state, enum photo_review review,
                              const struct id *after, size_t limit, store_photo_row *row, void *context,
                              struct text *why)
{
    return limit == 0 ? STATUS_OK : store->ops->photos_list(store, state, review, after, limit, row, context, why);
}

enum status store_photos_published(struct store *store, const struct id *after, size_t limit, store_photo_row *row,
                                   void *context, struct text *why)
{
    return limit == 0 ? STATUS_OK : store->ops->photos_published(store, after, limit, row, context, why);
}

enum status store_photo_withdraw(struct store *store, const struct id *id, const char *labels, const char *audit,
                                 const struct execution *execution, struct text *why)
{
    if (!id_equal(id, &execution->id)) {
        text_setf(why, "A photo and its execution have the same id.");
        return STATUS_INVALID;
    }
    return store->ops->photo_withdraw(store, id, labels, audit, execution, why);
}

enum status store_photo_publish(struct store *store, const struct photo *photo, int64_t now_ms, struct text *why)
{
    return store->ops->photo_publish(store, photo, now_ms, why);
}

enum status store_photo_render(struct store *store, const struct id *id, const struct rendition *medium,
                               struct text *why)
{
    return store->ops->photo_render(store, id, medium, why);
}

enum status store_photo_reject(struct store *store, const struct id *id, const char *error_message, const char *labels,
                               int64_t now_ms, struct text *why)
{
    if (!error_message) {
        text_setf(why, "A rejected photo has a reason.");
        return STATUS_INVALID;
    }
    return store->ops->photo_reject(store, id, error_message, labels, now_ms, why);
}

enum status store_photo_delete(struct store *store, const struct id *id, const char *author, int64_t now_ms,
                               struct text *why)
{
    return store->ops->photo_delete(store, id, author, now_ms, why);
}

enum status store_photos_deleted(struct store *store, struct id *ret_ids, size_t limit, size_t *ret_count,
                                 struct text *why)
{
    if (limit == 0) {
        *ret_count = 0;
        return STATUS_OK;
    }
    return store->ops->photos_deleted(store, ret_ids, limit, ret_count, why);
}

enum status store_photo_purge(struct store *store, const struct id *id, struct text *why)
{
    return store->ops->photo_purge(store, id, why);
}

enum status store_users_search(struct store *store, const char *prefix, const char *after, size_t limit,
                               store_user_row *row, void *context, struct text *why)
{
    if (limit == 0)
        return STATUS_OK;
    return store->ops->users_search(store, prefix, after, limit, row, context, why);
}

enum status store_user_posts(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                             store_post_row *row, void *context, struct text *why)
{
    if (limit == 0)
        return STATUS_OK;
    return store->ops->user_posts(store, author, after, limit, row, context, why);
}

enum status store_executions_claim(struct store *store, const char *owner, int64_t now_ms, int64_t lease_ms,
                                   size_t limit, struct arena *arena, struct execution *ret_executions,
                                   size_t *ret_count, struct text *why)
{
    if (limit == 0) {
        *ret_count = 0;
        return STATUS_OK;
    }
    return store->ops->executions_claim(store, owner, now_ms, lease_ms, limit, arena, ret_executions, ret_count, why);
}

enum status store_executions_renew(struct store *store, const char *owner, int64_t now_ms, int64_t lease_ms,
                                   struct text *why)
{
    return store->ops->executions_renew(store, owner, now_ms, lease_ms, why);
}

enum status store_execution_save(struct store *store, const char *owner, const struct execution *execution,
                                 const struct execution_event *events, size_t event_count, bool keep_lease,
                                 struct text *why)
{
    enum status status = check_execution(execution, why);
    if (status)
        return status;
    return store->ops->execution_save(store, owner, execution, events, event_count, keep_lease, why);
}

enum status store_execution_release(struct store *store, const char *owner, const struct id *id, struct text *why)
{
    return store->ops->execution_release(store, owner, id, why);
}

enum status store_execution_get(struct store *store, const struct id *id, struct arena *arena,
                                struct execution *ret_execution, struct text *why)
{
    return store->ops->execution_get(store, id, arena, ret_execution, why);
}

enum status store_executions_list(struct store *store, int status, size_t limit, store_execution_row *row,
                                  void *context, struct text *why)
{
    if (status < -1 || status >= EXECUTION_STATUSES) {
        text_setf(why, "There is no execution status %d.", status);
        return STATUS_INVALID;
    }
    if (limit == 0)
        return STATUS_OK;
    return store->ops->executions_list(store, status, limit, row, context, why);
}

enum status store_execution_events(struct store *store, const struct id *id, store_event_row *row, void *context,
                                   struct text *why)
{
    return store->ops->execution_events(store, id, row, context, why);
}

static enum status check_data(const char *data, struct text *why)
{
    if (data)
        return STATUS_OK;
    text_setf(why, "An execution has data.");
    return STATUS_INVALID;
}

enum status store_execution_retry(struct store *store, const struct id *id, const char *data, int64_t now_ms,
                                  struct text *why)
{
    enum status status = check_data(data, why);
    return status ? status : store->ops->execution_retry(store, id, data, now_ms, why);
}

enum status store_execution_divert(struct store *store, const struct id *id, const char *data, bool *ret_held,
                                   struct text *why)
{
    enum status status = check_data(data, why);
    return status ? status : store->ops->execution_divert(store, id, data, ret_held, why);
}

enum status store_get_counts(struct store *store, int64_t now_ms, struct store_counts *ret_counts, struct text *why)
{
    return store->ops->get_counts(store, now_ms, ret_counts, why);
}

enum status store_executions_prune(struct store *store, int64_t before_ms, size_t limit, size_t *ret_pruned,
                                   struct text *why)
{
    if (limit == 0) {
        *ret_pruned = 0;
        return STATUS_OK;
    }
    return store->ops->executions_prune(store, before_ms, limit, ret_pruned, why);
}
