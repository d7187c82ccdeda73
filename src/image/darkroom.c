#include "darkroom.h"

#include "fence.h"
#include "memory.h"
#include "protocol.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct darkroom {
    struct darkroom_settings settings;
    struct fence *fence;
    atomic_uint_fast64_t developed;
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
        .answer_bytes = sizeof(struct job_answer),
        .descriptors = JOB_DESCRIPTORS,
    };
    struct fence *fence;
    enum status status = fence_open(&fence_settings, &fence, why);
    if (status != STATUS_OK)
        return status;
    struct darkroom *darkroom = NEW(struct darkroom);
    darkroom->settings = *settings;
    darkroom->fence = fence;
    *ret_darkroom = darkroom;
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
    *ret_stats = (struct darkroom_stats){.developed = atomic_load_explicit(&darkroom->developed, memory_order_relaxed),
                                         .restarts = stats.restarts,
                                         .processes = stats.processes,
                                         .busy = stats.busy};
}

/* What every job on this file has in common. */
static enum status make_job(const struct darkroom *darkroom, int original_fd, struct job *ret_job, struct text *why)
{
    const struct darkroom_settings *settings = &darkroom->settings;
    struct stat file;
    if (fstat(original_fd, &file) < 0) {
        text_setf(why, "The original can't be read: %s.", strerror(errno));
        return status_from_errno(errno);
    }
    struct image_info info = {0};
    enum status status = image_probe(original_fd, (uint64_t)file.st_size, &settings->limits, &info, why);
    if (status != STATUS_OK)
        return status;
    *ret_job = (struct job){
        .format = info.format,
        .original_bytes = (uint64_t)file.st_size,
        .width = info.width,
        .height = info.height,
        .limits = settings->limits,
        .large_side = settings->large_side,
        .thumbnail_side = settings->thumbnail_side,
        .quality = settings->quality,
    };
    return STATUS_OK;
}

enum status darkroom_develop(struct darkroom *darkroom, int original_fd, int large_fd, int thumbnail_fd,
                             struct darkroom_result *ret_result, struct text *why)
{
    struct job job = {0};
    enum status status = make_job(darkroom, original_fd, &job, why);
    if (status != STATUS_OK)
        return status;
    const int files[JOB_DESCRIPTORS] = {
        [JOB_ORIGINAL] = original_fd, [JOB_LARGE] = large_fd, [JOB_THUMBNAIL] = thumbnail_fd};
    struct job_answer answer;
    status = fence_work(darkroom->fence, &job, files, &answer, why);
    if (status != STATUS_OK)
        return status;
    atomic_fetch_add_explicit(&darkroom->developed, 1, memory_order_relaxed);
    *ret_result = answer.result;
    return STATUS_OK;
}

/* The longer side of a frame whose shorter one is as long as is wanted. */
static uint32_t fit_sight(const struct job *job, const struct darkroom_sight *sight)
{
    uint32_t shorter = job->width < job->height ? job->width : job->height;
    uint32_t longer = job->width < job->height ? job->height : job->width;
    uint64_t side = shorter > sight->short_side ? (uint64_t)longer * sight->short_side / shorter : longer;
    return side > sight->long_side ? sight->long_side : (uint32_t)side;
}

/* A worker that was taken over by its data may say anything. */
static bool is_sane(const struct darkroom_view *view, const struct darkroom_sight *sight)
{
    if (view->frames > sight->frames || view->jpegs > sight->jpegs)
        return false;
    for (uint32_t i = 0; i < view->jpegs; i++)
        if (view->jpeg_bytes[i] > sight->jpeg_bytes)
            return false;
    return true;
}

enum status darkroom_inspect(struct darkroom *darkroom, int original_fd, const struct darkroom_sight *sight,
                             int view_fd, struct darkroom_view *ret_view, struct text *why)
{
    struct job job = {0};
    enum status status = make_job(darkroom, original_fd, &job, why);
    if (status != STATUS_OK)
        return status;
    job.kind = JOB_INSPECT;
    job.large_side = fit_sight(&job, sight);
    job.sight = *sight;
    const int files[JOB_DESCRIPTORS] = {[JOB_ORIGINAL] = original_fd, [JOB_LARGE] = view_fd, [JOB_THUMBNAIL] = view_fd};
    struct job_answer answer;
    status = fence_work(darkroom->fence, &job, files, &answer, why);
    if (status != STATUS_OK)
        return status;
    if (!is_sane(&answer.view, sight)) {
        text_setf(why, "The darkroom answered what can't be.");
        return STATUS_CRASHED;
    }
    *ret_view = answer.view;
    return STATUS_OK;
}
