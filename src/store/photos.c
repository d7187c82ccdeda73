/* Photos, for every back end: what callers hand in is checked, and the rules are carried out. */
#include "photo_rules.h"
#include "store_checks.h"

#include "reasons.h"

#include <inttypes.h>

/* Of a photo that changes its state between looking and writing, each time. */
enum { ATTEMPTS = 8 };

static const char *const photo_states[] = {
    [PHOTO_PENDING] = "PENDING",
    [PHOTO_SUCCESS] = "SUCCESS",
    [PHOTO_ERROR] = "ERROR",
};

const char *photo_state_name(enum photo_state state)
{
    return photo_states[state];
}

int64_t photo_time_ms(const struct photo *photo)
{
    return photo->captured.is_known ? photo->captured.ms : photo->created_ms;
}

/* ---- Making and reading ---- */

static enum status check_new(const struct photo *photo, const char *idempotency_key, const struct execution *execution,
                             struct text *why)
{
    enum status status = check_author(photo->author, why);
    if (!status && idempotency_key)
        status = check_key(idempotency_key, why);
    if (!status)
        status = check_execution(execution, why);
    if (status)
        return status;
    if (photo->state == PHOTO_PENDING && execution->status == EXECUTION_RUNNING && id_equal(&photo->id, &execution->id))
        return STATUS_OK;
    text_setf(why, "A new photo is PENDING and its execution is RUNNING and bears its id.");
    return STATUS_INVALID;
}

enum creation_outcome photo_creation_judge(const struct photo_creation *creation,
                                           const struct photo_creation_found *found)
{
    if (found->is_key_used)
        return CREATION_KEY_USED;
    if (found->is_id_used)
        return CREATION_ID_USED;
    if (creation->session && !found->is_session_claimed)
        return CREATION_SESSION_LOST;
    return creation->max_pending && found->pending >= creation->max_pending ? CREATION_TOO_MANY : CREATION_DONE;
}

enum status store_photo_create(struct store *store, const struct photo *photo, const char *idempotency_key,
                               const struct execution *execution, uint64_t max_pending,
                               const struct session_claim *session, struct arena *arena, struct photo *ret_existing,
                               bool *ret_created, struct text *why)
{
    const struct photo_creation creation = {photo, idempotency_key, execution, max_pending, session};
    struct photo_created created = {0};
    enum status status = check_new(photo, idempotency_key, execution, why);
    if (!status)
        status = store->ops->photos->create(store, &creation, arena, &created, why);
    if (status)
        return status;
    switch (created.outcome) {
    case CREATION_KEY_USED:
        *ret_existing = created.existing;
        break;
    case CREATION_ID_USED:
        text_setf(why, "There is a photo with this id already.");
        return STATUS_CONFLICT;
    case CREATION_SESSION_LOST:
        reason_set(why, REASON_UPLOAD_IN_USE);
        return STATUS_BUSY;
    case CREATION_TOO_MANY:
        text_setf(why, "%" PRIu64 " photos of %s are being processed already.", created.pending, photo->author);
        return STATUS_TOO_MANY;
    case CREATION_DONE:
        break;
    }
    *ret_created = created.outcome == CREATION_DONE;
    return STATUS_OK;
}

enum status store_photos_pending(struct store *store, const char *author, uint64_t *ret_pending, struct text *why)
{
    enum status status = check_author(author, why);
    return status ? status : store->ops->photos->count_pending(store, author, ret_pending, why);
}

enum status store_photo_get(struct store *store, const struct id *id, struct arena *arena, struct photo *ret_photo,
                            struct text *why)
{
    enum status status = store->ops->photos->get(store, id, arena, ret_photo, why);
    if (status == STATUS_NOT_FOUND)
        reason_set(why, REASON_PHOTO_UNKNOWN);
    return status;
}

enum status store_photo_find_key(struct store *store, const char *author, const char *idempotency_key,
                                 struct arena *arena, struct photo *ret_photo, struct text *why)
{
    enum status status = check_author(author, why);
    if (!status)
        status = check_key(idempotency_key, why);
    if (status)
        return status;
    status = store->ops->photos->find_key(store, author, idempotency_key, arena, ret_photo, why);
    return tell_missing(status, "There is no photo of this author with this key.", why);
}

enum status store_photo_find_content(struct store *store, const char *author, const uint8_t sha256[static SHA256_BYTES],
                                     struct arena *arena, struct photo *ret_photo, struct text *why)
{
    enum status status = check_author(author, why);
    if (status)
        return status;
    status = store->ops->photos->find_content(store, author, sha256, arena, ret_photo, why);
    return tell_missing(status, "This author has no photo of that content.", why);
}

/* ---- Changing ---- */

/* What the verb needs: id, author, values and execution are in *change. `given`: fields that the caller has given. */
static enum status change_photo(struct store *store, enum photo_verb verb, unsigned given, struct photo_change *change,
                                struct text *why)
{
    const struct photo_rule *rule = photo_rule_first(verb);
    enum status status = STATUS_OK;
    for (int i = 0; rule && i < ATTEMPTS; i++) {
        struct photo_found found = {0};
        photo_rule_apply(rule, given, change);
        status = store->ops->photos->update(store, change, &found, why);
        if (status || found.is_changed)
            return status;
        rule = photo_rule_next(verb, change, &found, &status, why);
    }
    if (!rule)
        return status;
    text_setf(why, "Others change this photo all the time. Try again.");
    return STATUS_BUSY;
}

enum status store_photo_describe(struct store *store, const struct id *id, const char *author, const char *caption,
                                 const char *alt_text, struct text *why)
{
    const struct photo values = {
        .caption = caption && caption[0] ? caption : NULL,
        .alt_text = alt_text && alt_text[0] ? alt_text : NULL,
    };
    struct photo_change change = {.id = id, .author = author, .values = &values};
    unsigned given = (caption ? PHOTO_FIELD_CAPTION : 0U) | (alt_text ? PHOTO_FIELD_ALT_TEXT : 0U);
    enum status status = check_author(author, why);
    return status ? status : change_photo(store, VERB_DESCRIBE, given, &change, why);
}

enum status store_photo_set_labels(struct store *store, const struct id *id, const char *labels, const char *audit,
                                   const struct execution_claim *claim, struct text *why)
{
    const struct photo values = {.labels = labels, .audit = audit};
    struct photo_change change = {.id = id, .values = &values, .claim = claim};
    return change_photo(store, VERB_SET_LABELS, 0, &change, why);
}

enum status store_photo_hold(struct store *store, const struct id *id, const struct execution_claim *claim,
                             struct text *why)
{
    const struct photo values = {.review = REVIEW_WAITING};
    struct photo_change change = {.id = id, .values = &values, .claim = claim};
    return change_photo(store, VERB_HOLD, 0, &change, why);
}

enum status store_photo_decide(struct store *store, const struct id *id, enum photo_review review, struct text *why)
{
    const struct photo values = {.review = review};
    struct photo_change change = {.id = id, .values = &values};
    if (review == REVIEW_APPROVED || review == REVIEW_REFUSED)
        return change_photo(store, VERB_DECIDE, 0, &change, why);
    text_setf(why, "A person approves a photo, or refuses it.");
    return STATUS_INVALID;
}

enum status store_photo_withdraw(struct store *store, const struct id *id, const char *labels, const char *audit,
                                 const struct execution *execution, struct text *why)
{
    const struct photo values = {.labels = labels, .audit = audit, .review = REVIEW_WAITING};
    struct photo_change change = {.id = id, .values = &values, .execution = execution};
    if (!id_equal(id, &execution->id)) {
        text_setf(why, "A photo and its execution have the same id.");
        return STATUS_INVALID;
    }
    return change_photo(store, VERB_WITHDRAW, 0, &change, why);
}

enum status store_photo_publish(struct store *store, const struct photo *photo, const struct execution_claim *claim,
                                struct text *why)
{
    struct photo_change change = {.id = &photo->id, .values = photo, .claim = claim};
    unsigned given = (photo->labels ? PHOTO_FIELD_LABELS : 0U) | (photo->thumbhash ? PHOTO_FIELD_THUMBHASH : 0U);
    return change_photo(store, VERB_PUBLISH, given, &change, why);
}

enum status store_photo_render(struct store *store, const struct id *id, const struct rendition *medium,
                               struct text *why)
{
    const struct photo values = {.medium = *medium};
    struct photo_change change = {.id = id, .values = &values};
    return change_photo(store, VERB_RENDER, 0, &change, why);
}

enum status store_photo_reject(struct store *store, const struct id *id, const char *error_message, const char *labels,
                               const struct execution_claim *claim, struct text *why)
{
    const struct photo values = {.error_message = error_message, .labels = labels};
    struct photo_change change = {.id = id, .values = &values, .claim = claim};
    if (!error_message) {
        text_setf(why, "A rejected photo has a reason.");
        return STATUS_INVALID;
    }
    return change_photo(store, VERB_REJECT, labels ? PHOTO_FIELD_LABELS : 0, &change, why);
}

enum status store_photo_delete(struct store *store, const struct id *id, const char *author, struct text *why)
{
    const struct photo values = {0};
    struct photo_change change = {.id = id, .author = author, .values = &values};
    enum status status = check_author(author, why);
    return status ? status : change_photo(store, VERB_DELETE, 0, &change, why);
}

enum status store_photo_purge(struct store *store, const struct id *id, struct text *why)
{
    const struct photo values = {0};
    struct photo_change change = {.id = id, .values = &values};
    return change_photo(store, VERB_PURGE, 0, &change, why);
}

enum status store_execution_retry(struct store *store, const struct id *id, const char *data, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    const struct photo values = {0};
    struct execution execution;
    struct photo_change change = {.id = id, .values = &values, .execution = &execution};
    enum status status = check_data(data, why);
    if (!status)
        status = store_execution_get(store, id, &arena, &execution, why);
    if (status)
        return status;
    execution.status = EXECUTION_RUNNING;
    execution.state = "";
    execution.data = data;
    execution.updated_ms = execution.due_ms = store_now_ms(store);
    return change_photo(store, VERB_RETRY, 0, &change, why);
}

/* ---- Listing ---- */

enum status store_photos_list(struct store *store, enum photo_state state, enum photo_review review,
                              const struct id *after, size_t limit, store_photo_row *row, void *context,
                              struct text *why)
{
    const struct store_photo_list_ops *lists = store->ops->photo_lists;
    const struct id *from = after ? after : &before_all_ids;
    return limit ? lists->in_review(store, state, review, from, limit, row, context, why) : STATUS_OK;
}

enum status store_photos_published(struct store *store, const struct id *after, size_t limit, store_photo_row *row,
                                   void *context, struct text *why)
{
    const struct id *from = after ? after : &before_all_ids;
    return limit ? store->ops->photo_lists->published(store, from, limit, row, context, why) : STATUS_OK;
}

enum status store_photos_newest(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                                store_photo_row *row, void *context, struct text *why)
{
    const struct post_cursor *from = after ? after : &before_all_posts;
    return limit ? store->ops->photo_lists->newest(store, author, from, limit, row, context, why) : STATUS_OK;
}

enum status store_photos_by_capture(struct store *store, const char *author, const struct post_cursor *after,
                                    size_t limit, store_photo_row *row, void *context, struct text *why)
{
    const struct post_cursor *from = after ? after : &before_all_posts;
    return limit ? store->ops->photo_lists->by_capture(store, author, from, limit, row, context, why) : STATUS_OK;
}

enum status store_photos_deleted(struct store *store, const struct id *after, struct deleted_photo *ret_photos,
                                 size_t limit, size_t *ret_count, struct text *why)
{
    const struct id *from = after ? after : &before_all_ids;
    if (limit)
        return store->ops->photo_lists->deleted(store, from, ret_photos, limit, ret_count, why);
    *ret_count = 0;
    return STATUS_OK;
}

struct any_listing {
    store_any_photo_row *row;
    void *context;
};

static bool hand_over(void *context, const struct photo *photo)
{
    const struct any_listing *listing = context;
    return listing->row(listing->context, photo, (unsigned)photo->state == PHOTO_DELETED);
}

enum status store_photos_from(struct store *store, const struct id *first, size_t limit, store_any_photo_row *row,
                              void *context, struct text *why)
{
    struct any_listing listing = {row, context};
    const struct id *from = first ? first : &before_all_ids;
    return limit ? store->ops->photo_lists->from(store, from, limit, hand_over, &listing, why) : STATUS_OK;
}
