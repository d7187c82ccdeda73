/* A real S3 server for a test program, which ends with it: tests/s3-server. */
#ifndef S3_SERVER_H
#define S3_SERVER_H

#include "text.h"

#include <stdbool.h>

/* Makes new buckets with this prefix, and appends their address. Sets the variables by which aws_credentials.h finds
 * who we are. False: there can be none, and the running case is skipped or has failed. */
bool s3_server_make_buckets(const char *prefix, struct text *out);
/* "http://127.0.0.1:29026", once there are buckets. */
const char *s3_server_endpoint(void);

#endif
