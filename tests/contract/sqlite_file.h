/* A database in a file of the test's own, as its store and past that. */
#ifndef SQLITE_FILE_H
#define SQLITE_FILE_H

#include "store.h"

enum { SQLITE_PATH_SIZE = 200 };

void sqlite_new_path(char ret_path[static SQLITE_PATH_SIZE]);
/* NULL unless it opens; the sentence of a refusal has to name the file. */
struct store *sqlite_open_path(const char *path, enum status expected, struct text *reason);
/* By SQLite itself. */
void sqlite_execute(const char *path, const char *sql);

#endif
