#include "server_script.h"

#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    char line[512]; /* that it said: "ready WORDS" or "skip REASON" */
    int input;      /* it ends when this is closed */
    pid_t pid;
} server;

static void stop(void)
{
    (void)close(server.input);
    (void)waitpid(server.pid, NULL, 0);
}

/* Returns its output. */
static FILE *start(const char *script)
{
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
        return NULL;
    server.pid = fork();
    if (server.pid == 0) {
        (void)dup2(input[0], STDIN_FILENO);
        (void)dup2(output[1], STDOUT_FILENO);
        (void)unsetenv("LD_PRELOAD");
        (void)execl(script, script, (char *)NULL);
        _exit(127);
    }
    (void)close(input[0]);
    (void)close(output[1]);
    server.input = input[1];
    (void)atexit(stop);
    return fdopen(output[0], "r");
}

static void read_line(FILE *output)
{
    if (!output || !fgets(server.line, sizeof server.line, output))
        (void)snprintf(server.line, sizeof server.line, "failed without a word");
    server.line[strcspn(server.line, "\n")] = '\0';
    if (output)
        (void)fclose(output);
}

const char *server_script_get(const char *script)
{
    static const char ready[] = "ready ", skip[] = "skip ";
    if (!server.line[0])
        read_line(start(script));
    if (strncmp(server.line, ready, strlen(ready)) == 0)
        return server.line + strlen(ready);
    if (strncmp(server.line, skip, strlen(skip)) == 0)
        check_skip("%s", server.line + strlen(skip));
    else
        CHECK_STR(server.line, ready);
    return NULL;
}
