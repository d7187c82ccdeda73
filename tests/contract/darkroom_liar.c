/* A darkroom's program whose workers were taken over: they say what test_darkroom_lies asks for (darkroom_lies.h). */
#include "darkroom_lies.h"
#include "protocol.h"
#include "worker_program.h"

static enum status prepare(const char *program, const char *argument, struct text *why)
{
    (void)program, (void)argument, (void)why;
    return STATUS_OK;
}

static enum status work(const void *job_bytes, const int *descriptors, void *ret_answer, struct text *why)
{
    (void)descriptors, (void)why;
    const struct job *job = job_bytes;
    struct job_answer *answer = ret_answer;
    answer->view = darkroom_lies[job->request.jpeg_least_side % DARKROOM_LIES].view;
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    static const struct worker_program program = {
        .name = "darkroom_liar",
        .job_bytes = sizeof(struct job),
        .answer_bytes = sizeof(struct job_answer),
        .descriptors = JOB_DESCRIPTORS,
        .prepare = prepare,
        .work = work,
    };
    return worker_program_main(&program, argc, argv);
}
