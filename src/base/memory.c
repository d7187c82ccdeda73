#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *memory, size_t size)
{
    if (!memory && size) {
        (void)fprintf(stderr, "cloudphotos: out of memory (%zu bytes)\n", size);
        abort();
    }
    return memory;
}

void *memory_new(size_t size)
{
    return check(calloc(1, size ? size : 1), size);
}

void *memory_new_array(size_t count, size_t size)
{
    return check(calloc(count ? count : 1, size), count);
}

void *memory_resize(void *memory, size_t size)
{
    return check(realloc(memory, size), size);
}

char *memory_copy_string(const char *string)
{
    return check(strdup(string), strlen(string));
}
