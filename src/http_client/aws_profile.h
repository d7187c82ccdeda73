/* The INI files of Amazon's tools: ~/.aws/credentials and ~/.aws/config. */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include "arena.h"
#include "text.h"

enum aws_file { AWS_FILE_CREDENTIALS, AWS_FILE_CONFIG };

/* The value of a key in the section of the profile that AWS_PROFILE names, in the arena. NULL: no such file, section or
 * key; *why says which. */
const char *aws_profile_get(enum aws_file file, const char *key, struct arena *arena, struct text *why);

#endif
