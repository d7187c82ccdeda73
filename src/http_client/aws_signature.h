/* AWS Signature Version 4: proves to a service who asks, and that nothing of the request was changed on the way.
 * docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
#ifndef AWS_SIGNATURE_H
#define AWS_SIGNATURE_H

#include "arena.h"
#include "http_client.h"

#include <stdbool.h>

struct aws_credentials {
    const char *access_key, *secret_key;
    const char *session_token; /* NULL: they need none */
};

struct aws_signing {
    struct aws_credentials credentials;
    const char *region, *service; /* "us-east-1", "rekognition" */
    bool is_s3;                   /* S3 takes a path as it is written, and wants the sum of the body in a field */
    int64_t time_ms;              /* since 1970; a service refuses what is off by more than five minutes */
};

/* Adds Host, X-Amz-Date, Authorization and, where they are needed, X-Amz-Security-Token and X-Amz-Content-Sha256 to the
 * call, which must have everything else already: all of its fields are signed. What is added lives in the arena. A path
 * must be as it goes out, without "." or "//" unless the service is S3. A body that is a file is read once for its sum.
 * INVALID when the URL is none; UNPROCESSABLE when the file is shorter than its size. */
enum status aws_sign(struct http_call *call, const struct aws_signing *signing, struct arena *arena, struct text *why);

/* The call's URL with a signature in its query: whoever has it may make that request, of that method, with the call's
 * fields as they are, and any others and any body, for so many seconds (S3: 604,800 at most). */
enum status aws_presign(const struct http_call *call, const struct aws_signing *signing, unsigned seconds,
                        struct text *ret_url, struct text *why);

/* What S3 wants in Content-MD5 where it insists on one. */
void aws_content_md5(const void *body, size_t size, struct text *ret_sum);

/* Appends a part of a path or a query as URLs want it: all but A-Z a-z 0-9 - . _ ~ as %XX; slashes too unless they are
 * kept. */
void aws_encode(struct text *out, const char *part, size_t length, bool keeps_slashes);

#endif
