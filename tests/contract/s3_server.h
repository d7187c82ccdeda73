/* A real S3 server for a test program, which ends with it: tests/s3-server. */
#ifndef S3_SERVER_H
#define S3_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct s3_server {
    char endpoint[64]; /* "http://127.0.0.1:29026" */
    int input;         /* the server ends when it is closed */
    pid_t pid;
};

/* Starts it once for the program, and sets the variables by which aws_credentials.h finds who we are. NULL: it can't be
 * started here, which was told as a skipped case. */
const struct s3_server *s3_server_get(void);
/* Makes new buckets with this prefix, and writes their address. */
bool s3_server_make_buckets(const struct s3_server *server, const char *prefix, char *ret_address, size_t size);

#endif
