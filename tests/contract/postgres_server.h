/* A real PostgreSQL server for a test program, which ends with it: tests/postgres-server. */
#ifndef POSTGRES_SERVER_H
#define POSTGRES_SERVER_H

#include "text.h"

#include <stdbool.h>

/* Appends the address of a new, empty database on the server, which is started once for the program; false, with the
 * reason, where it can't be. */
bool postgres_server_make_database(struct text *out, struct text *why);

#endif
