/* Raw photos of cameras: told by their magic numbers and tags, and taken for the full-size JPEG that most of them
 * carry. Nothing is developed from the sensor's data. */
#ifndef RAW_H
#define RAW_H

#include "tiff_directory.h"

/* A TIFF that is a raw photo (a DNG, or pixels that are a sensor's): as prober_ops.walk, of its preview. NOT_FOUND,
 * without a reason, for all others. */
enum status raw_walk_tiff(const struct tiff *tiff, struct image_info *info);

/* ---- Between the files of it ---- */

/* The largest JPEG that was seen in the file so far, and which side of it is up. */
struct raw_preview {
    uint64_t offset, bytes;
    uint32_t width, height, orientation; /* 0: the JPEG says it */
};
/* Looks at the bytes there, and keeps them if they are a JPEG that is larger. */
void raw_consider(struct prober *prober, uint64_t offset, uint64_t bytes, struct raw_preview *preview);

struct raw_facts {
    bool is_raw; /* a DNG, or pixels that are a sensor's */
    bool is_dng;
    char make[32]; /* "NIKON CORPORATION"; "": not said */
    struct raw_preview preview;
};
/* Looks through the directories of a TIFF. UNPROCESSABLE when the first isn't all there. */
enum status raw_read_directories(const struct tiff *tiff, struct raw_facts *facts);
/* Canon's CR3, which is made of boxes. */
void raw_read_cr3(struct prober *prober, struct raw_facts *facts);

#endif
