#include "balancer_private.h"

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const struct back_end back_ends[BACK_ENDS] = {
    {.name = "requests", .is_checked = true, .is_bounded = true, .settings = ""},
    {.name = "uploads", .settings = ""},
    /* The server says something every 15 s; a connection that is silent for longer is dead. */
    {.name = "streams", .settings = "    timeout server 90s\n"},
};

struct balancer *balancer_new(const struct balancer_settings *settings)
{
    struct balancer *balancer = NEW(struct balancer);
    balancer->settings = *settings;
    text_addf(&balancer->socket, "%s/haproxy.sock", settings->run_folder);
    text_addf(&balancer->configuration, "%s/haproxy.cfg", settings->run_folder);
    text_addf(&balancer->pid_file, "%s/haproxy.pid", settings->run_folder);
    return balancer;
}

void balancer_free(struct balancer *balancer)
{
    if (!balancer)
        return;
    text_release(&balancer->socket);
    text_release(&balancer->configuration);
    text_release(&balancer->pid_file);
    free(balancer);
}

void back_end_options(const struct balancer *balancer, const struct back_end *back_end, int weight, struct text *out)
{
    text_addf(out, " weight %d", weight);
    if (back_end->is_bounded)
        text_addf(out, " maxconn %lld", (long long)balancer->settings.max_requests);
    if (back_end->is_checked)
        text_addf(out, " check inter %lldms fall 2 rise 1 observe layer7 error-limit 10 on-error mark-down",
                  (long long)balancer->settings.check_interval_ms);
}

static enum status write_configuration(const struct balancer *balancer, const struct balancer_server *servers,
                                       size_t count, struct text *why)
{
    TEXT_CLEANUP struct text content = {0};
    balancer_configuration(balancer, servers, count, &content);
    FILE *file = fopen(text_get(&balancer->configuration), "we");
    bool written = file && fwrite(text_get(&content), 1, content.length, file) == content.length;
    if (file && fclose(file) != 0)
        written = false;
    if (written)
        return STATUS_OK;
    text_setf(why, "%s can't be written: %s", text_get(&balancer->configuration), strerror(errno));
    return status_from_errno(errno);
}

/* HAProxy with -D checks the file, binds its ports, says what is wrong on standard error and ends, or leaves a process
 * behind and ends with 0. */
static enum status run(const struct balancer *balancer, struct text *ret_said, struct text *why)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        text_setf(why, "HAProxy can't be started: %s", strerror(errno));
        return status_from_errno(errno);
    }
    const char *const arguments[] = {
        "haproxy", "-D", "-f", text_get(&balancer->configuration), "-p", text_get(&balancer->pid_file), NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int error = posix_spawn_file_actions_init(&actions), ended = 0;
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    if (!error)
        error = posix_spawnp(&child, "haproxy", &actions, NULL, (char *const *)(uintptr_t)arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    char buffer[4096];
    for (ssize_t got; !error && (got = read(ends[0], buffer, sizeof buffer)) > 0;)
        text_append(ret_said, buffer, (size_t)got);
    (void)close(ends[0]);
    if (error) {
        text_setf(why,
                  error == ENOENT ? "HAProxy isn't installed; install the package haproxy"
                                  : "HAProxy can't be started: %s",
                  strerror(error));
        return STATUS_UNAVAILABLE;
    }
    return waitpid(child, &ended, 0) == child && WIFEXITED(ended) && WEXITSTATUS(ended) == 0 ? STATUS_OK
                                                                                             : STATUS_UNAVAILABLE;
}

/* Of its lines the first alert, without what stands before it: "[ALERT]    (7380) : config : …". */
static void explain(const char *said, struct text *why)
{
    const char *alert = strstr(said, "[ALERT]"), *begin = alert ? strstr(alert, ") : ") : NULL;
    begin = begin ? begin + strlen(") : ") : said;
    text_setf(why, "HAProxy doesn't start: %.*s", (int)strcspn(begin, "\n"), begin);
}

enum status balancer_start(struct balancer *balancer, const struct balancer_server *servers, size_t count,
                           pid_t *ret_pid, struct text *why)
{
    TEXT_CLEANUP struct text said = {0};
    enum status status = write_configuration(balancer, servers, count, why);
    if (status != STATUS_OK)
        return status;
    status = run(balancer, &said, why);
    if (status == STATUS_OK && balancer_runs(balancer, ret_pid))
        return STATUS_OK;
    if (said.length > 0)
        explain(text_get(&said), why);
    return STATUS_UNAVAILABLE;
}

bool balancer_runs(struct balancer *balancer, pid_t *ret_pid)
{
    TEXT_CLEANUP struct text answer = {0}, why = {0};
    if (haproxy_ask(text_get(&balancer->socket), "show info", &answer, &why) != STATUS_OK)
        return false;
    const char *line = strstr(text_get(&answer), "\nPid: ");
    *ret_pid = line ? (pid_t)strtol(line + strlen("\nPid: "), NULL, 10) : 0;
    return *ret_pid > 0;
}

enum status balancer_view(struct balancer *balancer, struct balancer_view *ret_view, struct text *why)
{
    TEXT_CLEANUP struct text answer = {0};
    enum status status = haproxy_ask(text_get(&balancer->socket), "show stat", &answer, why);
    return status == STATUS_OK ? haproxy_read_stat(text_get(&answer), ret_view, why) : status;
}

/* A command that says nothing, or one of these, has done its work. */
static enum status tell(struct balancer *balancer, const char *command, const char *fine, struct text *why)
{
    TEXT_CLEANUP struct text answer = {0};
    enum status status = haproxy_ask(text_get(&balancer->socket), command, &answer, why);
    if (status != STATUS_OK || answer.length == 0 || (fine && strstr(text_get(&answer), fine)))
        return status;
    text_setf(why, "HAProxy says to \"%s\": %s", command, text_get(&answer));
    return STATUS_CONFLICT;
}

/* In each back end. */
static enum status set_state(struct balancer *balancer, const char *name, const char *state, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < BACK_ENDS; i++) {
        TEXT_CLEANUP struct text command = {0};
        text_addf(&command, "set server %s/%s state %s", back_ends[i].name, name, state);
        status = tell(balancer, text_get(&command), NULL, why);
    }
    return status;
}

static enum status add_to(struct balancer *balancer, const struct back_end *back_end,
                          const struct balancer_server *server, struct text *why)
{
    TEXT_CLEANUP struct text add = {0}, check = {0};
    text_addf(&add, "add server %s/%s %s", back_end->name, server->name, server->address);
    back_end_options(balancer, back_end, server->weight, &add);
    enum status status = tell(balancer, text_get(&add), "New server registered", why);
    if (status == STATUS_CONFLICT && strstr(text_get(why), "Already exists"))
        return STATUS_OK;
    text_addf(&check, "enable health %s/%s", back_end->name, server->name);
    return status == STATUS_OK && back_end->is_checked ? tell(balancer, text_get(&check), NULL, why) : status;
}

enum status balancer_add(struct balancer *balancer, const struct balancer_server *server, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < BACK_ENDS; i++)
        status = add_to(balancer, &back_ends[i], server, why);
    if (status == STATUS_OK)
        status = balancer_set_weight(balancer, server->name, server->weight, why);
    return status == STATUS_OK ? set_state(balancer, server->name, "ready", why) : status;
}

enum status balancer_set_weight(struct balancer *balancer, const char *name, int weight, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < BACK_ENDS; i++) {
        TEXT_CLEANUP struct text command = {0};
        text_addf(&command, "set server %s/%s weight %d", back_ends[i].name, name, weight);
        status = tell(balancer, text_get(&command), NULL, why);
    }
    return status;
}

enum status balancer_drain(struct balancer *balancer, const char *name, struct text *why)
{
    return set_state(balancer, name, "drain", why);
}

enum status balancer_stop(struct balancer *balancer, const char *name, struct text *why)
{
    return set_state(balancer, name, "maint", why);
}

enum status balancer_cut(struct balancer *balancer, const char *name, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < BACK_ENDS; i++) {
        TEXT_CLEANUP struct text command = {0};
        text_addf(&command, "shutdown sessions server %s/%s", back_ends[i].name, name);
        if (!back_ends[i].is_bounded)
            status = tell(balancer, text_get(&command), NULL, why);
    }
    return status;
}

enum status balancer_remove(struct balancer *balancer, const char *name, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < BACK_ENDS; i++) {
        TEXT_CLEANUP struct text maint = {0}, command = {0};
        text_addf(&maint, "set server %s/%s state maint", back_ends[i].name, name);
        text_addf(&command, "del server %s/%s", back_ends[i].name, name);
        status = tell(balancer, text_get(&maint), "No such server", why);
        if (status == STATUS_OK)
            status = tell(balancer, text_get(&command), "Server deleted", why);
        if (status == STATUS_CONFLICT && strstr(text_get(why), "No such server"))
            status = STATUS_OK;
        else if (status == STATUS_CONFLICT)
            status = STATUS_BUSY;
    }
    return status;
}
