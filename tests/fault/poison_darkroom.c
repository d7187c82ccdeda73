/* A stand-in for cloudphotos-darkroom, for tests of what photos do that no limit foresees: an original that ends in
 * POISON_CRASH or POISON_HANG does that to the process that decodes it. All else is developed as ever. */
#include "develop.h"
#include "pixels.h"
#include "worker_program.h"

#include <string.h>
#include <unistd.h>

enum { MARK_BYTES = 12 };
static const char crash[] = "POISON_CRASH", hang[] = "POISON_HANG\n";
static int *volatile nowhere;

static void meet_fate(const struct job *job, int original)
{
    char mark[MARK_BYTES + 1] = "";
    if (job->original_bytes < MARK_BYTES
        || pread(original, mark, MARK_BYTES, (off_t)(job->original_bytes - MARK_BYTES)) != MARK_BYTES)
        return;
    if (strcmp(mark, crash) == 0)
        *nowhere = 1;
    while (strcmp(mark, hang) == 0)
        (void)sleep(1);
}

static enum status prepare(const char *program, const char *argument, struct text *why)
{
    (void)argument;
    return develop_prepare(program, why);
}

static enum status work(const void *job_bytes, const int *descriptors, void *ret_answer, struct text *why)
{
    const struct job *job = job_bytes;
    struct job_answer *answer = ret_answer;
    const struct pixels_files view = {descriptors[JOB_ORIGINAL], descriptors[JOB_VIEW], descriptors[JOB_NEGATIVE]};
    const struct develop_files files = {.original = descriptors[JOB_ORIGINAL],
                                        .large = descriptors[JOB_LARGE],
                                        .medium = descriptors[JOB_MEDIUM],
                                        .thumbnail = descriptors[JOB_THUMBNAIL]};
    if (job->kind == JOB_PRINT)
        return develop_negative(&files, job, &answer->result, why);
    meet_fate(job, descriptors[JOB_ORIGINAL]);
    return job->kind == JOB_INSPECT ? pixels_write(&view, job, &answer->view, why)
                                    : develop_photo(&files, job, &answer->result, why);
}

int main(int argc, char **argv)
{
    static const struct worker_program darkroom = {
        .name = "cloudphotos-darkroom-poison",
        .job_bytes = sizeof(struct job),
        .answer_bytes = sizeof(struct job_answer),
        .descriptors = JOB_DESCRIPTORS,
        .prepare = prepare,
        .work = work,
    };
    return worker_program_main(&darkroom, argc, argv);
}
