/* The web app as it was built into the program: tools/embed-site writes these tables from the files of web/dist. */
#ifndef SITE_FILE_H
#define SITE_FILE_H

#include <stddef.h>

/* In the order and size that tools/embed-site writes. */
struct site_file {
    const char *path; /* as it is asked for: "/assets/index-D2f9a1b0.js" */
    const char *etag; /* with its quotes; of the content */
    const char *plain;
    size_t plain_size;
    const char *packed; /* by Brotli; NULL: that would not have made it smaller */
    size_t packed_size;
};
_Static_assert(sizeof(struct site_file) == 48, "tools/embed-site");

struct site {
    const struct site_file *files;
    size_t count; /* 0: the app was not built */
};
extern const struct site site_built_in;

#endif
