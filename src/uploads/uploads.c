#include "uploads.h"

#include "memory.h"
#include "uploads_private.h"

#include <stdlib.h>

enum status uploads_open(const struct uploads_settings *settings, struct uploads **ret_uploads, struct text *why)
{
    struct uploads *uploads = NEW(struct uploads);
    uploads->settings = *settings;
    uploads->room = (struct disk_room){
        .reserve = settings->disk_reserve, .trouble = settings->trouble, .context = settings->context};
    enum status status = resumables_open(uploads, &uploads->resumables, why);
    if (status == STATUS_OK)
        *ret_uploads = uploads;
    else
        uploads_close(uploads);
    return status;
}

void uploads_close(struct uploads *uploads)
{
    if (uploads)
        resumables_close(uploads->resumables);
    free(uploads);
}

uint64_t uploads_max_upload(const struct uploads *uploads)
{
    return uploads->settings.max_upload;
}

struct resumables *uploads_resumables(const struct uploads *uploads)
{
    return uploads->resumables;
}
