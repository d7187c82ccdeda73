#include "ending.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

/* Signals that are not the crash of a decoder. The sandbox lets nothing in a worker send SIGKILL, so it came from
 * outside. */
static const struct {
    int signal;
    enum status status;
    const char *meaning;
} signals[] = {
    {SIGKILL, STATUS_UNAVAILABLE,
     "killed from outside: by the kernel, if the machine ran out of memory, or by somebody"},
    {SIGXCPU, STATUS_TIMEOUT, "it used up its CPU time"},
    {SIGSYS, STATUS_CRASHED, "it made a system call that the sandbox kills for"},
};

static enum status explain_signal(int number, struct text *detail)
{
    text_addf(detail, " ended by signal %d (%s)", number, strsignal(number));
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (signals[i].signal != number)
            continue;
        text_addf(detail, ": %s", signals[i].meaning);
        return signals[i].status;
    }
    return STATUS_CRASHED;
}

static enum status explain_exit(const struct worker_pool_settings *settings, int code, struct text *detail)
{
    if (code != WORKER_EXIT_MEMORY) {
        text_addf(detail, " ended with exit code %d", code);
        return STATUS_CRASHED;
    }
    text_addf(detail, " needed more than %llu MB of memory", (unsigned long long)(settings->memory_bytes >> 20));
    return STATUS_TOO_LARGE;
}

enum status ending_explain(const struct worker_pool_settings *settings, const struct hired *hired, bool in_time,
                           struct text *ret_detail)
{
    enum status status;
    if (!hired->had_worker) {
        text_setf(ret_detail, "The %s's processes ended while a photo was %s.", settings->name, settings->work);
        return STATUS_UNAVAILABLE;
    }
    text_setf(ret_detail, "The process %d that %s a photo", (int)hired->process, settings->work);
    if (!in_time) {
        text_addf(ret_detail, " took longer than %g seconds", (double)settings->timeout_ms / 1000);
        status = STATUS_TIMEOUT;
    } else if (hired->was_killed) {
        text_add(ret_detail, " gave an invalid answer");
        status = STATUS_CRASHED;
    } else if (WIFSIGNALED(hired->wait_status)) {
        status = explain_signal(WTERMSIG(hired->wait_status), ret_detail);
    } else {
        status = explain_exit(settings, WEXITSTATUS(hired->wait_status), ret_detail);
    }
    text_add(ret_detail, ".");
    return status;
}
