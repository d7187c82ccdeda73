/* What `serve` and `worker` have in common: all but their settings. */
#ifndef SERVE_H
#define SERVE_H

#include "serve_settings.h"

/* *settings: the values of those that the table has no default for. The exit status, as of a command. */
int serve_run(const struct settings_table *table, struct serve_settings *settings, int argc, char **argv);

#endif
