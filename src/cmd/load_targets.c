#include "load_targets.h"

#include <stdio.h>
#include <sys/resource.h>

enum { REACH_MS = 5000, SPARE_DESCRIPTORS = 64 };

enum status load_targets_check(const struct load_target *targets, size_t count, bool said_yes, struct text *why)
{
    for (size_t i = 0; i < count; i++)
        if (!said_yes && !load_target_is_this_machine(&targets[i])) {
            text_setf(why,
                      "%s isn't this machine. A load test can take a server down, and may be illegal without its "
                      "owner's consent. Add --yes if you may load it",
                      targets[i].url);
            return STATUS_INVALID;
        }
    for (size_t i = 0; i < count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < i; k++)
            is_known = is_known || load_target_is_same_place(&targets[i], &targets[k]);
        enum status status = is_known ? STATUS_OK : load_target_reach(&targets[i], REACH_MS, why);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

unsigned load_targets_allow_connections(unsigned wanted)
{
    struct rlimit limit;
    rlim_t needed = (rlim_t)wanted + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return wanted;
    limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur >= needed ? wanted : (unsigned)(limit.rlim_cur - SPARE_DESCRIPTORS);
}
