#include "sqlite_file.h"

#include "store_fixture.h"

#include <sqlite3.h>
#include <stdio.h>

void sqlite_new_path(char ret_path[static SQLITE_PATH_SIZE])
{
    (void)snprintf(ret_path, SQLITE_PATH_SIZE, "%s/store.db", check_folder());
}

struct store *sqlite_open_path(const char *path, enum status expected, struct text *reason)
{
    struct text address TEXT_CLEANUP = {0};
    struct store *store = NULL;
    text_addf(&address, "sqlite:%s", path);
    if (!CHECK_STR(status_name(store_open(text_get(&address), &store, reason)), status_name(expected)))
        printf("# %s\n", text_get(reason));
    CHECK(!expected || strstr(text_get(reason), path));
    if (store)
        use_test_clock(store);
    return store;
}

void sqlite_execute(const char *path, const char *sql)
{
    sqlite3 *db;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    if (!CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK))
        printf("# %s\n", sqlite3_errmsg(db));
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}
