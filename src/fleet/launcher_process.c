/* An instance that is a process of this machine: `cloudphotos serve`, in a session of its own, so that
 * it lives on when the fleet is killed. */
#include "cgroup.h"
#include "launcher.h"
#include "zone.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS = 256 };

static bool has_limits(const struct instance_limits *limits)
{
    return limits->cpu_percent > 0 || limits->memory_bytes > 0;
}

static enum status check(const struct launcher_settings *settings, struct text *why)
{
    return has_limits(&settings->limits) ? cgroup_check(why) : STATUS_OK;
}

static void fill_arguments(const struct launcher_settings *settings, const struct instance *instance,
                           const char *ret[static ARGUMENTS])
{
    static const char *const first[] = {"cloudphotos", "serve", "--listen"};
    size_t count = 0;
    for (; count < sizeof first / sizeof first[0]; count++)
        ret[count] = first[count];
    ret[count++] = instance->address;
    for (size_t i = 0; settings->arguments[i] && count < ARGUMENTS - 1; i++)
        ret[count++] = settings->arguments[i];
    ret[count] = NULL;
}

/* In the child: only what may be called there. */
static void become(const char *program, const char *const *arguments, int log, int network,
                   const struct cgroup_entry *groups)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    cgroup_enter(groups);
    int input = open("/dev/null", O_RDONLY);
    if (setsid() < 0 || (network >= 0 && setns(network, CLONE_NEWNET) != 0) || dup2(input, STDIN_FILENO) < 0
        || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
        _exit(127);
    (void)execv(program, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static int open_log(const struct launcher_settings *settings, const struct instance *instance)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/instances/%s.log", settings->run_folder, instance->name);
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static enum status spawn(const struct launcher_settings *settings, struct instance *instance, int network,
                         const struct cgroup_entry *groups, struct text *why)
{
    const char *arguments[ARGUMENTS];
    fill_arguments(settings, instance, arguments);
    int log = open_log(settings, instance);
    pid_t child = log >= 0 ? fork() : -1;
    if (child == 0)
        become(settings->program, arguments, log, network, groups);
    int error = errno;
    if (log >= 0)
        (void)close(log);
    if (child < 0) {
        text_setf(why, "%s can't be started: %s", instance->name, strerror(error));
        return STATUS_UNAVAILABLE;
    }
    instance->pid = child;
    instance->begun = process_begun(child);
    return STATUS_OK;
}

static enum status start(const struct launcher_settings *settings, const struct zone *zone, struct instance *instance,
                         struct text *why)
{
    struct cgroup_entry groups = {{-1, -1}};
    int network;
    enum status status = zone_open_network(zone, &network, why);
    if (status == STATUS_OK)
        status = zone_find_port(zone, network, instance->address, why);
    if (status == STATUS_OK && has_limits(&settings->limits)) {
        status = cgroup_make(instance->name, &settings->limits, why);
        if (status == STATUS_OK)
            status = cgroup_open(instance->name, &groups, why);
    }
    if (status == STATUS_OK)
        status = spawn(settings, instance, network, &groups, why);
    cgroup_close(&groups);
    if (network >= 0)
        (void)close(network);
    return status;
}

static bool runs(const struct instance *instance)
{
    (void)waitpid(instance->pid, NULL, WNOHANG); /* of another fleet's child there is nothing to collect */
    return process_is(instance->pid, instance->begun);
}

static void stop(const struct launcher_settings *settings, const struct instance *instance, bool now)
{
    (void)settings;
    if (process_is(instance->pid, instance->begun))
        (void)kill(instance->pid, now ? SIGKILL : SIGTERM);
}

static void clean_up(const struct launcher_settings *settings, const struct instance *instance)
{
    if (has_limits(&settings->limits))
        cgroup_remove(instance->name);
}

const struct launcher_ops launcher_process = {
    .name = "process", .check = check, .start = start, .runs = runs, .stop = stop, .clean_up = clean_up};
