#include "upload_quota.h"

#include "memory.h"
#include "quota.h"
#include "reasons.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 256 };

struct unfinished {
    struct unfinished *next;
    struct id id;
    char *author, *network; /* the latter NULL when unknown */
    uint64_t bytes;
};

struct upload_quota {
    struct unfinished *buckets[BUCKETS];
    struct quota *uploads, *of_authors, *of_networks; /* how many of each author; bytes; bytes */
};

struct upload_quota *upload_quota_new(void)
{
    struct upload_quota *quota = NEW(struct upload_quota);
    quota->uploads = quota_new();
    quota->of_authors = quota_new();
    quota->of_networks = quota_new();
    return quota;
}

static void free_unfinished(struct unfinished *upload)
{
    free(upload->author);
    free(upload->network);
    free(upload);
}

void upload_quota_free(struct upload_quota *quota)
{
    if (!quota)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct unfinished *upload = quota->buckets[i], *next; upload; upload = next) {
            next = upload->next;
            free_unfinished(upload);
        }
    quota_free(quota->uploads);
    quota_free(quota->of_authors);
    quota_free(quota->of_networks);
    free(quota);
}

/* The last byte of an id is random. */
static struct unfinished **find(struct upload_quota *quota, const struct id *id)
{
    struct unfinished **link = &quota->buckets[id->bytes[ID_BYTES - 1]];
    while (*link && !id_equal(&(*link)->id, id))
        link = &(*link)->next;
    return link;
}

static enum upload_quota_verdict take(struct upload_quota *quota, const char *author, const char *network,
                                      uint64_t bytes, const struct upload_quota_limits *limits)
{
    if (quota_take(quota->uploads, author, 1, limits->uploads_each, UINT64_MAX) != QUOTA_TAKEN)
        return UPLOAD_QUOTA_MANY;
    enum quota_verdict of_author = quota_take(quota->of_authors, author, bytes, limits->bytes_author, limits->bytes);
    bool fits =
        of_author == QUOTA_TAKEN
        && (!network
            || quota_take(quota->of_networks, network, bytes, limits->bytes_network, UINT64_MAX) == QUOTA_TAKEN);
    if (fits)
        return UPLOAD_QUOTA_TAKEN;
    quota_give_back(quota->uploads, author, 1);
    if (of_author == QUOTA_TAKEN)
        quota_give_back(quota->of_authors, author, bytes);
    return of_author == QUOTA_EACH_FULL  ? UPLOAD_QUOTA_AUTHOR_FULL
           : of_author == QUOTA_ALL_FULL ? UPLOAD_QUOTA_FULL
                                         : UPLOAD_QUOTA_NETWORK_FULL;
}

enum upload_quota_verdict upload_quota_add(struct upload_quota *quota, const struct id *id, const char *author,
                                           const char *network, uint64_t length,
                                           const struct upload_quota_limits *limits)
{
    static const struct upload_quota_limits none = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    uint64_t bytes = length > UPLOAD_QUOTA_LEAST ? length : UPLOAD_QUOTA_LEAST;
    enum upload_quota_verdict verdict = take(quota, author, network, bytes, limits ? limits : &none);
    if (verdict != UPLOAD_QUOTA_TAKEN)
        return verdict;
    struct unfinished **link = find(quota, id), *upload = NEW(struct unfinished);
    *upload = (struct unfinished){.id = *id,
                                  .author = memory_copy_string(author),
                                  .network = network ? memory_copy_string(network) : NULL,
                                  .bytes = bytes};
    *link = upload;
    return UPLOAD_QUOTA_TAKEN;
}

void upload_quota_remove(struct upload_quota *quota, const struct id *id)
{
    struct unfinished **link = find(quota, id), *upload = *link;
    if (!upload)
        return;
    *link = upload->next;
    quota_give_back(quota->uploads, upload->author, 1);
    quota_give_back(quota->of_authors, upload->author, upload->bytes);
    if (upload->network)
        quota_give_back(quota->of_networks, upload->network, upload->bytes);
    free_unfinished(upload);
}

void upload_quota_explain(enum upload_quota_verdict verdict, const struct upload_quota_limits *limits, struct text *why)
{
    char most[REASON_NUMBER_SIZE];
    switch (verdict) {
    case UPLOAD_QUOTA_MANY:
        reason_set(why, REASON_UPLOADS_TOO_MANY, reason_number(most, limits->uploads_each));
        break;
    case UPLOAD_QUOTA_AUTHOR_FULL:
        reason_set(why, REASON_UPLOADS_TOO_LARGE, reason_bytes_limit(most, limits->bytes_author));
        break;
    case UPLOAD_QUOTA_NETWORK_FULL:
        reason_set(why, REASON_UPLOADS_OF_NETWORK, reason_bytes_limit(most, limits->bytes_network));
        break;
    case UPLOAD_QUOTA_FULL:
        reason_set(why, REASON_UPLOADS_FULL);
        break;
    case UPLOAD_QUOTA_TAKEN:
        break;
    }
}
