#include "postgres_server.h"

#include "check.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    char address[128]; /* without a database */
    char fault[256];   /* why there is none */
    int input;         /* the server ends when it is closed */
    pid_t pid;
    PGconn *connection;
    int databases;
} server;

static void stop(void)
{
    PQfinish(server.connection);
    (void)close(server.input);
    (void)waitpid(server.pid, NULL, 0);
}

static FILE *start(void)
{
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
        return NULL;
    server.pid = fork();
    if (server.pid == 0) {
        (void)dup2(input[0], STDIN_FILENO);
        (void)dup2(output[1], STDOUT_FILENO);
        (void)unsetenv("LD_PRELOAD");
        (void)execl(POSTGRES_SERVER, POSTGRES_SERVER, (char *)NULL);
        _exit(127);
    }
    (void)close(input[0]);
    (void)close(output[1]);
    server.input = input[1];
    (void)atexit(stop);
    return fdopen(output[0], "r");
}

static void read_ready(FILE *output)
{
    char line[256] = "";
    bool has_line = output && fgets(line, sizeof line, output);
    line[strcspn(line, "\n")] = '\0';
    if (!has_line || sscanf(line, "ready %127s", server.address) != 1) {
        CHECK(strncmp(line, "skip ", 5) == 0);
        (void)snprintf(server.fault, sizeof server.fault, "%s", line);
        return;
    }
    TEXT_CLEANUP struct text address = {0};
    text_addf(&address, "%s/postgres", server.address);
    server.connection = PQconnectdb(text_get(&address));
    if (!CHECK_INT(PQstatus(server.connection), CONNECTION_OK))
        (void)snprintf(server.fault, sizeof server.fault, "%s", PQerrorMessage(server.connection));
}

bool postgres_server_make_database(struct text *out, struct text *why)
{
    static bool is_tried;
    char sql[64];
    if (!is_tried)
        read_ready(start());
    is_tried = true;
    if (server.fault[0]) {
        text_setf(why, "there is no PostgreSQL: %s", server.fault);
        return false;
    }
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE test%d TEMPLATE template0", ++server.databases);
    PGresult *result = PQexec(server.connection, sql);
    bool is_made = CHECK_INT(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    text_addf(out, "%s/test%d", server.address, server.databases);
    return is_made;
}
