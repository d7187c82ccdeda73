/* Every statement of the SQLite back end finds its rows through an index, so that none of them gets slower as the
 * library grows. Asked of SQLite itself: sqlite.org/eqp.html. */
#include "check.h"
#include "sqlite_store.h"

#include <stdio.h>

/* What may be walked through from its beginning: in the order of its key and with a limit, or because it is tiny. */
static const char *const allowed_scans[STATEMENTS] = {
    [EXECUTIONS_LIST] = "SCAN executions",
    [VERDICTS_SHAPES] = "SCAN verdicts USING COVERING INDEX verdicts_shapes",
    [VERDICTS_REFUSED] = "SCAN verdicts",
    [VERDICTS_LIST] = "SCAN verdicts",
    [USERS_ALL] = "SCAN users",
    [EXECUTIONS_COUNT] = "SCAN counters",
    [EXECUTION_VERSIONS] = "SCAN places",
};

/* What lists many rows, or walks over them, reads the index alone. */
static const bool is_covered[STATEMENTS] = {
    [USER_POSTS] = true,
    [VERDICTS_SHAPES] = true,
    [EXECUTIONS_QUEUED] = true,
};

static bool open_store(struct connection *connection, struct text *why)
{
    static char path[200];
    (void)snprintf(path, sizeof path, "%s/store.db", check_folder());
    FILE *file = fopen(path, "w");
    if (!CHECK(file) || !CHECK_INT(fclose(file), 0))
        return false;
    return CHECK_INT(connection_open(connection, path, why), STATUS_OK)
           && CHECK_INT(schema_prepare(connection, why), STATUS_OK);
}

static void check_plan(struct connection *connection, const char *text, const char *allowed_scan, bool is_covered_one)
{
    struct text sql TEXT_CLEANUP = {0};
    sqlite3_stmt *plan = NULL;
    check_case("%.60s", text);
    text_addf(&sql, "EXPLAIN QUERY PLAN %s", text);
    if (!CHECK_INT(sqlite3_prepare_v2(connection->db, text_get(&sql), -1, &plan, NULL), SQLITE_OK))
        printf("# %s\n", sqlite3_errmsg(connection->db));
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *step = column_string(plan, 3);
        bool is_scan = strncmp(step, "SCAN", 4) == 0 && strncmp(step, "SCAN CONSTANT ROW", 17) != 0;
        if (!CHECK(!is_scan || (allowed_scan && strcmp(step, allowed_scan) == 0))
            || !CHECK(!strstr(step, "TEMP B-TREE")))
            printf("# %s\n", step);
        bool is_read = is_scan || strncmp(step, "SEARCH", 6) == 0;
        CHECK(!is_covered_one || !is_read || strstr(step, "COVERING INDEX"));
    }
    (void)sqlite3_finalize(plan);
}

static void test_plans(void)
{
    struct connection connection;
    struct text why TEXT_CLEANUP = {0};
    if (!open_store(&connection, &why))
        return;
    for (int id = 0; id < STATEMENTS; id++)
        check_plan(&connection, statement_sql[id], allowed_scans[id], is_covered[id]);
    struct text update TEXT_CLEANUP = {0};
    photo_update_sql(~0U, '?', &update);
    check_plan(&connection, text_get(&update), NULL, false);
    connection_close(&connection);
}

CHECK_MAIN({"a statement needs no walk through a table", test_plans})
