#include "control.h"

#include "memory.h"
#include "unix_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 256, BACKLOG = 8, PATIENCE_MS = 1000 };

struct control {
    int fd;
    struct text path;
};

static enum status status_command(struct fleet *fleet, const char *word, struct text *out, struct text *why)
{
    (void)word;
    (void)why;
    fleet_describe(fleet, out);
    return STATUS_OK;
}

static enum status drain_command(struct fleet *fleet, const char *word, struct text *out, struct text *why)
{
    enum status status = fleet_drain(fleet, word, why);
    if (status == STATUS_OK)
        text_addf(out, "%s gets no new requests; it ends when those in work are done.", word);
    return status;
}

static enum status rolling_restart_command(struct fleet *fleet, const char *word, struct text *out, struct text *why)
{
    (void)word;
    (void)why;
    fleet_rolling_restart(fleet);
    text_add(out,
             "Each instance is replaced by a new one, one after the other; follow it by `cloudphotos fleet status`.");
    return STATUS_OK;
}

static const struct {
    const char *name;
    enum status (*run)(struct fleet *fleet, const char *word, struct text *out, struct text *why);
} commands[] = {{"status", status_command}, {"drain", drain_command}, {"rolling-restart", rolling_restart_command}};

enum status control_open(const char *run_folder, struct control **ret_control, struct text *why)
{
    struct control *control = NEW(struct control);
    text_addf(&control->path, "%s/fleet.sock", run_folder);
    (void)unlink(text_get(&control->path));
    enum status status = unix_socket_listen(text_get(&control->path), BACKLOG, &control->fd, why);
    if (status == STATUS_OK) {
        *ret_control = control;
        return STATUS_OK;
    }
    text_release(&control->path);
    free(control);
    return status;
}

void control_close(struct control *control)
{
    if (!control)
        return;
    (void)unlink(text_get(&control->path));
    (void)close(control->fd);
    text_release(&control->path);
    free(control);
}

int control_fd(const struct control *control)
{
    return control->fd;
}

/* "NAME WORD": the answer is "ok" or the name of a status, a line break, and what is to be said. */
static void answer_line(struct fleet *fleet, char *line, struct text *out)
{
    TEXT_CLEANUP struct text said = {0}, why = {0};
    line[strcspn(line, "\n")] = '\0';
    char *word = strchr(line, ' ');
    if (word)
        *word++ = '\0';
    enum status status = STATUS_INVALID;
    text_setf(&why, "there is no command \"%s\"", line);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, line) == 0)
            status = commands[i].run(fleet, word ? word : "", &said, &why);
    text_addf(out, "%s\n%s\n", status_name(status), text_get(status == STATUS_OK ? &said : &why));
}

void control_serve(struct control *control, struct fleet *fleet)
{
    TEXT_CLEANUP struct text answer = {0};
    char line[LINE];
    int client = accept(control->fd, NULL, NULL);
    if (client < 0)
        return;
    if (unix_socket_set_patience(client, PATIENCE_MS) && unix_socket_read_line(client, line, sizeof line)) {
        answer_line(fleet, line, &answer);
        (void)unix_socket_send(client, text_get(&answer), answer.length);
    }
    (void)close(client);
}

static enum status find_status(const char *name, size_t length)
{
    for (int i = STATUS_OK; i <= STATUS_INTERNAL; i++)
        if (strlen(status_name((enum status)i)) == length && memcmp(status_name((enum status)i), name, length) == 0)
            return (enum status)i;
    return STATUS_INTERNAL;
}

enum status control_ask(const char *run_folder, const char *command, struct text *ret_answer, struct text *why)
{
    TEXT_CLEANUP struct text path = {0}, answer = {0};
    text_addf(&path, "%s/fleet.sock", run_folder);
    enum status status = unix_socket_ask(text_get(&path), command, &answer, why);
    if (status != STATUS_OK) {
        text_setf(why, "no fleet answers in the run folder %s; name the one you started with --run", run_folder);
        return STATUS_UNAVAILABLE;
    }
    size_t head = strcspn(text_get(&answer), "\n");
    status = find_status(text_get(&answer), head);
    text_setf(status == STATUS_OK ? ret_answer : why, "%s", text_get(&answer) + head + (head < answer.length));
    return status;
}
