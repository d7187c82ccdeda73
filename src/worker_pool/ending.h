/* How a worker ended over a job, and whose doing that was. worker_pool.h has the rule. */
#ifndef ENDING_H
#define ENDING_H

#include "wire.h"
#include "worker_pool.h"

/* The job's status, and a sentence for the operator. */
enum status ending_explain(const struct worker_pool_settings *settings, const struct hired *hired, bool in_time,
                           struct text *ret_detail);

#endif
