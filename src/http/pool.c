/* The threads that run POOL handlers: a bounded queue of requests whose connections are suspended. */
#include "server.h"

#include "memory.h"

#include <assert.h>
#include <stdlib.h>

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_request *queue[POOL_QUEUE_MAX]; /* a ring */
    size_t first, count;
    bool stopping;
    unsigned thread_count;
    pthread_t threads[];
};

static struct http_request *take(struct pool *pool)
{
    struct http_request *request = NULL;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->count && !pool->stopping)
        (void)pthread_cond_wait(&pool->changed, &pool->lock);
    if (pool->count) {
        request = pool->queue[pool->first];
        pool->first = (pool->first + 1) % POOL_QUEUE_MAX;
        pool->count--;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return request;
}

static void *run(void *context)
{
    struct pool *pool = context;
    struct http_request *request;
    while ((request = take(pool))) {
        request->route->handle(request);
        assert(request->answer.code);                       /* a handler must answer */
        MHD_resume_connection(request->connection->handle); /* from here on it may be gone */
    }
    return NULL;
}

struct pool *pool_new(unsigned threads)
{
    struct pool *pool = memory_new(sizeof *pool + threads * sizeof pool->threads[0]);
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->changed, NULL);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&pool->threads[pool->thread_count], NULL, run, pool) == 0)
            pool->thread_count++;
    return pool;
}

bool pool_submit(struct pool *pool, struct http_request *request)
{
    (void)pthread_mutex_lock(&pool->lock);
    bool room = pool->count < POOL_QUEUE_MAX && pool->thread_count;
    if (room) {
        pool->queue[(pool->first + pool->count) % POOL_QUEUE_MAX] = request;
        pool->count++;
        (void)pthread_cond_signal(&pool->changed);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return room;
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
