/* A real PostgreSQL server for a test program, which ends with it: tests/postgres-server. */
#ifndef POSTGRES_SERVER_H
#define POSTGRES_SERVER_H

#include "text.h"

#include <stdbool.h>

/* Appends the address of a new, empty database. False: there can be none, and the running case is skipped or has
 * failed. */
bool postgres_server_make_database(struct text *out);

#endif
