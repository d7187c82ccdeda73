/* cloudphotos-darkroom: the program whose processes are the darkroom's workers. The first process opens the image
 * libraries once. */
#include "develop.h"
#include "pixels.h"
#include "protocol.h"
#include "worker_program.h"

#include <glib.h>
#include <unistd.h>

/* glib ends the process when memory runs out, after a message of this level; say so by our exit code before it does.
 * Its other messages are for nobody. */
static GLogWriterOutput write_nothing(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
    (void)fields, (void)count, (void)data;
    if (level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR))
        _exit(WORKER_EXIT_MEMORY);
    return G_LOG_WRITER_HANDLED;
}

static enum status prepare(const char *program, const char *argument, struct text *why)
{
    (void)argument;
    return develop_prepare(program, why);
}

static void enter(void)
{
    g_log_set_writer_func(write_nothing, NULL, NULL);
}

static enum status work(const void *job_bytes, const int *descriptors, void *ret_answer, struct text *why)
{
    const struct job *job = job_bytes;
    struct job_answer *answer = ret_answer;
    if (job->kind == JOB_INSPECT) {
        const struct pixels_files files = {descriptors[JOB_ORIGINAL], descriptors[JOB_VIEW], descriptors[JOB_NEGATIVE]};
        return pixels_write(&files, job, &answer->view, why);
    }
    const struct develop_files files = {.original = descriptors[JOB_ORIGINAL],
                                        .large = descriptors[JOB_LARGE],
                                        .medium = descriptors[JOB_MEDIUM],
                                        .thumbnail = descriptors[JOB_THUMBNAIL]};
    if (job->kind == JOB_RENDER)
        return develop_medium(&files, job, &answer->result, why);
    return job->kind == JOB_PRINT ? develop_negative(&files, job, &answer->result, why)
                                  : develop_photo(&files, job, &answer->result, why);
}

int main(int argc, char **argv)
{
    static const struct worker_program darkroom = {
        .name = "cloudphotos-darkroom",
        .job_bytes = sizeof(struct job),
        .answer_bytes = sizeof(struct job_answer),
        .descriptors = JOB_DESCRIPTORS,
        .prepare = prepare,
        .enter = enter,
        .work = work,
    };
    return worker_program_main(&darkroom, argc, argv);
}
