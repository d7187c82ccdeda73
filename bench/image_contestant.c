/* Develops photos one after the other in one of three ways and says what each cost, so that a benchmark can let them
 * take turns:
 *
 *     image_contestant pool PROGRAM     through the darkroom's sandboxed processes, as the server does
 *     image_contestant bare             in this process, without sandbox or pool
 *     image_contestant convert          by ImageMagick, with the two commands of the original
 *
 * Each line on standard input, "PHOTO<tab>LARGE<tab>THUMBNAIL", is answered by {"cpu_ms": …, "peak_kb": …}: the
 * processor time that it took, and the most memory that the process that did it ever had resident. */
#include "develop.h"
#include "renditions.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct image_limits limits = {.pixels = 100000000, .frames = 1000};
enum { LINE_BYTES = 16384 };

struct cost {
    double cpu_ms;
    long peak_kb;
};
struct photo {
    const char *original, *large, *thumbnail;
};
struct contestant {
    const char *name;
    void (*open)(char **arguments);
    struct cost (*develop)(const struct photo *photo);
};

static _Noreturn void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "image_contestant: %s: %s\n", what, why);
    exit(1);
}

static double usage_ms(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3
           + (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

static double clock_ms(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time) < 0)
        give_up("clock", "it can't be read");
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static struct develop_files open_files(const struct photo *photo)
{
    struct develop_files files = {
        .original = open(photo->original, O_RDONLY | O_CLOEXEC),
        .large = open(photo->large, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644),
        .thumbnail = open(photo->thumbnail, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644),
    };
    if (files.original < 0 || files.large < 0 || files.thumbnail < 0)
        give_up(photo->original, "it can't be opened, or what comes of it can't be stored");
    return files;
}

static void close_files(const struct develop_files *files)
{
    close(files->original);
    close(files->large);
    close(files->thumbnail);
}

static struct darkroom *darkroom;
static pid_t worker;

static pid_t parent_of(const char *process)
{
    char path[300], line[512] = "";
    (void)snprintf(path, sizeof path, "/proc/%s/stat", process);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    const char *name_end = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    (void)fclose(file);
    return name_end ? (pid_t)strtol(name_end + 3, NULL, 10) : 0; /* ") S PARENT" */
}

static pid_t child_of(pid_t parent)
{
    pid_t child = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && parent_of(entry->d_name) == parent)
            child = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    if (processes)
        (void)closedir(processes);
    return child;
}

static void open_pool(char **arguments)
{
    const struct darkroom_settings settings = {
        .program = arguments[0],
        .processes = 1,
        .timeout_ms = 600000, /* a worker retires after that much work: not while it is measured */
        .memory_bytes = 512 << 20,
        .limits = limits};
    TEXT_CLEANUP struct text why = {0};
    if (darkroom_open(&settings, &darkroom, &why) != STATUS_OK)
        give_up("darkroom", text_get(&why));
    worker = child_of(child_of(getpid()));
}

static long peak_of(pid_t process)
{
    char path[64], line[256];
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "re");
    long peak = 0;
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            peak = strtol(line + 6, NULL, 10);
    }
    if (file)
        (void)fclose(file);
    return peak;
}

static struct cost develop_in_pool(const struct photo *photo)
{
    clockid_t clock;
    struct darkroom_result result;
    TEXT_CLEANUP struct text why = {0};
    /* A worker retires after a while: then its clock is gone. */
    if (clock_getcpuclockid(worker, &clock) != 0) {
        worker = child_of(child_of(getpid()));
        if (worker <= 0 || clock_getcpuclockid(worker, &clock) != 0)
            give_up("darkroom", "its worker is gone");
    }
    struct develop_files files = open_files(photo);
    const struct darkroom_files targets = {.large = files.large, .medium = -1, .thumbnail = files.thumbnail};
    double start = clock_ms(clock) + clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    if (darkroom_develop(darkroom, &(struct darkroom_original){.file = files.original}, &targets, &result, &why)
        != STATUS_OK)
        give_up(photo->original, text_get(&why));
    struct cost cost = {clock_ms(clock) + clock_ms(CLOCK_PROCESS_CPUTIME_ID) - start, peak_of(worker)};
    close_files(&files);
    return cost;
}

static void open_bare(char **arguments)
{
    (void)arguments;
    TEXT_CLEANUP struct text why = {0};
    if (develop_prepare("image_contestant", &why) != STATUS_OK)
        give_up("libraries", text_get(&why));
}

static struct cost develop_bare(const struct photo *photo)
{
    struct develop_files files = open_files(photo);
    struct stat file;
    struct image_info info;
    struct darkroom_result result;
    TEXT_CLEANUP struct text why = {0};
    double start = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    if (fstat(files.original, &file) < 0
        || image_probe(files.original, (uint64_t)file.st_size, &limits, &info, &why) != STATUS_OK)
        give_up(photo->original, text_get(&why));
    const struct job job = {.format = info.format,
                            .original_bytes = (uint64_t)file.st_size,
                            .width = info.width,
                            .height = info.height,
                            .limits = limits,
                            .large_side = LARGE_SIDE,
                            .given_side = LARGE_SIDE};
    if (develop_photo(&files, &job, &result, &why) != STATUS_OK)
        give_up(photo->original, text_get(&why));
    struct cost cost = {clock_ms(CLOCK_PROCESS_CPUTIME_ID) - start, peak_of(getpid())};
    close_files(&files);
    return cost;
}

static void open_convert(char **arguments)
{
    (void)arguments;
}

/* One command of the original: convert IN -resize 1440x1440> -quality 75 OUT. */
static void run_convert(const char *original, unsigned side, const char *target, struct cost *cost)
{
    char size[32], in[LINE_BYTES], out[LINE_BYTES];
    char program[] = "convert", resize[] = "-resize", flag[] = "-quality", quality[] = "75";
    (void)snprintf(size, sizeof size, "%ux%u>", side, side);
    (void)snprintf(in, sizeof in, "%s", original);
    (void)snprintf(out, sizeof out, "%s", target);
    char *arguments[] = {program, in, resize, size, flag, quality, out, NULL};
    extern char **environ;
    pid_t child;
    int end = -1;
    struct rusage usage;
    if (posix_spawnp(&child, program, NULL, NULL, arguments, environ) != 0 || wait4(child, &end, 0, &usage) < 0 || end)
        give_up(original, "convert failed");
    cost->cpu_ms += usage_ms(&usage);
    if (usage.ru_maxrss > cost->peak_kb)
        cost->peak_kb = usage.ru_maxrss;
}

static struct cost develop_by_convert(const struct photo *photo)
{
    struct cost cost = {0};
    run_convert(photo->original, LARGE_SIDE, photo->large, &cost);
    run_convert(photo->original, THUMBNAIL_SIDE, photo->thumbnail, &cost);
    return cost;
}

static const struct contestant contestants[] = {
    {"pool", open_pool, develop_in_pool},
    {"bare", open_bare, develop_bare},
    {"convert", open_convert, develop_by_convert},
};

static const struct contestant *find_contestant(const char *name)
{
    for (size_t i = 0; name && i < sizeof contestants / sizeof contestants[0]; i++) {
        if (strcmp(contestants[i].name, name) == 0)
            return &contestants[i];
    }
    give_up("usage", "pool PROGRAM, bare or convert");
}

int main(int argc, char **argv)
{
    const struct contestant *contestant = find_contestant(argc > 1 ? argv[1] : NULL);
    contestant->open(argv + 2);
    static char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line;
        const char *original = strsep(&rest, "\t"), *large = strsep(&rest, "\t");
        if (!large || !rest)
            give_up("line", "it needs three paths");
        const struct photo photo = {original, large, rest};
        struct cost cost = contestant->develop(&photo);
        (void)printf("{\"cpu_ms\": %.3f, \"peak_kb\": %ld}\n", cost.cpu_ms, cost.peak_kb);
        (void)fflush(stdout);
    }
    darkroom_close(darkroom);
    return 0;
}
