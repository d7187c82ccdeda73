/* What a back end of the metadata implements: store.h has the promises, op by op. Arguments were checked already:
 * names and keys are of a legal length, limits are not zero, a photo and its execution bear one id. */
#ifndef STORE_OPS_H
#define STORE_OPS_H

#include "store.h"

struct store_ops {
    const char *scheme; /* of the address: "sqlite" */
    enum status (*open)(const char *rest, struct store **ret_store, struct text *why);
    void (*close)(struct store *store);
    enum status (*is_new)(const char *rest, bool *ret_is_new, struct text *why);
    enum status (*verify)(struct store *store, int64_t limit_ms, bool *ret_is_whole, struct text *why);
    enum status (*photo_create)(struct store *store, const struct photo *photo, const char *idempotency_key,
                                const struct execution *execution, uint64_t max_pending, struct arena *arena,
                                struct photo *ret_existing, bool *ret_created, struct text *why);
    enum status (*photos_pending)(struct store *store, const char *author, uint64_t *ret_pending, struct text *why);
    enum status (*photo_get)(struct store *store, const struct id *id, struct arena *arena, struct photo *ret_photo,
                             struct text *why);
    enum status (*photo_find_key)(struct store *store, const char *author, const char *idempotency_key,
                                  struct arena *arena, struct photo *ret_photo, struct text *why);
    enum status (*photo_describe)(struct store *store, const struct id *id, const char *author, const char *caption,
                                  const char *alt_text, int64_t now_ms, struct text *why);
    enum status (*photo_find_content)(struct store *store, const char *author,
                                      const uint8_t sha256[static SHA256_BYTES], struct arena *arena,
                                      struct photo *ret_photo, struct text *why);
    enum status (*photos_newest)(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                                 store_photo_row *row, void *context, struct text *why);
    enum status (*photos_by_capture)(struct store *store, const char *author, const struct post_cursor *after,
                                     size_t limit, store_photo_row *row, void *context, struct text *why);
    enum status (*photo_set_labels)(struct store *store, const struct id *id, const char *labels, const char *audit,
                                    int64_t now_ms, struct text *why);
    enum status (*photo_review)(struct store *store, const struct id *id, enum photo_review review, int64_t now_ms,
                                struct text *why);
    enum status (*photo_withdraw)(struct store *store, const struct id *id, const char *labels, const char *audit,
                                  const struct execution *execution, struct text *why);
    enum status (*photos_published)(struct store *store, const struct id *after, size_t limit, store_photo_row *row,
                                    void *context, struct text *why);
    enum status (*photos_list)(struct store *store, enum photo_state state, enum photo_review review,
                               const struct id *after, size_t limit, store_photo_row *row, void *context,
                               struct text *why);
    enum status (*photo_publish)(struct store *store, const struct photo *photo, int64_t now_ms, struct text *why);
    enum status (*photo_render)(struct store *store, const struct id *id, const struct rendition *medium,
                                struct text *why);
    enum status (*photo_reject)(struct store *store, const struct id *id, const char *error_message, const char *labels,
                                int64_t now_ms, struct text *why);
    enum status (*photo_delete)(struct store *store, const struct id *id, const char *author, int64_t now_ms,
                                struct text *why);
    enum status (*verdict_add)(struct store *store, const struct verdict *verdict, struct text *why);
    enum status (*verdict_decide)(struct store *store, const struct id *photo, enum verdict_kind kind,
                                  const char *reason, int64_t now_ms, struct text *why);
    enum status (*verdict_find)(struct store *store, const struct fingerprint *fingerprint, unsigned distance,
                                struct arena *arena, struct verdict *ret_verdict, struct verdict_match *ret_match,
                                struct text *why);
    enum status (*verdicts_list)(struct store *store, size_t limit, store_verdict_row *row, void *context,
                                 struct text *why);
    enum status (*verdict_forget)(struct store *store, const struct id *photo, struct text *why);
    enum status (*photos_deleted)(struct store *store, struct id *ret_ids, size_t limit, size_t *ret_count,
                                  struct text *why);
    enum status (*photo_purge)(struct store *store, const struct id *id, struct text *why);
    /* Searches the database itself, for whoever asks whether it is there. */
    enum status (*check)(struct store *store, struct text *why);
    enum status (*users_search)(struct store *store, const char *prefix, const char *after, size_t limit,
                                store_user_row *row, void *context, struct text *why);
    enum status (*user_posts)(struct store *store, const char *author, const struct post_cursor *after, size_t limit,
                              store_post_row *row, void *context, struct text *why);
    enum status (*executions_claim)(struct store *store, const char *owner, int64_t now_ms, int64_t lease_ms,
                                    size_t limit, struct arena *arena, struct execution *ret_executions,
                                    size_t *ret_count, struct text *why);
    enum status (*executions_renew)(struct store *store, const char *owner, int64_t now_ms, int64_t lease_ms,
                                    struct text *why);
    enum status (*execution_save)(struct store *store, const char *owner, const struct execution *execution,
                                  const struct execution_event *events, size_t event_count, bool keep_lease,
                                  struct text *why);
    enum status (*execution_release)(struct store *store, const char *owner, const struct id *id, struct text *why);
    enum status (*execution_get)(struct store *store, const struct id *id, struct arena *arena,
                                 struct execution *ret_execution, struct text *why);
    enum status (*executions_list)(struct store *store, int status, size_t limit, store_execution_row *row,
                                   void *context, struct text *why);
    enum status (*execution_events)(struct store *store, const struct id *id, store_event_row *row, void *context,
                                    struct text *why);
    enum status (*execution_retry)(struct store *store, const struct id *id, const char *data, int64_t now_ms,
                                   struct text *why);
    enum status (*execution_divert)(struct store *store, const struct id *id, const char *data, bool *ret_held,
                                    struct text *why);
    enum status (*get_counts)(struct store *store, int64_t now_ms, struct store_counts *ret_counts, struct text *why);
    enum status (*executions_prune)(struct store *store, int64_t before_ms, size_t limit, size_t *ret_pruned,
                                    struct text *why);
};

/* Back ends embed this as their first field. */
struct store {
    const struct store_ops *ops;
};

extern const struct store_ops store_sqlite_ops;

#endif
