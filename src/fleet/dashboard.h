/* The fleet's page, at an address of its own: what runs, how busy it is and what was done why; and the same for
 * Prometheus. It only shows; commands go through control.h. */
#ifndef DASHBOARD_H
#define DASHBOARD_H

#include "fleet.h"

struct dashboard;
/* INVALID for a bad address, UNAVAILABLE for one that is taken. */
enum status dashboard_open(const char *listen, struct dashboard **ret_dashboard, struct text *why);
void dashboard_close(struct dashboard *dashboard); /* NULL is allowed */
/* "127.0.0.1:8081", with the real port. Borrowed. */
const char *dashboard_address(const struct dashboard *dashboard);
/* What it shows from now on. */
void dashboard_show(struct dashboard *dashboard, struct fleet *fleet);

#endif
