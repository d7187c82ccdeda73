/* The bare pipeline: decode, shrink and encode a photo in this process, without server, store, workflow or sandbox.
 *
 *     bare_pipeline FILE TIMES [two]
 *
 * prints {"wall_s": …, "cpu_s": …, "large": …, "medium": …, "thumbnail": …}: the median wall time of one time, the mean
 * CPU time of all but the first, which pays for what a process that goes on has already, and bytes. `two`: without the
 * medium rendition. */
#include "clock.h"
#include "develop.h"
#include "renditions.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TIMES_MAX = 1000, ONE_SECOND_NS = 1000000000 };
static const struct image_limits limits = {.pixels = 100000000, .frames = 1000};

static _Noreturn void give_up(const char *what, struct text *why)
{
    (void)fprintf(stderr, "bare_pipeline: %s: %s\n", what, text_get(why));
    exit(1);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
           + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* As the server does it: a look at the header, then the whole. */
static struct darkroom_result develop(int original, uint64_t size, bool makes_medium, struct text *why)
{
    struct image_info info;
    struct darkroom_result result;
    struct develop_files files = {.original = original,
                                  .large = memfd_create("large", 0),
                                  .medium = memfd_create("medium", 0),
                                  .thumbnail = memfd_create("thumbnail", 0)};
    if (image_probe(original, size, &limits, &info, why) != STATUS_OK)
        give_up("the header", why);
    const struct job job = {
        .format = info.format,
        .original_bytes = size,
        .width = info.width,
        .height = info.height,
        .limits = limits,
        .large_side = rendition_large_side(&info, 0),
        .given_side = rendition_large_side(&info, 0),
        .makes_medium = makes_medium,
    };
    if (develop_photo(&files, &job, &result, why) != STATUS_OK)
        give_up("the photo", why);
    (void)close(files.large);
    (void)close(files.medium);
    (void)close(files.thumbnail);
    return result;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, long count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

static void print(double *walls, long times, double cpu, const struct darkroom_result *result)
{
    printf("{\"wall_s\": %.6f, \"cpu_s\": %.6f, \"large\": %" PRIu64 ", \"medium\": %" PRIu64
           ", \"thumbnail\": %" PRIu64 "}\n",
           median(walls, times), cpu / (double)(times - 1), result->large.bytes, result->medium.bytes,
           result->thumbnail.bytes);
}

int main(int argc, char **argv)
{
    static double walls[TIMES_MAX];
    double cpu = 0;
    TEXT_CLEANUP struct text why = {0};
    struct darkroom_result result = {0};
    int original = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    long times = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    bool makes_medium = argc < 4;
    if (original < 0 || times < 2 || times > TIMES_MAX || argc > 4 || (!makes_medium && strcmp(argv[3], "two") != 0))
        give_up("usage", (text_setf(&why, "bare_pipeline FILE TIMES (2 to %d) [two]", TIMES_MAX), &why));
    if (develop_prepare(argv[0], &why) != STATUS_OK)
        give_up("libraries", &why);
    uint64_t size = (uint64_t)lseek(original, 0, SEEK_END);
    for (long i = 0; i < times; i++) {
        if (i == 1)
            cpu = cpu_seconds();
        int64_t start = clock_monotonic_ns();
        result = develop(original, size, makes_medium, &why);
        walls[i] = (double)(clock_monotonic_ns() - start) / ONE_SECOND_NS;
    }
    print(walls, times, cpu_seconds() - cpu, &result);
    return 0;
}
