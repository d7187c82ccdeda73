#include "failures.h"

void failures_release(struct failures *failures)
{
    text_release(&failures->first);
}

bool failures_note(struct failures *failures, enum status status, const struct text *why)
{
    if (status == STATUS_OK || !failures)
        return status == STATUS_OK;
    if (failures->count++ == 0)
        text_setf(&failures->first, "%s", text_get(why));
    return false;
}
