#include "postgres_server.h"

#include "check.h"
#include "server_script.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void postgres_server_execute(const char *address, const char *sql)
{
    PGconn *connection = PQconnectdb(address);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType kind = PQresultStatus(result);
    if (!CHECK(kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK))
        printf("# %s", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}

bool postgres_server_is_pooled(void)
{
    return getenv("CLOUDPHOTOS_TEST_PGBOUNCER") != NULL;
}

/* Appends the addresses of the server itself, and of what is before it. */
static bool find_server(struct text *direct, struct text *out)
{
    const char *words = server_script_get(postgres_server_is_pooled() ? PGBOUNCER_SERVER : POSTGRES_SERVER);
    if (!words)
        return false;
    size_t length = strcspn(words, " ");
    text_append(direct, words, length);
    const char *last = words[length] ? words + length + 1 : words;
    text_append(out, last, strcspn(last, " "));
    return true;
}

bool postgres_server_make_database(struct text *out)
{
    static int databases;
    char sql[64];
    TEXT_CLEANUP struct text direct = {0};
    if (!find_server(&direct, out))
        return false;
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE test%d TEMPLATE template0", ++databases);
    text_add(&direct, "/postgres");
    postgres_server_execute(text_get(&direct), sql);
    text_addf(out, "/test%d", databases);
    return true;
}
