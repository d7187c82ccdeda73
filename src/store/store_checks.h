/* Checks of what callers hand in, which the files of this folder share. Each is INVALID with a sentence. */
#ifndef STORE_CHECKS_H
#define STORE_CHECKS_H

#include "store.h"

enum status check_author(const char *author, struct text *why);
enum status check_key(const char *idempotency_key, struct text *why);
enum status check_execution(const struct execution *execution, struct text *why);
enum status check_data(const char *data, struct text *why);
enum status check_lease(const char *name, const char *owner, struct text *why);
/* Where a listing begins that has no `after`. */
extern const struct id before_all_ids;
extern const struct post_cursor before_all_posts;
/* The status, with this sentence if it is NOT_FOUND. */
enum status tell_missing(enum status status, const char *sentence, struct text *why);

#endif
