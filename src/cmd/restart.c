#include "restart.h"

#include "clock.h"
#include "memory.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARK      "CLOUDPHOTOS_RESTARTED"
#define NS_PER_MS INT64_C(1000000)

/* All that the handler needs; it can't allocate. */
static struct {
    char **arguments;
    int64_t started_ns;
    bool is_restart;
} self;

/* As it was started: proc(5). NULL when that can't be read. */
static char **read_arguments(void)
{
    struct text line = {0};
    char buffer[4096];
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    for (ssize_t count; file >= 0 && (count = read(file, buffer, sizeof buffer)) > 0;)
        text_append(&line, buffer, (size_t)count);
    if (file >= 0)
        (void)close(file);
    size_t count = 0, length = line.length;
    for (size_t i = 0; i < length; i++)
        count += line.data[i] == '\0';
    char **arguments = count ? NEW_ARRAY(count + 1, char *) : NULL,
         *at = text_take(&line); /* both for as long as the process */
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
        arguments[i] = at;
    return arguments;
}

static void say(const char *sentence)
{
    ssize_t written = write(STDERR_FILENO, sentence, strlen(sentence));
    (void)written;
}

/* Within a handler: only what may be called there. */
static void begin_anew(int number)
{
    struct timespec now = {0};
    sigset_t bus;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t age_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec - self.started_ns;
    if (self.is_restart && age_ns < RESTART_PAUSE_MS * NS_PER_MS) {
        say("cloudphotos: a database file was truncated while in use, and again right after the restart. "
            "Find out what else writes to the data folder, and check its disk.\n");
        _exit(1);
    }
    say("cloudphotos: a database file was truncated while in use. Restarting.\n");
    (void)sigemptyset(&bus);
    (void)sigaddset(&bus, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &bus, NULL);
    /* Nothing is closed before the new program is there: another thread could write to a file of the same number. */
    (void)syscall(SYS_close_range, STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    (void)execve("/proc/self/exe", self.arguments, environ);
    _exit(1);
}

/* They end when they see that nobody is there any more. */
static void wait_for_children(void)
{
    enum { STEP_MS = 10, PATIENCE_MS = 5000 };
    for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        pid_t child = waitpid(-1, NULL, WNOHANG);
        if (child < 0 && errno == ECHILD)
            return;
        if (child == 0)
            (void)nanosleep(&(struct timespec){.tv_nsec = STEP_MS * NS_PER_MS}, NULL);
    }
}

void restart_on_cut_files(void)
{
    struct sigaction action = {.sa_handler = begin_anew};
    self.arguments = read_arguments();
    self.started_ns = clock_monotonic_ns();
    self.is_restart = getenv(MARK) != NULL;
    if (self.is_restart)
        wait_for_children();
    if (self.arguments && setenv(MARK, "yes", 1) == 0)
        (void)sigaction(SIGBUS, &action, NULL);
}
