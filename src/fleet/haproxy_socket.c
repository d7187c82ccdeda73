/* HAProxy's runtime socket, and its statistics. */
#include "balancer_private.h"
#include "unix_socket.h"

#include <stdlib.h>
#include <string.h>

enum status haproxy_ask(const char *path, const char *command, struct text *ret_answer, struct text *why)
{
    enum status status = unix_socket_ask(path, command, ret_answer, why);
    if (status != STATUS_OK)
        text_setf(why, "HAProxy doesn't answer at %s", path);
    return status;
}

/* The columns of `show stat` that are read; their places differ between versions. */
enum column { PXNAME, SVNAME, QCUR, SCUR, STOT, STATUS_TEXT, HRSP_5XX, REQ_TOT, COLUMNS };
static const char *const column_names[COLUMNS] = {"pxname", "svname", "qcur",     "scur",
                                                  "stot",   "status", "hrsp_5xx", "req_tot"};

static char *next_cell(char **row)
{
    return strsep(row, ",");
}

static bool find_columns(char *head, int places[COLUMNS])
{
    int found = 0, place = 0;
    for (int i = 0; i < COLUMNS; i++)
        places[i] = -1;
    head += strspn(head, "# ");
    for (char *cell; (cell = next_cell(&head)); place++)
        for (int i = 0; i < COLUMNS; i++)
            if (strcmp(cell, column_names[i]) == 0 && places[i] < 0) {
                places[i] = place;
                found++;
            }
    return found == COLUMNS;
}

static void split_row(char *row, const int places[COLUMNS], const char *cells[COLUMNS])
{
    int place = 0;
    for (int i = 0; i < COLUMNS; i++)
        cells[i] = "";
    for (char *cell; (cell = next_cell(&row)); place++)
        for (int i = 0; i < COLUMNS; i++)
            if (places[i] == place)
                cells[i] = cell;
}

static struct balancer_figures *figures_of(struct balancer_view *view, const char *name)
{
    for (size_t i = 0; i < view->count; i++)
        if (strcmp(view->servers[i].name, name) == 0)
            return &view->servers[i];
    if (view->count == BALANCER_SERVERS || strlen(name) >= sizeof view->total.name)
        return NULL;
    struct balancer_figures *figures = &view->servers[view->count++];
    memcpy(figures->name, name, strlen(name) + 1);
    return figures;
}

static uint64_t number(const char *cell)
{
    return strtoull(cell, NULL, 10);
}

/* The front end's row counts what arrives; a back end's what is in work in all its servers or waits for one; the others
 * a server. */
static void add_row(const char *cells[COLUMNS], struct balancer_view *view)
{
    bool is_streams = strcmp(cells[PXNAME], "streams") == 0;
    if (strcmp(cells[SVNAME], "FRONTEND") == 0) {
        view->total.requests += number(cells[REQ_TOT]);
        view->total.errors += number(cells[HRSP_5XX]);
        return;
    }
    struct balancer_figures *figures =
        strcmp(cells[SVNAME], "BACKEND") == 0 ? &view->total : figures_of(view, cells[SVNAME]);
    if (!figures)
        return;
    *(is_streams ? &figures->streams : &figures->in_work) += (int64_t)number(cells[SCUR]);
    figures->queued += (int64_t)number(cells[QCUR]);
    if (figures == &view->total)
        return;
    figures->requests += number(cells[STOT]);
    figures->errors += number(cells[HRSP_5XX]);
    if (strcmp(cells[PXNAME], "requests") != 0)
        return;
    figures->is_up = strncmp(cells[STATUS_TEXT], "UP", strlen("UP")) == 0;
    figures->is_draining = strncmp(cells[STATUS_TEXT], "DRAIN", strlen("DRAIN")) == 0;
}

enum status haproxy_read_stat(const char *answer, struct balancer_view *ret_view, struct text *why)
{
    struct text copy TEXT_CLEANUP = {0};
    int places[COLUMNS];
    text_add(&copy, answer);
    char *rest = copy.data, *head = rest ? strsep(&rest, "\n") : NULL;
    if (!head || !find_columns(head, places)) {
        text_setf(why, "HAProxy's statistics lack a column; version 2.6 or newer is needed");
        return STATUS_INVALID;
    }
    *ret_view = (struct balancer_view){0};
    for (char *row; (row = strsep(&rest, "\n"));) {
        const char *cells[COLUMNS];
        split_row(row, places, cells);
        if (*cells[SVNAME])
            add_row(cells, ret_view);
    }
    return STATUS_OK;
}
