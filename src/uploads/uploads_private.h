/* What the files of this folder share. */
#ifndef UPLOADS_PRIVATE_H
#define UPLOADS_PRIVATE_H

#include "disk_room.h"
#include "uploads.h"

struct uploads {
    struct uploads_settings settings;
    struct disk_room room;
    struct resumables *resumables;
};

#endif
