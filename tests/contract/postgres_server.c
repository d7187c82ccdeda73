#include "postgres_server.h"

#include "check.h"
#include "server_script.h"

#include <libpq-fe.h>
#include <stdio.h>

/* Which is kept until the program ends. */
static PGconn *connect_to(const char *server)
{
    static PGconn *connection;
    TEXT_CLEANUP struct text address = {0};
    text_addf(&address, "%s/postgres", server);
    if (!connection)
        connection = PQconnectdb(text_get(&address));
    return connection;
}

bool postgres_server_make_database(struct text *out)
{
    static int databases;
    char sql[64];
    const char *server = server_script_get(POSTGRES_SERVER);
    if (!server)
        return false;
    PGconn *connection = connect_to(server);
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE test%d TEMPLATE template0", ++databases);
    PGresult *result = PQexec(connection, sql);
    bool is_made = CHECK_INT(PQresultStatus(result), PGRES_COMMAND_OK);
    if (!is_made)
        printf("# %s", PQerrorMessage(connection));
    PQclear(result);
    text_addf(out, "%s/test%d", server, databases);
    return is_made;
}
