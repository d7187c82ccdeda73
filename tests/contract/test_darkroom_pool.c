/* The pool: a worker that is killed, hangs or runs over a limit costs one photo and is replaced; threads wait their
 * turn; and when the server goes, all goes. */
#include "check.h"
#include "clock.h"
#include "image_fixture.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES_MAX = 16, THREADS = 6, PHOTOS_EACH = 4, PATIENCE_MS = 20000 };

static pid_t parent_of(pid_t process)
{
    char path[64], line[512] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    char *read = fgets(line, sizeof line, file);
    (void)fclose(file);
    const char *name_end = read ? strrchr(line, ')') : NULL;
    return name_end ? (pid_t)strtol(name_end + 3, NULL, 10) : 0; /* ") S PARENT" */
}

static size_t children_of(pid_t parent, pid_t *ret_children, size_t room)
{
    size_t count = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        pid_t process = (pid_t)strtol(entry->d_name, NULL, 10);
        if (process > 0 && parent_of(process) == parent && count < room)
            ret_children[count++] = process;
    }
    if (processes)
        (void)closedir(processes);
    return count;
}

struct processes {
    pid_t first, workers[PROCESSES_MAX];
    size_t count;
};

/* This program's darkroom: its only child, and the children of that. */
static struct processes find_processes(void)
{
    struct processes found = {0};
    CHECK_INT(children_of(getpid(), &found.first, 1), 1);
    found.count = children_of(found.first, found.workers, PROCESSES_MAX);
    return found;
}

static int open_process(pid_t process)
{
    return (int)syscall(SYS_pidfd_open, process, 0);
}

/* Whether the process behind the descriptor ends in time. */
static bool ends(int process)
{
    struct pollfd wait = {.fd = process, .events = POLLIN};
    bool ended = poll(&wait, 1, PATIENCE_MS) == 1;
    close(process);
    return ended;
}

/* A photo under way in a thread of its own. */
struct task {
    pthread_t thread;
    struct darkroom *darkroom;
    struct bytes file;
    struct developed developed;
};

static void *run_task(void *data)
{
    struct task *task = data;
    task->developed = develop(task->darkroom, task->file.data, task->file.size);
    return NULL;
}

static void task_start(struct task *task, struct darkroom *darkroom, const char *sample)
{
    *task = (struct task){.darkroom = darkroom, .file = sample_read(sample)};
    CHECK_INT(pthread_create(&task->thread, NULL, run_task, task), 0);
}

static void task_join(struct task *task)
{
    (void)pthread_join(task->thread, NULL);
    bytes_release(&task->file);
}

static void check_works(struct darkroom *darkroom)
{
    struct bytes file = sample_read("plain.jpg");
    struct developed developed = develop(darkroom, file.data, file.size);
    CHECK_STR(text_get(&developed.why), "");
    CHECK_INT(developed.status, STATUS_OK);
    developed_release(&developed);
    bytes_release(&file);
}

static void await_busy(const struct darkroom *darkroom)
{
    struct darkroom_stats stats;
    do {
        darkroom_get_stats(darkroom, &stats);
        (void)sched_yield();
    } while (stats.busy == 0);
}

static struct darkroom *open_with_one(int64_t timeout_ms)
{
    struct darkroom_settings settings = fixture_settings();
    settings.processes = 1;
    settings.timeout_ms = timeout_ms;
    return fixture_open(&settings);
}

/* The worker is stopped before the photo comes, so that the photo is surely in its hands when it dies. */
static void replaces_killed_worker(void)
{
    struct darkroom *darkroom = open_with_one(PATIENCE_MS);
    struct processes before = find_processes();
    CHECK_INT(before.count, 1);
    CHECK_INT(kill(before.workers[0], SIGSTOP), 0);
    struct task task;
    task_start(&task, darkroom, "plain.jpg");
    await_busy(darkroom);
    struct darkroom_stats stats;
    int64_t start = clock_monotonic_ns();
    CHECK_INT(kill(before.workers[0], SIGKILL), 0);
    task_join(&task);
    CHECK(clock_monotonic_ns() - start < (int64_t)PATIENCE_MS * 1000000 / 2);
    /* Unless the photo was not sent yet: then it never was in danger. */
    CHECK(task.developed.status == STATUS_UNAVAILABLE
              ? strstr(text_get(&task.developed.why), "killed from outside") != NULL
              : task.developed.status == STATUS_OK);
    developed_release(&task.developed);
    darkroom_get_stats(darkroom, &stats);
    CHECK_INT(stats.restarts, 1);
    check_works(darkroom);
    darkroom_close(darkroom);
}

static void replaces_idle_worker(void)
{
    struct darkroom *darkroom = open_with_one(PATIENCE_MS);
    struct processes before = find_processes();
    int worker = open_process(before.workers[0]);
    CHECK_INT(kill(before.workers[0], SIGKILL), 0);
    CHECK(ends(worker));
    check_works(darkroom);
    darkroom_close(darkroom);
}

static void ends_slow_photo(void)
{
    struct darkroom *darkroom = open_with_one(300);
    struct processes before = find_processes();
    CHECK_INT(kill(before.workers[0], SIGSTOP), 0); /* as good as an endless loop */
    struct bytes file = sample_read("plain.jpg");
    struct developed developed = develop(darkroom, file.data, file.size);
    CHECK_INT(developed.status, STATUS_TIMEOUT);
    CHECK_STR(text_get(&developed.why), "This photo takes too long to read. Export it again, or smaller.");
    developed_release(&developed);
    bytes_release(&file);
    darkroom_close(darkroom);
}

static void restarts_first_process(void)
{
    struct darkroom *darkroom = open_with_one(PATIENCE_MS);
    struct processes before = find_processes();
    int worker = open_process(before.workers[0]), first = open_process(before.first);
    CHECK_INT(kill(before.first, SIGKILL), 0);
    CHECK(ends(first));
    CHECK(ends(worker));
    check_works(darkroom);
    darkroom_close(darkroom);
}

static void *develop_some(void *data)
{
    struct darkroom *darkroom = data;
    for (unsigned i = 0; i < PHOTOS_EACH; i++)
        check_works(darkroom);
    return NULL;
}

static void serves_threads(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, develop_some, darkroom), 0);
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    struct darkroom_stats stats;
    darkroom_get_stats(darkroom, &stats);
    CHECK_INT(stats.developed, THREADS * PHOTOS_EACH);
    CHECK_INT(stats.restarts, 0);
    CHECK_INT(stats.busy, 0);
    CHECK_INT(stats.processes, settings.processes);
    darkroom_close(darkroom);
}

/* A server of its own in a child: killed, it can't tell anybody. */
static void ends_with_the_server(void)
{
    int told[2];
    CHECK_INT(pipe(told), 0);
    pid_t server = fork();
    if (server == 0) {
        struct darkroom_settings settings = fixture_settings();
        (void)fixture_open(&settings);
        (void)!write(told[1], "", 1);
        for (;;)
            (void)pause();
    }
    char byte;
    CHECK_INT(read(told[0], &byte, 1), 1);
    pid_t first = 0, workers[PROCESSES_MAX];
    CHECK_INT(children_of(server, &first, 1), 1);
    size_t count = children_of(first, workers, PROCESSES_MAX);
    CHECK_INT(count, 2);
    int handles[PROCESSES_MAX + 1];
    for (size_t i = 0; i < count; i++)
        handles[i] = open_process(workers[i]);
    handles[count] = open_process(first);
    CHECK_INT(kill(server, SIGKILL), 0);
    for (size_t i = 0; i <= count; i++)
        CHECK(ends(handles[i]));
    (void)waitpid(server, NULL, 0);
    close(told[0]);
    close(told[1]);
}

static void says_what_is_missing(void)
{
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = NULL;
    TEXT_CLEANUP struct text why = {0};
    settings.program = "/nowhere/cloudphotos-darkroom";
    CHECK_INT(darkroom_open(&settings, &darkroom, &why), STATUS_UNAVAILABLE);
    CHECK(strstr(text_get(&why), "/nowhere/cloudphotos-darkroom can't be started: No such file"));
    CHECK(darkroom == NULL);
    settings.program = "/bin/true";
    CHECK_INT(darkroom_open(&settings, &darkroom, &why), STATUS_UNAVAILABLE);
    CHECK(strstr(text_get(&why), "didn't report that it is ready"));
}

CHECK_MAIN({"a worker killed over a photo costs that photo", replaces_killed_worker},
           {"a worker killed while idle costs nothing", replaces_idle_worker},
           {"a photo that takes too long is given up", ends_slow_photo},
           {"a killed first process is started again", restarts_first_process},
           {"threads wait for a free worker", serves_threads},
           {"processes end with a killed server", ends_with_the_server},
           {"what can't be started is named", says_what_is_missing})
