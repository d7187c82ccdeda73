#include "arrivals.h"

void arrivals_init(struct arrivals *arrivals, const struct schedule *schedule, enum arrivals_kind kind, unsigned share,
                   unsigned shares, uint64_t seed)
{
    *arrivals = (struct arrivals){.schedule = schedule, .kind = kind, .share = share, .shares = shares};
    dice_init(&arrivals->dice, seed, share);
}

bool arrivals_next(struct arrivals *arrivals, int64_t *ret_at_ns)
{
    /* Poisson processes of a share of the rate each are together one of the rate. */
    if (arrivals->kind == ARRIVALS_POISSON)
        arrivals->amount += dice_gap(&arrivals->dice) * arrivals->shares;
    else
        arrivals->amount = (double)(arrivals->share + arrivals->made * arrivals->shares);
    arrivals->made++;
    /* A total such as 4000/m for 90 s is a whole number that floating point may miss by a hair. */
    if (arrivals->amount > schedule_total(arrivals->schedule) - 1e-6)
        return false;
    *ret_at_ns = (int64_t)(schedule_moment(arrivals->schedule, arrivals->amount) * 1e9);
    return true;
}
