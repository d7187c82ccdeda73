/* The pool: however a worker ends, the job gets the status that its end means, the operator is told how, and the next
 * job is done. */
#include "check.h"
#include "pool_jobs.h"
#include "sandbox.h"
#include "worker_pool.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60000, SHORT_MS = 300 };

/* What the operator was told last. */
static struct text told;

static void tell(void *context, const char *sentence)
{
    text_setf(context, "%s", sentence);
}

static void explain(const struct worker_pool_settings *settings, const void *job, enum status status, struct text *why)
{
    (void)settings, (void)job;
    text_setf(why, "For people: %s.", status_name(status));
}

static struct worker_pool *open_pool(int64_t timeout_ms, bool explains)
{
    const struct worker_pool_settings settings = {
        .name = "workshop",
        .work = "finished",
        .program = POOL_PROGRAM,
        .processes = 1,
        .timeout_ms = timeout_ms,
        .memory_bytes = POOL_MEMORY,
        .job_bytes = sizeof(struct pool_job),
        .answer_bytes = sizeof(struct pool_answer),
        .descriptors = 1,
        .explain = explains ? explain : NULL,
        .trouble = tell,
        .context = &told,
    };
    struct worker_pool *pool = NULL;
    TEXT_CLEANUP struct text why = {0};
    if (worker_pool_open(&settings, &pool, &why) != STATUS_OK) {
        (void)fprintf(stderr, "%s\n", text_get(&why));
        exit(1);
    }
    return pool;
}

static enum status do_job(struct worker_pool *pool, enum pool_job_kind kind, struct pool_answer *ret_answer,
                          struct text *why)
{
    const struct pool_job job = {.kind = kind};
    text_clear(why);
    text_clear(&told);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    enum status status = worker_pool_work(pool, &job, &nothing, ret_answer, why);
    close(nothing);
    return status;
}

/* Returns the worker's process. */
static pid_t check_works(struct worker_pool *pool)
{
    TEXT_CLEANUP struct text why = {0};
    struct pool_answer answer = {0};
    CHECK_INT(do_job(pool, POOL_JOB_ANSWER, &answer, &why), STATUS_OK);
    CHECK_STR(text_get(&why), "");
    return answer.process;
}

#define MEMORY_ROW(behaviour, kind)                                                                                    \
    {                                                                                                                  \
        behaviour, kind, STATUS_TOO_LARGE, "For people: too-large.", "needed more than 64 MB", true                    \
    }
static const struct {
    const char *behaviour;
    enum pool_job_kind kind;
    enum status status;
    const char *why, *told; /* told: contains it */
    bool is_about_memory;
} rows[] = {
    {"a job's own failure is its own", POOL_JOB_FAIL, STATUS_UNPROCESSABLE, "What it says itself.", "", false},
    {"half of the memory can be taken", POOL_JOB_TAKE, STATUS_OK, "", "", false},
    {"a crash", POOL_JOB_CRASH, STATUS_CRASHED, "For people: crashed.", "signal 11", false},
    {"an abort", POOL_JOB_ABORT, STATUS_CRASHED, "For people: crashed.", "signal 6", false},
    {"a forbidden call", POOL_JOB_FORBIDDEN, STATUS_CRASHED, "For people: crashed.", "the sandbox kills for", false},
    {"an exit", POOL_JOB_EXIT, STATUS_CRASHED, "For people: crashed.", "exit code 3", false},
    {"a worker that would look killed", POOL_JOB_KILL_ITSELF, STATUS_CRASHED, "For people: crashed.", "exit code 4",
     false},
    {"nonsense", POOL_JOB_BABBLE, STATUS_CRASHED, "For people: crashed.", "gave an invalid answer", false},
    {"silence behind a closed socket", POOL_JOB_HANG_UP, STATUS_CRASHED, "For people: crashed.",
     "gave an invalid answer", false},
    MEMORY_ROW("too much by malloc", POOL_JOB_MALLOC),
    MEMORY_ROW("too much by calloc", POOL_JOB_CALLOC),
    MEMORY_ROW("too much by realloc", POOL_JOB_REALLOC),
    MEMORY_ROW("too much by aligned_alloc", POOL_JOB_ALIGNED),
    MEMORY_ROW("too much by posix_memalign", POOL_JOB_POSIX_ALIGNED),
    MEMORY_ROW("too much by the C library", POOL_JOB_STRING),
    MEMORY_ROW("too much by ourselves", POOL_JOB_OURS),
    MEMORY_ROW("too much in small pieces", POOL_JOB_BY_AND_BY),
    MEMORY_ROW("too much in a thread", POOL_JOB_IN_THREAD),
    MEMORY_ROW("too much by threads' stacks", POOL_JOB_THREADS),
};

static pid_t parent_of(pid_t process)
{
    char path[64], line[512] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    (void)!fgets(line, sizeof line, file);
    (void)fclose(file);
    const char *name_end = strrchr(line, ')');
    return name_end ? (pid_t)strtol(name_end + 3, NULL, 10) : 0; /* ") S PARENT" */
}

static void names_ends(void)
{
    struct worker_pool *pool = open_pool(TIMEOUT_MS, true);
    pid_t first_process = parent_of(check_works(pool));
    TEXT_CLEANUP struct text why = {0};
    struct pool_answer answer;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s: %s", rows[i].behaviour, status_name(rows[i].status));
        bool aborts = rows[i].kind == POOL_JOB_CRASH || rows[i].kind == POOL_JOB_ABORT;
        if (SANDBOX_SANITIZED && (rows[i].is_about_memory || aborts)) {
            check_skip("a sanitizer leaves no limit on memory, and ends a crash its own way");
            continue;
        }
        CHECK_INT(do_job(pool, rows[i].kind, &answer, &why), rows[i].status);
        CHECK_STR(text_get(&why), rows[i].why);
        if (!CHECK(strstr(text_get(&told), rows[i].told) && (told.length > 0) == (rows[i].told[0] != '\0')))
            (void)printf("# told: %s\n", text_get(&told));
        CHECK_INT(parent_of(check_works(pool)), first_process);
    }
    worker_pool_close(pool);
}

static void gives_up_waiting(void)
{
    struct worker_pool *pool = open_pool(SHORT_MS, true);
    TEXT_CLEANUP struct text why = {0};
    struct pool_answer answer;
    CHECK_INT(do_job(pool, POOL_JOB_WAIT, &answer, &why), STATUS_TIMEOUT);
    CHECK_STR(text_get(&why), "For people: timeout.");
    CHECK(strstr(text_get(&told), "took longer than 0.3 seconds"));
    (void)check_works(pool);
    worker_pool_close(pool);
}

/* A job under way in a thread of its own. */
struct task {
    pthread_t thread;
    struct worker_pool *pool;
    enum status status;
    struct text why;
};

static void *run_task(void *data)
{
    struct task *task = data;
    struct pool_answer answer;
    task->status = do_job(task->pool, POOL_JOB_WAIT, &answer, &task->why);
    return NULL;
}

/* Whether the process sleeps in a system call that waits: it has begun with its job. */
static bool is_asleep(pid_t process)
{
    char path[64], line[64] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/wchan", (int)process);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    (void)!fgets(line, sizeof line, file);
    (void)fclose(file);
    return strstr(line, "nanosleep") != NULL;
}

static void tells_whose_doing_it_was(void)
{
    static const struct {
        const char *behaviour;
        int signal;
        enum status status;
        const char *why;
    } outside[] = {
        {"killed from outside: ours", SIGKILL, STATUS_UNAVAILABLE, "killed from outside"},
        {"out of processor time: the job's", SIGXCPU, STATUS_TIMEOUT, "used up its CPU time"},
    };
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        check_case("%s", outside[i].behaviour);
        struct task task = {.pool = open_pool(TIMEOUT_MS, false)};
        pid_t worker = check_works(task.pool);
        CHECK_INT(pthread_create(&task.thread, NULL, run_task, &task), 0);
        while (!is_asleep(worker))
            (void)usleep(1000);
        CHECK_INT(kill(worker, outside[i].signal), 0);
        (void)pthread_join(task.thread, NULL);
        CHECK_INT(task.status, outside[i].status);
        CHECK(strstr(text_get(&task.why), outside[i].why));
        CHECK_STR(text_get(&told), text_get(&task.why));
        CHECK(check_works(task.pool) != worker);
        text_release(&task.why);
        worker_pool_close(task.pool);
    }
}

CHECK_MAIN({"every end has its status, and the next job is done", names_ends},
           {"a job that takes too long is given up", gives_up_waiting},
           {"an end from outside is told apart", tells_whose_doing_it_was})
