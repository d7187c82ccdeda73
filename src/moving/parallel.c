#include "parallel.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS_REMOTE = 16, THREADS_LOCAL = 1 };

unsigned parallel_threads(const struct store *store, const struct blob *blob)
{
    return (store && store_is_remote(store)) || !blob_has_files(blob) ? THREADS_REMOTE : THREADS_LOCAL;
}

struct batch {
    parallel_one *one;
    void *context;
    size_t count;
    atomic_size_t next;
    atomic_bool has_failed;
    enum status status; /* these two of the first that failed */
    struct text *why;
};

static void *work(void *context)
{
    struct batch *batch = context;
    for (size_t i; !atomic_load(&batch->has_failed) && (i = atomic_fetch_add(&batch->next, 1)) < batch->count;) {
        TEXT_CLEANUP struct text why = {0};
        enum status status = batch->one(batch->context, i, &why);
        if (status == STATUS_OK || atomic_exchange(&batch->has_failed, true))
            continue;
        batch->status = status;
        text_setf(batch->why, "%s", text_get(&why));
    }
    return NULL;
}

enum status parallel_run(unsigned threads, parallel_one *one, void *context, size_t count, struct text *why)
{
    struct batch batch = {.one = one, .context = context, .count = count, .why = why};
    pthread_t others[THREADS_REMOTE];
    unsigned started = 0;
    while (started + 1 < threads && started + 1 < count && started < THREADS_REMOTE
           && pthread_create(&others[started], NULL, work, &batch) == 0)
        started++;
    (void)work(&batch);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(others[i], NULL);
    return batch.status;
}
