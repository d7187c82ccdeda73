/* Who the server is to AWS, and where that is written, looked for in the order of Amazon's own tools:
 *
 *   environment     AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *   file            AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, section AWS_PROFILE or "default";
 *                   read anew every time
 *   container       AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with AWS_CONTAINER_AUTHORIZATION_TOKEN
 *                   or _TOKEN_FILE (ECS, EKS)
 *   instance        the metadata service of EC2 (version 2 alone), unless AWS_EC2_METADATA_DISABLED is "true"
 *
 * docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html. Single sign-on, web identities and roles to
 * assume are not looked for. */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include "aws_signature.h"

struct aws_identity;

/* The client must outlive it. Asks nobody yet. */
struct aws_identity *aws_identity_new(struct http_client *client);
void aws_identity_free(struct aws_identity *identity); /* NULL is allowed */

/* Safe from any thread; may ask the metadata service, which takes seconds where there is none. What it said is kept:
 * minutes before it expires the service is asked again, and if it doesn't answer, what was kept goes on until then. The
 * strings live in the arena. UNAUTHENTICATED when nobody knows any: *why tells what every place said. */
enum status aws_identity_get(struct aws_identity *identity, struct arena *arena,
                             struct aws_credentials *ret_credentials, struct text *why);
/* A service did not take them: the next get asks anew. If nobody answers, it gives the old ones until they expire. */
void aws_identity_forget(struct aws_identity *identity);

/* AWS_REGION, AWS_DEFAULT_REGION, or what AWS_CONFIG_FILE or ~/.aws/config says for the profile; in the arena. NULL:
 * nobody says. */
const char *aws_find_region(struct arena *arena);

#endif
