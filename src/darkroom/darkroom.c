#include "darkroom.h"

#include "memory.h"
#include "protocol.h"
#include "reasons.h"
#include "renditions.h"
#include "worker_pool.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct darkroom {
    struct darkroom_settings settings;
    struct worker_pool *pool;
    atomic_uint_fast64_t developed;
};

/* Why a photo's worker ended, for the photo's owner. */
static void explain(const struct worker_pool_settings *settings, const void *job_bytes, enum status status,
                    struct text *why)
{
    const struct job *job = job_bytes;
    char memory[REASON_NUMBER_SIZE];
    if (status == STATUS_TOO_LARGE)
        reason_set(why, REASON_IMAGE_NEEDS_MEMORY,
                   job->kind == JOB_PRINT ? "photo" : image_format_spelling(job->format),
                   reason_bytes(memory, settings->memory_bytes));
    else
        reason_set(why, status == STATUS_TIMEOUT ? REASON_IMAGE_NEEDS_TIME : REASON_IMAGE_CRASHES);
}

enum status darkroom_open(const struct darkroom_settings *settings, struct darkroom **ret_darkroom, struct text *why)
{
    const struct worker_pool_settings pool_settings = {
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
        .explain = explain,
        .trouble = settings->trouble,
        .context = settings->context,
    };
    struct worker_pool *pool;
    enum status status = worker_pool_open(&pool_settings, &pool, why);
    if (status != STATUS_OK)
        return status;
    struct darkroom *darkroom = NEW(struct darkroom);
    darkroom->settings = *settings;
    darkroom->pool = pool;
    *ret_darkroom = darkroom;
    return STATUS_OK;
}

const char *darkroom_caution(const struct darkroom *darkroom)
{
    return worker_pool_caution(darkroom->pool);
}

void darkroom_close(struct darkroom *darkroom)
{
    if (darkroom)
        worker_pool_close(darkroom->pool);
    free(darkroom);
}

void darkroom_get_stats(const struct darkroom *darkroom, struct darkroom_stats *ret_stats)
{
    struct worker_pool_stats stats;
    worker_pool_get_stats(darkroom->pool, &stats);
    *ret_stats = (struct darkroom_stats){.developed = atomic_load_explicit(&darkroom->developed, memory_order_relaxed),
                                         .restarts = stats.restarts,
                                         .processes = stats.processes,
                                         .busy = stats.busy};
}

/* What every job has in common. */
static struct job start_job(const struct darkroom *darkroom, enum job_kind kind)
{
    const struct darkroom_settings *settings = &darkroom->settings;
    return (struct job){
        .kind = kind,
        .limits = settings->limits,
        .memory_bytes = settings->memory_bytes,
        .large_side = LARGE_SIDE,
    };
}

static enum status find_info(const struct darkroom *darkroom, const struct darkroom_original *original,
                             struct image_info *ret_info, struct text *why)
{
    struct stat file;
    if (original->info) {
        *ret_info = *original->info;
        return STATUS_OK;
    }
    if (fstat(original->file, &file) < 0) {
        text_setf(why, "The original can't be read: %s.", strerror(errno));
        return status_from_errno(errno);
    }
    return image_probe(original->file, (uint64_t)file.st_size, &darkroom->settings.limits, ret_info, why);
}

/* And every job on a file. What the job says of it comes from image_probe, called now or when the file was uploaded.
 * Neither this process nor the worker is safe because of it: the worker holds what its decoder finds against the limits
 * (reader.c), its memory and its time end with the sandbox whatever a job foretold, and is_sane holds its answer to
 * sizes that have a bound of their own. But which files are taken at all does rest on it, as some are refused in which
 * a decoder would see another picture than others do: so it must have been of these very bytes. */
static enum status make_job(const struct darkroom *darkroom, enum job_kind kind,
                            const struct darkroom_original *original, struct job *ret_job, struct text *why)
{
    struct image_info info = {0};
    enum status status = find_info(darkroom, original, &info, why);
    if (status != STATUS_OK)
        return status;
    *ret_job = start_job(darkroom, kind);
    ret_job->format = info.part.format;
    ret_job->original_offset = info.part.offset;
    ret_job->original_bytes = info.part.bytes;
    ret_job->orientation = (int)info.part.orientation;
    ret_job->is_untidy = info.part.is_untidy;
    ret_job->width = info.width;
    ret_job->height = info.height;
    ret_job->keeps_negative = info.frames == 1;
    ret_job->large_side = ret_job->given_side = rendition_large_side(&info, darkroom->settings.memory_bytes);
    return STATUS_OK;
}

/* The renditions of what is behind `from`, which is what the job says. */
static enum status make_files(struct darkroom *darkroom, struct job *job, int from, const struct darkroom_files *files,
                              struct darkroom_result *ret_result, struct text *why)
{
    job->makes_medium = files->medium >= 0;
    const int descriptors[JOB_DESCRIPTORS] = {[JOB_ORIGINAL] = from,
                                              [JOB_LARGE] = files->large,
                                              [JOB_MEDIUM] = job->makes_medium ? files->medium : files->large,
                                              [JOB_THUMBNAIL] = files->thumbnail};
    struct job_answer answer;
    enum status status = worker_pool_work(darkroom->pool, job, descriptors, &answer, why);
    if (status != STATUS_OK)
        return status;
    atomic_fetch_add_explicit(&darkroom->developed, 1, memory_order_relaxed);
    *ret_result = answer.result;
    return STATUS_OK;
}

enum status darkroom_develop(struct darkroom *darkroom, const struct darkroom_original *original,
                             const struct darkroom_files *files, struct darkroom_result *ret_result, struct text *why)
{
    struct job job = {0};
    enum status status = make_job(darkroom, JOB_DEVELOP, original, &job, why);
    return status == STATUS_OK ? make_files(darkroom, &job, original->file, files, ret_result, why) : status;
}

enum status darkroom_print(struct darkroom *darkroom, int negative_fd, const struct darkroom_negative *negative,
                           const struct darkroom_files *files, struct darkroom_result *ret_result, struct text *why)
{
    struct job job = start_job(darkroom, JOB_PRINT);
    job.negative = *negative;
    if (rendition_is_long(negative->width, negative->height))
        job.large_side = LONG_SIDE;
    return make_files(darkroom, &job, negative_fd, files, ret_result, why);
}

enum status darkroom_render(struct darkroom *darkroom, int large_fd, int medium_fd,
                            struct darkroom_rendition *ret_medium, struct text *why)
{
    const struct darkroom_original large = {.file = large_fd};
    struct job job = {0};
    enum status status = make_job(darkroom, JOB_RENDER, &large, &job, why);
    if (status != STATUS_OK)
        return status;
    const struct darkroom_files files = {.large = medium_fd, .medium = medium_fd, .thumbnail = medium_fd};
    struct darkroom_result result;
    status = make_files(darkroom, &job, large_fd, &files, &result, why);
    if (status == STATUS_OK)
        *ret_medium = result.medium;
    return status;
}

/* The longer side of a frame whose shorter one is as long as is wanted. */
static uint32_t fit_view(const struct job *job, const struct darkroom_view_request *request)
{
    uint32_t shorter = job->width < job->height ? job->width : job->height;
    uint32_t longer = job->width < job->height ? job->height : job->width;
    uint64_t side = shorter > request->short_side ? (uint64_t)longer * request->short_side / shorter : longer;
    return side > request->long_side ? request->long_side : (uint32_t)side;
}

/* A worker that was taken over by its data may say anything. A view of nothing would be published unseen. */
static bool is_sane(const struct darkroom_view *view, const struct job *job)
{
    const struct darkroom_view_request *request = &job->request;
    if (view->frames == 0 || view->width == 0 || view->height == 0 || (request->jpegs && view->jpegs < view->frames))
        return false;
    if (view->width > job->view_side || view->height > job->view_side || view->negative.width > job->large_side
        || view->negative.height > job->large_side)
        return false;
    if (view->frames > request->frames || view->jpegs > request->jpegs)
        return false;
    for (uint32_t i = 0; i < view->jpegs; i++)
        if (view->jpeg_bytes[i] > request->jpeg_bytes)
            return false;
    return true;
}

enum status darkroom_inspect(struct darkroom *darkroom, const struct darkroom_original *original,
                             const struct darkroom_view_request *request, int view_fd, int negative_fd,
                             struct darkroom_view *ret_view, struct text *why)
{
    struct job job = {0};
    enum status status = make_job(darkroom, JOB_INSPECT, original, &job, why);
    if (status != STATUS_OK)
        return status;
    job.request = *request;
    job.view_side = fit_view(&job, request);
    job.keeps_negative = job.keeps_negative && negative_fd >= 0 && job.view_side <= job.large_side;
    if (!job.keeps_negative)
        job.large_side = job.view_side;
    const int files[JOB_DESCRIPTORS] = {[JOB_ORIGINAL] = original->file,
                                        [JOB_VIEW] = view_fd,
                                        [JOB_MEDIUM] = view_fd,
                                        [JOB_NEGATIVE] = job.keeps_negative ? negative_fd : view_fd};
    struct job_answer answer;
    status = worker_pool_work(darkroom->pool, &job, files, &answer, why);
    if (status != STATUS_OK)
        return status;
    if (!is_sane(&answer.view, &job)) {
        reason_set(why, REASON_IMAGE_CRASHES);
        return STATUS_CRASHED;
    }
    *ret_view = answer.view;
    return STATUS_OK;
}
