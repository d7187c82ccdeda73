#include "upload_quota.h"

#include "memory.h"
#include "quota.h"
#include "reasons.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 256 };

struct partial {
    struct partial *next;
    struct id id;
    char *author, *network; /* the latter NULL when unknown */
    uint64_t bytes;
};

struct partials {
    struct partial *buckets[BUCKETS];
    struct quota *uploads, *of_authors, *of_networks; /* how many of each author; bytes; bytes */
};

struct partials *partials_new(void)
{
    struct partials *partials = NEW(struct partials);
    partials->uploads = quota_new();
    partials->of_authors = quota_new();
    partials->of_networks = quota_new();
    return partials;
}

static void free_partial(struct partial *partial)
{
    free(partial->author);
    free(partial->network);
    free(partial);
}

void partials_free(struct partials *partials)
{
    if (!partials)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct partial *partial = partials->buckets[i], *next; partial; partial = next) {
            next = partial->next;
            free_partial(partial);
        }
    quota_free(partials->uploads);
    quota_free(partials->of_authors);
    quota_free(partials->of_networks);
    free(partials);
}

/* The last byte of an id is random. */
static struct partial **find(struct partials *partials, const struct id *id)
{
    struct partial **link = &partials->buckets[id->bytes[ID_BYTES - 1]];
    while (*link && !id_equal(&(*link)->id, id))
        link = &(*link)->next;
    return link;
}

static enum partials_verdict take(struct partials *partials, const char *author, const char *network, uint64_t bytes,
                                  const struct partials_limits *limits)
{
    if (quota_take(partials->uploads, author, 1, limits->uploads_each, UINT64_MAX) != QUOTA_TAKEN)
        return PARTIALS_MANY;
    enum quota_verdict of_author = quota_take(partials->of_authors, author, bytes, limits->bytes_author, limits->bytes);
    bool fits =
        of_author == QUOTA_TAKEN
        && (!network
            || quota_take(partials->of_networks, network, bytes, limits->bytes_network, UINT64_MAX) == QUOTA_TAKEN);
    if (fits)
        return PARTIALS_TAKEN;
    quota_give_back(partials->uploads, author, 1);
    if (of_author == QUOTA_TAKEN)
        quota_give_back(partials->of_authors, author, bytes);
    return of_author == QUOTA_EACH_FULL  ? PARTIALS_AUTHOR_FULL
           : of_author == QUOTA_ALL_FULL ? PARTIALS_FULL
                                         : PARTIALS_NETWORK_FULL;
}

enum partials_verdict partials_add(struct partials *partials, const struct id *id, const char *author,
                                   const char *network, uint64_t length, const struct partials_limits *limits)
{
    static const struct partials_limits none = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    uint64_t bytes = length > PARTIAL_LEAST ? length : PARTIAL_LEAST;
    enum partials_verdict verdict = take(partials, author, network, bytes, limits ? limits : &none);
    if (verdict != PARTIALS_TAKEN)
        return verdict;
    struct partial **link = find(partials, id), *partial = NEW(struct partial);
    *partial = (struct partial){.id = *id,
                                .author = memory_copy_string(author),
                                .network = network ? memory_copy_string(network) : NULL,
                                .bytes = bytes};
    *link = partial;
    return PARTIALS_TAKEN;
}

void partials_remove(struct partials *partials, const struct id *id)
{
    struct partial **link = find(partials, id), *partial = *link;
    if (!partial)
        return;
    *link = partial->next;
    quota_give_back(partials->uploads, partial->author, 1);
    quota_give_back(partials->of_authors, partial->author, partial->bytes);
    if (partial->network)
        quota_give_back(partials->of_networks, partial->network, partial->bytes);
    free_partial(partial);
}

void partials_explain(enum partials_verdict verdict, const struct partials_limits *limits, struct text *why)
{
    char most[REASON_NUMBER_SIZE];
    switch (verdict) {
    case PARTIALS_MANY:
        reason_set(why, REASON_UPLOADS_TOO_MANY, reason_number(most, limits->uploads_each));
        break;
    case PARTIALS_AUTHOR_FULL:
        reason_set(why, REASON_UPLOADS_TOO_LARGE, reason_bytes_limit(most, limits->bytes_author));
        break;
    case PARTIALS_NETWORK_FULL:
        reason_set(why, REASON_UPLOADS_OF_NETWORK, reason_bytes_limit(most, limits->bytes_network));
        break;
    case PARTIALS_FULL:
        reason_set(why, REASON_UPLOADS_FULL);
        break;
    case PARTIALS_TAKEN:
        break;
    }
}
