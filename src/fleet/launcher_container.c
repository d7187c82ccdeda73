/* An instance that is a container, by podman or docker. It shares the machine's network, so that HAProxy reaches it at
 * a port of its own without the engine's proxy between. */
#include "launcher.h"

#include "zone.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS = 288, LINE = 4096 };

/* Runs the engine to its end; what it wrote to standard output is in *ret_said, without the last line break. */
static bool run(const char *const *arguments, struct text *ret_said)
{
    int ends[2], ended = 1;
    posix_spawn_file_actions_t actions;
    pid_t child;
    char buffer[LINE];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    int error = posix_spawn_file_actions_init(&actions);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    if (!error)
        error = posix_spawnp(&child, arguments[0], &actions, NULL, (char *const *)(uintptr_t)arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    for (ssize_t got; !error && (got = read(ends[0], buffer, sizeof buffer)) > 0;)
        text_append(ret_said, buffer, (size_t)got);
    (void)close(ends[0]);
    while (ret_said->length > 0 && ret_said->data[ret_said->length - 1] == '\n')
        ret_said->data[--ret_said->length] = '\0';
    if (error)
        text_setf(ret_said, "%s", strerror(error));
    return !error && waitpid(child, &ended, 0) == child && WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
}

static enum status check(const struct launcher_settings *settings, struct text *why)
{
    const char *const arguments[] = {settings->engine, "image",         "inspect", "--format",
                                     "{{.Id}}",        settings->image, NULL};
    TEXT_CLEANUP struct text said = {0};
    if (run(arguments, &said))
        return STATUS_OK;
    text_setf(why, "%s can't run the image %s: %s. Build it as docs/scaling.md says, or name another with --image",
              settings->engine, settings->image, text_get(&said));
    return STATUS_UNSUPPORTED;
}

struct command {
    const char *words[ARGUMENTS];
    size_t count;
};

static void add_word(struct command *command, const char *word)
{
    if (command->count < ARGUMENTS - 1)
        command->words[command->count++] = word;
}

/* Its main process is one of this machine's, too, whoever started it. */
static bool find_process(const struct launcher_settings *settings, struct instance *instance)
{
    const char *const inspect[] = {settings->engine, "inspect", "--format", "{{.State.Pid}}", instance->name, NULL};
    TEXT_CLEANUP struct text said = {0};
    if (!run(inspect, &said))
        return false;
    instance->pid = (pid_t)strtol(text_get(&said), NULL, 10);
    instance->begun = process_begun(instance->pid);
    return instance->begun > 0;
}

static enum status run_container(const struct launcher_settings *settings, const struct zone *zone,
                                 struct instance *instance, struct text *why)
{
    TEXT_CLEANUP struct text cpu = {0}, memory = {0}, network = {0}, data = {0}, said = {0};
    struct command command = {0};
    text_addf(&cpu, "--cpus=%.2f", settings->limits.cpu_percent / 100.0);
    text_addf(&memory, "--memory=%lldb", (long long)settings->limits.memory_bytes);
    text_addf(&network, zone->network[0] ? "--network=ns:/run/netns/%s" : "--network=host", zone->network);
    text_addf(&data, "--volume=%s:%s", settings->data, settings->data);
    const char *const first[] = {settings->engine, "run",          "--detach",         "--rm",
                                 "--name",         instance->name, text_get(&network), text_get(&data)};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        add_word(&command, first[i]);
    if (settings->limits.cpu_percent)
        add_word(&command, text_get(&cpu));
    if (settings->limits.memory_bytes)
        add_word(&command, text_get(&memory));
    const char *const then[] = {settings->image, "serve", "--listen", instance->address};
    for (size_t i = 0; i < sizeof then / sizeof then[0]; i++)
        add_word(&command, then[i]);
    for (size_t i = 0; settings->arguments[i]; i++)
        add_word(&command, settings->arguments[i]);
    if (run(command.words, &said) && find_process(settings, instance))
        return STATUS_OK;
    text_setf(why, "%s can't start %s: %s", settings->engine, instance->name, text_get(&said));
    return STATUS_UNAVAILABLE;
}

static enum status start(const struct launcher_settings *settings, const struct zone *zone, struct instance *instance,
                         struct text *why)
{
    int namespace;
    enum status status = zone_open_network(zone, &namespace, why);
    if (status != STATUS_OK)
        return status;
    status = zone_find_port(zone, namespace, instance->address, why);
    if (namespace >= 0)
        (void)close(namespace);
    return status == STATUS_OK ? run_container(settings, zone, instance, why) : status;
}

static bool runs(const struct instance *instance)
{
    return process_is(instance->pid, instance->begun);
}

static void stop(const struct launcher_settings *settings, const struct instance *instance, bool now)
{
    const char *const kill[] = {settings->engine, "kill", "--signal", now ? "KILL" : "TERM", instance->name, NULL};
    TEXT_CLEANUP struct text said = {0};
    (void)run(kill, &said); /* one that has ended is gone already */
}

/* `--rm` has removed it. */
static void clean_up(const struct launcher_settings *settings, const struct instance *instance)
{
    (void)settings;
    (void)instance;
}

const struct launcher_ops launcher_container = {
    .name = "container", .check = check, .start = start, .runs = runs, .stop = stop, .clean_up = clean_up};
