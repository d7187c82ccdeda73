/* The data of an execution: the JSON that the store keeps, and all that an interpreter needs to go on.
 *
 *   {"input": …,              as the execution was started with
 *    "started_ms": …,         when it started, or was made to go on
 *    "cursor": …,             where it stands (cursor.h)
 *    "failed": {"state", "input"},   the last state whose own work failed
 *    "redrives": …, "redriven": true,
 *    "output": … | "error": …, "cause": …}    once it has ended */
#ifndef EXECUTION_DATA_H
#define EXECUTION_DATA_H

#include "definition.h"
#include "json.h"

void execution_data_initial(const json_t *input, struct text *ret_data);

/* For an execution that has failed: it starts again with the input that it was started with. INVALID: the data is
 * broken. */
enum status execution_data_restart(const char *data, struct text *ret_data, struct text *why);
/* Or goes on from the state whose work failed last, with the input that it had. INVALID also when that is gone from the
 * definition. */
enum status execution_data_resume(const struct definition *definition, const char *data, struct text *ret_data,
                                  struct text *why);

/* Or, while it runs, goes on with this state, whose input is that of the execution with the members of `more`. INVALID
 * as above. */
enum status execution_data_divert(const struct definition *definition, const char *data, const char *state,
                                  json_t *more, struct text *ret_data, struct text *why);

#endif
