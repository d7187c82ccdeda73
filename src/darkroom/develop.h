/* The work of the darkroom on one photo, without any sandbox: decode once, shrink, write the WebP files. */
#ifndef DEVELOP_H
#define DEVELOP_H

#include "darkroom.h"
#include "protocol.h"

/* Loads everything that is needed later, so that nothing is opened once the doors are locked. Starts no thread. */
enum status develop_prepare(const char *program, struct text *why);

struct develop_files {
    int original; /* or a negative; its offset is left alone; all stay the caller's */
    int large, medium, thumbnail;
};

enum status develop_photo(const struct develop_files *files, const struct job *job, struct darkroom_result *ret_result,
                          struct text *why);
/* The same, from the negative that job->negative describes. */
enum status develop_negative(const struct develop_files *files, const struct job *job,
                             struct darkroom_result *ret_result, struct text *why);
/* The medium rendition alone, of a large one that was published. */
enum status develop_medium(const struct develop_files *files, const struct job *job, struct darkroom_result *ret_result,
                           struct text *why);

#endif
