#include "worker.h"

#include "develop.h"
#include "protocol.h"

#include <glib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* glib ends the process when memory runs out, after a message of this level; say so by our exit code before it does. Its other
 * messages are for nobody. */
static GLogWriterOutput write_nothing(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
    (void)fields, (void)count, (void)data;
    if (level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR))
        _exit(WORKER_EXIT_MEMORY);
    return G_LOG_WRITER_HANDLED;
}

static uint64_t cpu_seconds_used(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
}

static void copy_reason(char target[static REASON_BYTES], const struct text *why)
{
    size_t length = why->length < REASON_BYTES ? why->length : REASON_BYTES - 1;
    memcpy(target, text_get(why), length);
    target[length] = '\0';
}

/* False when the socket ended. */
static bool work_once(int socket, uint64_t retirement_seconds, bool *ret_retires)
{
    struct job job;
    int files[JOB_DESCRIPTORS];
    if (!protocol_receive(socket, &job, sizeof job, files, JOB_DESCRIPTORS) || files[0] < 0)
        return false;

    struct answer answer = {.status = STATUS_OK};
    TEXT_CLEANUP struct text why = {0};
    const struct develop_files pictures = {files[JOB_ORIGINAL], files[JOB_LARGE], files[JOB_THUMBNAIL]};
    answer.status = develop_photo(&pictures, &job, &answer.result, &why);
    copy_reason(answer.reason, &why);
    *ret_retires = cpu_seconds_used() >= retirement_seconds;
    answer.retires = *ret_retires;
    for (size_t i = 0; i < JOB_DESCRIPTORS; i++)
        close(files[i]);
    return protocol_send(socket, &answer, sizeof answer, NULL, 0);
}

void worker_run(int socket, const struct sandbox_limits *limits)
{
    TEXT_CLEANUP struct text why = {0};
    g_log_set_writer_func(write_nothing, NULL, NULL);
    if (sandbox_enter(socket, limits, &why) != STATUS_OK) {
        (void)!write(STDERR_FILENO, why.data, why.length);
        _exit(1);
    }
    bool retires = false;
    while (!retires && work_once(socket, limits->cpu_seconds / 2, &retires))
        ;
    _exit(0); /* not exit: nothing is left to flush, and a sanitizer's check at exit would need forbidden calls */
}
