/* Several processes that write to one database as fast as they can: each has its turn, and the log doesn't grow without
 * end. Stores stand for processes, because each has connections of its own. */
#include "clock.h"
#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { STORES = 3, THREADS = 4, WRITE_MS = 3000, WAIT_MAX_MS = 1500, FRAMES_MAX = 8000, FRAME_BYTES = 4096 + 24 };

struct load {
    struct store *store;
    atomic_uint *number;
    int64_t until_ns, longest_ns;
    uint64_t written, failed;
};

static void *write_photos(void *context)
{
    struct load *load = context;
    struct text reason TEXT_CLEANUP = {0};
    for (int64_t begin_ns; (begin_ns = clock_monotonic_ns()) < load->until_ns;) {
        struct photo photo = make_photo("anna", (int)atomic_fetch_add(load->number, 1) + 1);
        bool is_written = create_photo(load->store, &photo, NULL, NULL, &reason) == STATUS_OK;
        int64_t took_ns = clock_monotonic_ns() - begin_ns;
        load->written += is_written;
        load->failed += !is_written;
        load->longest_ns = took_ns > load->longest_ns ? took_ns : load->longest_ns;
    }
    return NULL;
}

static void test_writers(void)
{
    struct text reason TEXT_CLEANUP = {0}, address TEXT_CLEANUP = {0};
    struct store *stores[STORES];
    struct load loads[STORES][THREADS];
    pthread_t threads[STORES][THREADS];
    atomic_uint number = 0;
    char path[160];
    struct stat log;
    (void)snprintf(path, sizeof path, "%s/photos.db", check_folder());
    text_addf(&address, "sqlite:%s", path);
    int64_t until_ns = clock_monotonic_ns() + WRITE_MS * INT64_C(1000000);
    for (int i = 0; i < STORES; i++)
        if (!CHECK_INT(store_open(text_get(&address), &stores[i], &reason), STATUS_OK))
            return;
    for (int i = 0; i < STORES; i++)
        for (int j = 0; j < THREADS; j++) {
            loads[i][j] = (struct load){.store = stores[i], .number = &number, .until_ns = until_ns};
            CHECK(pthread_create(&threads[i][j], NULL, write_photos, &loads[i][j]) == 0);
        }
    uint64_t least = UINT64_MAX, most = 0;
    int64_t longest_ns = 0;
    for (int i = 0; i < STORES; i++) {
        uint64_t written = 0;
        for (int j = 0; j < THREADS; j++) {
            CHECK(pthread_join(threads[i][j], NULL) == 0);
            CHECK_INT(loads[i][j].failed, 0);
            longest_ns = loads[i][j].longest_ns > longest_ns ? loads[i][j].longest_ns : longest_ns;
            written += loads[i][j].written;
        }
        least = written < least ? written : least;
        most = written > most ? written : most;
    }
    printf("# %llu to %llu a store, the longest waited %lld ms\n", (unsigned long long)least, (unsigned long long)most,
           (long long)longest_ns / 1000000);
    CHECK(longest_ns < WAIT_MAX_MS * INT64_C(1000000));
    CHECK(least * 3 > most); /* they take turns */
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "-wal");
    CHECK(stat(path, &log) == 0 && log.st_size < (off_t)FRAMES_MAX * FRAME_BYTES);
    printf("# a log of %lld bytes\n", (long long)log.st_size);
    for (int i = 0; i < STORES; i++)
        store_close(stores[i]);
}

CHECK_MAIN({"processes that write much take turns, and the log starts over", test_writers})
