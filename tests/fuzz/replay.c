/* Runs a fuzz target once over every file of a folder: its seeds as a test. A find ends the program, which the runner
 * counts as a failure. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status) != 0)
        abort();
    size_t size = (size_t)status.st_size;
    uint8_t *data = malloc(size ? size : 1); /* of the exact size, so that reading past the end is seen */
    if (!data || fread(data, 1, size, file) != size)
        abort();
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        replay(path);
        printf("ok %u - the seed %s is harmless\n", ++count, entry->d_name);
        (void)fflush(stdout);
    }
    if (folder)
        (void)closedir(folder);
    printf("1..%u\n", count);
    return count == 0; /* a target without seeds proves nothing */
}
