/* When a photo was taken: the one thing that is kept of its Exif data (CIPA DC-008). */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "prober.h"

/* Looks into what the walk through the file has noted. What can't be understood is as if it weren't there; the status
 * of a read that failed. */
enum status capture_read(struct prober *prober, struct capture_time *ret_time);

#endif
