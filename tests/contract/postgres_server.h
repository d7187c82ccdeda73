/* A real PostgreSQL server for a test program, which ends with it: tests/postgres-server. With the variable
 * CLOUDPHOTOS_TEST_PGBOUNCER there is a PgBouncer before it: tests/pgbouncer-server. */
#ifndef POSTGRES_SERVER_H
#define POSTGRES_SERVER_H

#include "text.h"

#include <stdbool.h>

/* Appends the address of a new, empty database. False: there can be none, and the running case is skipped or has
 * failed. */
bool postgres_server_make_database(struct text *out);

bool postgres_server_is_pooled(void);
/* A statement, on a connection of its own; it must succeed. */
void postgres_server_execute(const char *address, const char *sql);

#endif
