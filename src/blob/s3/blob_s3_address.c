/* The address of S3 buckets: what comes after "s3:". */
#include "blob_s3.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX_MAX = 50 }; /* a bucket's name has 63 characters at most */

/* Lower-case letters, digits and dashes: a dot would not fit the certificate of a host's name. */
static enum status check_prefix(const char *prefix, struct text *why)
{
    size_t length = strlen(prefix);
    if (length && length <= PREFIX_MAX && strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789-") == length
        && prefix[0] != '-')
        return STATUS_OK;
    text_setf(
        why,
        "The buckets' address \"s3://%s\": the prefix of the buckets' names has 1 to %d characters of a-z, 0-9 and "
        "-, and begins with no dash.",
        prefix, PREFIX_MAX);
    return STATUS_INVALID;
}

/* Decodes %XX in place. */
static void decode(char *value)
{
    char *to = value;
    for (const char *from = value; *from; to++) {
        bool is_code = from[0] == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2]);
        *to = is_code ? (char)strtoul((char[]){from[1], from[2], 0}, NULL, 16) : *from;
        from += is_code ? 3 : 1;
    }
    *to = '\0';
}

/* Addresses are logged; and a user's name in one would be of no use, because requests are signed. */
static enum status refuse_user(const char *part, struct text *why)
{
    if (!strchr(part, '@'))
        return STATUS_OK;
    text_setf(why, "The buckets' address has a user before an \"@\", as in KEY:SECRET@HOST. Take it out, and give the "
                   "credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or in ~/.aws/credentials.");
    return STATUS_INVALID;
}

struct parameters {
    const char *region, *endpoint, *path_style, *ca_file;
};

static enum status read_parameter(char *part, struct parameters *parameters, struct text *why)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {{"region", &parameters->region},
                 {"endpoint", &parameters->endpoint},
                 {"path-style", &parameters->path_style},
                 {"ca-file", &parameters->ca_file}};
    const char *name = strsep(&part, "=");
    if (part)
        decode(part);
    enum status status = strcmp(name, "ca-file") == 0 ? STATUS_OK : refuse_user(part ? part : name, why);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; part && i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) != 0)
            continue;
        *known[i].value = part;
        return STATUS_OK;
    }
    text_setf(why,
              "The buckets' address has a parameter \"%s\" that isn't one of region=, endpoint=, path-style= and "
              "ca-file=.",
              name);
    return STATUS_INVALID;
}

static enum status take_path_style(const char *value, struct blob_s3 *s3, struct text *why)
{
    s3->has_path_style = value && strcmp(value, "yes") == 0;
    if (!value || s3->has_path_style || strcmp(value, "no") == 0)
        return STATUS_OK;
    text_setf(why, "The buckets' address: path-style is yes or no, not \"%s\".", value);
    return STATUS_INVALID;
}

static enum status take_endpoint(const char *endpoint, struct blob_s3 *s3, struct text *why)
{
    TEXT_CLEANUP struct text host = {0};
    const char *target, *suffix = strncmp(s3->region, "cn-", 3) == 0 ? ".cn" : "";
    if (!endpoint)
        endpoint = arena_printf(&s3->arena, "https://s3.%s.amazonaws.com%s", s3->region, suffix);
    if (!http_url_split(endpoint, &host, &target) || (strcmp(target, "") != 0 && strcmp(target, "/") != 0)) {
        text_setf(why, "The buckets' address: the endpoint \"%s\" isn't an http or https URL without a path.",
                  endpoint);
        return STATUS_INVALID;
    }
    s3->scheme = endpoint[4] == 's' || endpoint[4] == 'S' ? "https://" : "http://";
    s3->host = arena_copy_string(&s3->arena, text_get(&host));
    return STATUS_OK;
}

/* A server of one's own has whatever region one says; Amazon's is in one. */
static enum status take_region(const struct parameters *parameters, struct blob_s3 *s3, struct text *why)
{
    s3->region = parameters->region ? parameters->region : aws_find_region(&s3->arena);
    if (!s3->region && parameters->endpoint)
        s3->region = "us-east-1";
    if (s3->region)
        return STATUS_OK;
    text_setf(why,
              "The buckets' address names no region: add region=, as in s3://%s?region=eu-west-1, or set AWS_REGION.",
              s3->prefix);
    return STATUS_INVALID;
}

enum status s3_address_parse(const char *rest, struct blob_s3 *s3, struct text *why)
{
    struct parameters parameters = {0};
    char *query = arena_copy_string(&s3->arena, rest);
    s3->prefix = strsep(&query, "?");
    enum status status = refuse_user(s3->prefix, why);
    if (status != STATUS_OK)
        return status;
    if (strncmp(rest, "//", 2) != 0) {
        text_setf(why, "The buckets' address \"s3:%s\" isn't s3://PREFIX?region=REGION.", rest);
        return STATUS_INVALID;
    }
    s3->prefix += 2;
    status = check_prefix(s3->prefix, why);
    for (char *part; status == STATUS_OK && (part = strsep(&query, "&"));)
        status = *part ? read_parameter(part, &parameters, why) : STATUS_OK;
    s3->ca_file = parameters.ca_file;
    if (status == STATUS_OK)
        status = take_region(&parameters, s3, why);
    if (status == STATUS_OK)
        status = take_path_style(parameters.path_style, s3, why);
    return status == STATUS_OK ? take_endpoint(parameters.endpoint, s3, why) : status;
}
