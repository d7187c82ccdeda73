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
        .quality = 75,
    };
    return darkroom_open(&darkroom, ret_darkroom, why);
}

enum status admin_eyes_open(const struct admin_settings *settings, struct admin_eyes *ret_eyes, struct text *why)
{
    const struct moderation_settings moderation = {
        .models = settings->models,
        .processes = (unsigned)settings->processes,
        .timeout_ms = 60000,
        .memory_bytes = 256 << 20,
        .everything = settings->everything,
    };
    struct admin_eyes eyes = {0};
    enum status status = admin_darkroom_open(settings, &eyes.darkroom, why);
    if (status == STATUS_OK)
        status = moderator_open("onnx", &moderation, &eyes.moderator, why);
    if (status == STATUS_OK)
        *ret_eyes = eyes;
    else
        admin_eyes_close(&eyes);
    return status;
}

void admin_eyes_close(struct admin_eyes *eyes)
{
    moderator_close(eyes->moderator);
    if (eyes->darkroom)
        darkroom_close(eyes->darkroom);
    *eyes = (struct admin_eyes){0};
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
