#include "quota.h"

#include "memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    uint64_t amount;
    char name[];
};

/* A hash table that grows with what is in it. Who has nothing left is not in it. */
struct quota {
    struct entry **buckets;
    size_t bucket_count, count; /* the former a power of two */
    uint64_t all;
};

enum { BUCKETS_FIRST = 16 };

struct quota *quota_new(void)
{
    struct quota *quota = NEW(struct quota);
    quota->bucket_count = BUCKETS_FIRST;
    quota->buckets = NEW_ARRAY(BUCKETS_FIRST, struct entry *);
    return quota;
}

void quota_free(struct quota *quota)
{
    if (!quota)
        return;
    for (size_t i = 0; i < quota->bucket_count; i++)
        for (struct entry *entry = quota->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            free(entry);
        }
    free(quota->buckets);
    free(quota);
}

/* FNV-1a (draft-eastlake-fnv) */
static size_t bucket_of(const char *name, size_t bucket_count)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return (size_t)(hash ^ hash >> 32) & (bucket_count - 1);
}

static struct entry **find(const struct quota *quota, const char *name)
{
    struct entry **link = &quota->buckets[bucket_of(name, quota->bucket_count)];
    while (*link && strcmp((*link)->name, name) != 0)
        link = &(*link)->next;
    return link;
}

static void grow(struct quota *quota)
{
    size_t bucket_count = quota->bucket_count * 2;
    struct entry **buckets = NEW_ARRAY(bucket_count, struct entry *);
    for (size_t i = 0; i < quota->bucket_count; i++)
        for (struct entry *entry = quota->buckets[i], *next; entry; entry = next) {
            struct entry **link = &buckets[bucket_of(entry->name, bucket_count)];
            next = entry->next;
            entry->next = *link;
            *link = entry;
        }
    free(quota->buckets);
    quota->buckets = buckets;
    quota->bucket_count = bucket_count;
}

static void add(struct quota *quota, const char *name, uint64_t amount)
{
    if (quota->count == quota->bucket_count)
        grow(quota);
    size_t length = strlen(name);
    struct entry **link = find(quota, name), *entry = memory_new(sizeof *entry + length + 1);
    entry->amount = amount;
    memcpy(entry->name, name, length + 1);
    *link = entry;
    quota->count++;
}

/* Whether `amount` more is not too much, however large it is. */
static int fits(uint64_t present, uint64_t amount, uint64_t most)
{
    return present <= most && amount <= most - present;
}

enum quota_verdict quota_take(struct quota *quota, const char *name, uint64_t amount, uint64_t most_each,
                              uint64_t most_all)
{
    struct entry *entry = *find(quota, name);
    if (!fits(entry ? entry->amount : 0, amount, most_each))
        return QUOTA_EACH_FULL;
    if (!fits(quota->all, amount, most_all))
        return QUOTA_ALL_FULL;
    quota->all += amount;
    if (entry)
        entry->amount += amount;
    else if (amount)
        add(quota, name, amount);
    return QUOTA_TAKEN;
}

void quota_give_back(struct quota *quota, const char *name, uint64_t amount)
{
    struct entry **link = find(quota, name), *entry = *link;
    if (!amount)
        return;
    assert(entry && entry->amount >= amount && quota->all >= amount);
    quota->all -= amount;
    entry->amount -= amount;
    if (entry->amount)
        return;
    *link = entry->next;
    quota->count--;
    free(entry);
}

uint64_t quota_get(const struct quota *quota, const char *name)
{
    const struct entry *entry = *find(quota, name);
    return entry ? entry->amount : 0;
}

uint64_t quota_get_all(const struct quota *quota)
{
    return quota->all;
}
