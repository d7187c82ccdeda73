/* cloudphotos-moderator: the program whose processes are the local moderator's workers. The first process loads the
 * models once; the workers share them. Its argument is the folder of models. */
#include "file_at.h"
#include "inspector.h"
#include "memory.h"
#include "onnx_protocol.h"
#include "worker_program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct manifest manifest;
static struct inspector *inspector;

static enum status prepare(const char *program, const char *argument, struct text *why)
{
    (void)program;
    enum status status = manifest_read(argument, &manifest, why);
    return status == STATUS_OK ? inspector_open(&manifest, &inspector, why) : status;
}

static enum status look(const struct onnx_job *job, const uint8_t *pixels, struct onnx_answer *ret_answer,
                        struct text *why)
{
    const struct moderation_image image = {
        .file = -1, .width = job->width, .height = job->height, .frames = job->frames};
    return inspector_inspect(inspector, pixels, &image, job->everything, &ret_answer->inspection, why);
}

/* The pixels come from a process that worked on hostile bytes: there may be fewer than it said. */
static enum status work(const void *job_bytes, const int *descriptors, void *ret_answer, struct text *why)
{
    const struct onnx_job *job = job_bytes;
    size_t size = (size_t)job->width * job->height * job->frames * CHANNELS;
    uint8_t *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pixels == MAP_FAILED) {
        text_setf(why, "The photo needs too much memory to be moderated.");
        return STATUS_TOO_LARGE;
    }
    size_t have = file_read_at(descriptors[0], pixels, size, job->offset);
    enum status status = STATUS_INTERNAL;
    if (have == size)
        status = look(job, pixels, ret_answer, why);
    else
        text_setf(why, "The moderator got %zu of %zu bytes of pixels.", have, size);
    munmap(pixels, size);
    return status;
}

int main(int argc, char **argv)
{
    static const struct worker_program program = {
        .name = "cloudphotos-moderator",
        .job_bytes = sizeof(struct onnx_job),
        .answer_bytes = sizeof(struct onnx_answer),
        .descriptors = 1,
        .prepare = prepare,
        .work = work,
    };
    return worker_program_main(&program, argc, argv);
}
