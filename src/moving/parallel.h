/* Many small works at a time, because each of them waits for the network. */
#ifndef PARALLEL_H
#define PARALLEL_H

#include "blob.h"
#include "store.h"

/* As many as are of use with this store (NULL: none) and these buckets. */
unsigned parallel_threads(const struct store *store, const struct blob *blob);

/* Calls `one` for each index below count, on so many threads. The first failure is told, and ends it. */
typedef enum status parallel_one(void *context, size_t index, struct text *why);
enum status parallel_run(unsigned threads, parallel_one *one, void *context, size_t count, struct text *why);

#endif
