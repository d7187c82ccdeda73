/* The threads for what may wait, and the queue before them. */
#include "server.h"

#include "memory.h"

#include <stdlib.h>

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct pool_job *first, **last;
    size_t counted; /* of those that wait */
    bool stopping;
    unsigned thread_count;
    pthread_t threads[];
};

static struct pool_job *take(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->stopping)
        (void)pthread_cond_wait(&pool->changed, &pool->lock);
    struct pool_job *job = pool->first;
    if (job) {
        pool->first = job->next;
        pool->last = pool->first ? pool->last : &pool->first;
        pool->counted -= job->is_counted;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *run(void *context)
{
    struct pool *pool = context;
    struct pool_job *job;
    while ((job = take(pool)))
        job->run(job->data);
    return NULL;
}

struct pool *pool_new(unsigned threads)
{
    struct pool *pool = memory_new(sizeof *pool + threads * sizeof pool->threads[0]);
    pool->last = &pool->first;
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->changed, NULL);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&pool->threads[pool->thread_count], NULL, run, pool) == 0)
            pool->thread_count++;
    return pool;
}

static void append(struct pool *pool, struct pool_job *job)
{
    job->next = NULL;
    *pool->last = job;
    pool->last = &job->next;
    pool->counted += job->is_counted;
    (void)pthread_cond_signal(&pool->changed);
}

bool pool_submit(struct pool *pool, struct pool_job *job)
{
    (void)pthread_mutex_lock(&pool->lock);
    bool room = pool->counted < POOL_QUEUE_MAX && pool->thread_count;
    job->is_counted = true;
    if (room)
        append(pool, job);
    (void)pthread_mutex_unlock(&pool->lock);
    return room;
}

void pool_add(struct pool *pool, struct pool_job *job)
{
    (void)pthread_mutex_lock(&pool->lock);
    bool has_threads = pool->thread_count > 0;
    job->is_counted = false;
    if (has_threads)
        append(pool, job);
    (void)pthread_mutex_unlock(&pool->lock);
    if (!has_threads) /* slowly is better than never */
        job->run(job->data);
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++)
        (void)pthread_join(pool->threads[i], NULL);
    (void)pthread_cond_destroy(&pool->changed);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}
