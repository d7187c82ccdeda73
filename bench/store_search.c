/* What a search costs: store_search FILE [SEARCHES [LIMIT]]. Prefixes are three to five random
 * letters, as a benchmark of the server sends them, and the first bytes of random names in it. */
#include "clock.h"
#include "memory.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PREFIX_MAX = 5, DEFAULT_SEARCHES = 200000 };

struct prefixes {
    char (*prefixes)[PREFIX_MAX + 1];
    size_t count, capacity;
};

static bool gather(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    struct prefixes *prefixes = context;
    (void)posts_count;
    if (name_length < PREFIX_MAX)
        return true;
    if (prefixes->count == prefixes->capacity) {
        prefixes->capacity = prefixes->capacity ? prefixes->capacity * 2 : 1024;
        prefixes->prefixes = memory_resize(prefixes->prefixes, prefixes->capacity * sizeof *prefixes->prefixes);
    }
    memcpy(prefixes->prefixes[prefixes->count], name, PREFIX_MAX);
    prefixes->prefixes[prefixes->count++][PREFIX_MAX] = '\0';
    return true;
}

static bool count_row(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    (void)name, (void)name_length, (void)posts_count;
    ++*(uint64_t *)context;
    return true;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* `length` 0: three to five random letters, whether somebody is called so or not. */
static void make_prefix(const struct prefixes *prefixes, size_t length, uint64_t *random, char *ret_prefix)
{
    *random = *random * 6364136223846793005 + 1442695040888963407;
    uint64_t bits = *random >> 24;
    memset(ret_prefix, 0, PREFIX_MAX + 1);
    if (length) {
        memcpy(ret_prefix, prefixes->prefixes[bits % prefixes->count], length);
        return;
    }
    length = 3 + bits % 3;
    bits /= 3;
    for (size_t i = 0; i < length; i++, bits /= 26)
        ret_prefix[i] = (char)('a' + bits % 26);
}

static void search(struct store *store, const char *prefix, size_t limit, uint64_t *rows)
{
    if (store_users_search(store, prefix, NULL, limit, count_row, rows, NULL))
        abort();
}

static int64_t cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* CPU time of all searches in one go, for the mean, and then the time of each, for the percentiles. */
static void measure(struct store *store, const struct prefixes *prefixes, size_t length, size_t searches, size_t limit)
{
    int64_t *times = NEW_ARRAY(searches, int64_t);
    char(*texts)[PREFIX_MAX + 1] = memory_new_array(searches, sizeof *texts);
    uint64_t rows = 0, random = 1;
    for (size_t i = 0; i < searches; i++)
        make_prefix(prefixes, length, &random, texts[i]);
    int64_t began = cpu_ns();
    for (size_t i = 0; i < searches; i++)
        search(store, texts[i], limit, &rows);
    double mean = (double)(cpu_ns() - began) / (double)searches;
    for (size_t i = 0; i < searches; i++) {
        int64_t start = clock_monotonic_ns();
        search(store, texts[i], limit, &(uint64_t){0});
        times[i] = clock_monotonic_ns() - start;
    }
    qsort(times, searches, sizeof *times, compare);
    printf("%s %zu letters: %.0f ns CPU a search (median %lld, p99 %lld), %.1f rows a search, %.0f ns a row\n",
           length ? "of names," : "random, 3 to", length ? length : PREFIX_MAX, mean, (long long)times[searches / 2],
           (long long)times[searches * 99 / 100], (double)rows / (double)searches,
           mean * (double)searches / (double)rows);
    free(texts);
    free(times);
}

int main(int argc, char **argv)
{
    struct text address TEXT_CLEANUP = {0}, why TEXT_CLEANUP = {0};
    struct prefixes prefixes = {0};
    struct store *store;
    size_t searches = argc > 2 ? strtoul(argv[2], NULL, 10) : DEFAULT_SEARCHES;
    size_t limit = argc > 3 ? strtoul(argv[3], NULL, 10) : SIZE_MAX;
    text_addf(&address, "sqlite:%s", argc > 1 ? argv[1] : "");
    if (argc < 2 || searches == 0 || limit == 0 || store_open(text_get(&address), &store, &why)) {
        (void)fprintf(stderr, "store_search FILE [SEARCHES [LIMIT]]: %s\n", text_get(&why));
        return 1;
    }
    if (store_users_search(store, "", NULL, SIZE_MAX, gather, &prefixes, &why) || prefixes.count == 0) {
        (void)fprintf(stderr, "store_search: no names to search for: %s\n", text_get(&why));
        return 1;
    }
    measure(store, &prefixes, 0, searches, limit);
    for (size_t length = 3; length <= PREFIX_MAX; length++)
        measure(store, &prefixes, length, searches, limit);
    store_close(store);
    free(prefixes.prefixes);
    return 0;
}
