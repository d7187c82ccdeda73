/* A program in a pool that does what test_worker_pool asks for (pool_jobs.h). */
#include "memory.h"
#include "pool_jobs.h"
#include "worker_program.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MORE = POOL_MEMORY * 2, PIECE = 1000 };

static int *volatile nowhere;
static void *volatile taken; /* volatile, so that no compiler sees that nothing is done with it */

static void crash(void)
{
    *nowhere = 1;
}
static void forbidden(void)
{
    (void)socket(AF_INET, SOCK_STREAM, 0);
}
static void leave(void)
{
    _exit(3);
}
static void kill_itself(void)
{
    (void)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGKILL);
    _exit(4);
}
static void wait_for_ever(void)
{
    for (;;)
        (void)sleep(1000);
}

/* The worker's socket: the only one that it has. By the call itself, because fstat(3) may take the one that knows paths
 * too. */
static int find_socket(void)
{
    struct stat file;
    int socket = 0;
    while (syscall(SYS_fstat, socket, &file) < 0 || !S_ISSOCK(file.st_mode))
        socket++;
    return socket;
}
static void babble(void)
{
    (void)!write(find_socket(), "nonsense", 8);
    wait_for_ever();
}
static void hang_up(void)
{
    close(find_socket());
    wait_for_ever();
}

static void take(void)
{
    taken = malloc(POOL_MEMORY / 2);
    memset(taken, 1, POOL_MEMORY / 2);
    free(taken);
}
static void by_malloc(void)
{
    taken = malloc(MORE);
}
static void by_calloc(void)
{
    taken = calloc(2, POOL_MEMORY);
}
static void by_realloc(void)
{
    taken = realloc(malloc(PIECE), MORE);
}
static void by_aligned_alloc(void)
{
    taken = aligned_alloc(64, MORE);
}
static void by_posix_memalign(void)
{
    void *memory = NULL;
    (void)!posix_memalign(&memory, 64, MORE);
    taken = memory;
}
static void by_string(void)
{
    char *string = NULL;
    (void)!asprintf(&string, "%*s", MORE, "");
    taken = string;
}
static void by_ours(void)
{
    taken = memory_new(MORE);
}
static void by_and_by(void)
{
    for (size_t i = 0; i < MORE / PIECE; i++)
        taken = malloc(PIECE);
}
static void *run_by_and_by(void *unused)
{
    by_and_by();
    return unused;
}
static void in_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_by_and_by, NULL) == 0)
        (void)pthread_join(thread, NULL);
}

static void *run_for_ever(void *unused)
{
    wait_for_ever();
    return unused;
}
static void by_threads(void)
{
    pthread_t thread;
    for (size_t i = 0; i < MORE / (1 << 20); i++)
        (void)pthread_create(&thread, NULL, run_for_ever, NULL);
}

static void (*const ends[])(void) = {
    [POOL_JOB_CRASH] = crash,
    [POOL_JOB_ABORT] = abort,
    [POOL_JOB_FORBIDDEN] = forbidden,
    [POOL_JOB_EXIT] = leave,
    [POOL_JOB_KILL_ITSELF] = kill_itself,
    [POOL_JOB_WAIT] = wait_for_ever,
    [POOL_JOB_BABBLE] = babble,
    [POOL_JOB_HANG_UP] = hang_up,
    [POOL_JOB_TAKE] = take,
    [POOL_JOB_MALLOC] = by_malloc,
    [POOL_JOB_CALLOC] = by_calloc,
    [POOL_JOB_REALLOC] = by_realloc,
    [POOL_JOB_ALIGNED] = by_aligned_alloc,
    [POOL_JOB_POSIX_ALIGNED] = by_posix_memalign,
    [POOL_JOB_STRING] = by_string,
    [POOL_JOB_OURS] = by_ours,
    [POOL_JOB_BY_AND_BY] = by_and_by,
    [POOL_JOB_IN_THREAD] = in_thread,
    [POOL_JOB_THREADS] = by_threads,
};

static enum status prepare(const char *program, const char *argument, struct text *why)
{
    (void)program, (void)argument, (void)why;
    return STATUS_OK;
}

static enum status work(const void *job_bytes, const int *descriptors, void *ret_answer, struct text *why)
{
    (void)descriptors;
    const struct pool_job *job = job_bytes;
    struct pool_answer *answer = ret_answer;
    if (job->kind == POOL_JOB_FAIL) {
        text_setf(why, "What it says itself.");
        return STATUS_UNPROCESSABLE;
    }
    if (ends[job->kind])
        ends[job->kind]();
    answer->process = getpid();
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    static const struct worker_program program = {
        .name = "fence_room",
        .job_bytes = sizeof(struct pool_job),
        .answer_bytes = sizeof(struct pool_answer),
        .descriptors = 1,
        .prepare = prepare,
        .work = work,
    };
    return worker_program_main(&program, argc, argv);
}
