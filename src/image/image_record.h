/* What image_probe found in a file, as JSON: so that whoever works on the file later needn't look at it again. */
#ifndef IMAGE_RECORD_H
#define IMAGE_RECORD_H

#include "json.h"
#include "probe.h"

/* Of a file of `size` bytes. Without the time of capture, which nobody needs later. The caller's. */
json_t *image_record_make(const struct image_info *info, uint64_t size);
/* False where it isn't what this program would find in a file of `size` bytes: there is no record (NULL), it is of
 * another file or of other probers (PROBE_VERSION), or it makes no sense. Then the file is to be probed again. */
bool image_record_read(const json_t *record, uint64_t size, struct image_info *ret_info);

#endif
