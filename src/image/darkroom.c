#include "darkroom.h"

#include "fence.h"
#include "memory.h"
#include "protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct darkroom {
    struct darkroom_settings settings;
    struct fence *fence;
};

enum status darkroom_open(const struct darkroom_settings *settings, struct darkroom **ret_darkroom, struct text *why)
{
    const struct fence_settings fence_settings = {
        .name = "darkroom",
        .work = "developed",
        .program_name = "cloudphotos-darkroom",
        .program = settings->program,
        .processes = settings->processes,
        .timeout_ms = settings->timeout_ms,
        .memory_bytes = settings->memory_bytes,
        .job_bytes = sizeof(struct job),
        .answer_bytes = sizeof(struct darkroom_result),
        .descriptors = JOB_DESCRIPTORS,
    };
    struct fence *fence;
    enum status status = fence_open(&fence_settings, &fence, why);
    if (status != STATUS_OK)
        return status;
    *ret_darkroom = NEW(struct darkroom);
    **ret_darkroom = (struct darkroom){.settings = *settings, .fence = fence};
    return STATUS_OK;
}

void darkroom_close(struct darkroom *darkroom)
{
    if (darkroom)
        fence_close(darkroom->fence);
    free(darkroom);
}

void darkroom_get_stats(const struct darkroom *darkroom, struct darkroom_stats *ret_stats)
{
    struct fence_stats stats;
    fence_get_stats(darkroom->fence, &stats);
    *ret_stats = (struct darkroom_stats){
        .developed = stats.done, .restarts = stats.restarts, .processes = stats.processes, .busy = stats.busy};
}

enum status darkroom_develop(struct darkroom *darkroom, int original_fd, int large_fd, int thumbnail_fd,
                             struct darkroom_result *ret_result, struct text *why)
{
    const struct darkroom_settings *settings = &darkroom->settings;
    struct stat file;
    if (fstat(original_fd, &file) < 0) {
        text_setf(why, "The original can't be read: %s.", strerror(errno));
        return status_from_errno(errno);
    }
    struct image_info info;
    enum status status = image_probe(original_fd, (uint64_t)file.st_size, &settings->limits, &info, why);
    if (status != STATUS_OK)
        return status;

    const struct job job = {
        .format = info.format,
        .original_bytes = (uint64_t)file.st_size,
        .width = info.width,
        .height = info.height,
        .limits = settings->limits,
        .large_side = settings->large_side,
        .thumbnail_side = settings->thumbnail_side,
        .quality = settings->quality,
    };
    const int files[JOB_DESCRIPTORS] = {
        [JOB_ORIGINAL] = original_fd, [JOB_LARGE] = large_fd, [JOB_THUMBNAIL] = thumbnail_fd};
    return fence_work(darkroom->fence, &job, files, ret_result, why);
}
