/* What the commands share that look at many photos: a darkroom, a moderator, and threads. */
#include "admin.h"
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>

enum status admin_darkroom_open(const struct admin_settings *settings, struct darkroom **ret_darkroom, struct text *why)
{
    const struct darkroom_settings darkroom = {
        .processes = (unsigned)settings->processes,
        .timeout_ms = 20000,
        .memory_bytes = 512 << 20,
        .limits = {.pixels = 100000000, .frames = 1000},
    };
    return darkroom_open(&darkroom, ret_darkroom, why);
}

enum status admin_inspector_open(const struct admin_settings *settings, struct admin_inspector *ret_inspector,
                                 struct text *why)
{
    const struct moderation_settings moderation = {
        .models = settings->models,
        .processes = (unsigned)settings->processes,
        .timeout_ms = 60000,
        .memory_bytes = 256 << 20,
        .everything = settings->everything,
    };
    struct admin_inspector inspector = {0};
    enum status status = admin_darkroom_open(settings, &inspector.darkroom, why);
    if (status == STATUS_OK)
        status = moderator_open("onnx", &moderation, &inspector.moderator, why);
    if (status == STATUS_OK)
        *ret_inspector = inspector;
    else
        admin_inspector_close(&inspector);
    return status;
}

void admin_inspector_close(struct admin_inspector *inspector)
{
    moderator_close(inspector->moderator);
    if (inspector->darkroom)
        darkroom_close(inspector->darkroom);
    *inspector = (struct admin_inspector){0};
}

void admin_run_threads(void *(*work)(void *context), void *context, unsigned count)
{
    pthread_t *threads = NEW_ARRAY(count, pthread_t);
    unsigned started = 0;
    while (started < count && pthread_create(&threads[started], NULL, work, context) == 0)
        started++;
    if (started == 0)
        (void)work(context);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    free(threads);
}
