/* Memory that is freed in one go: one arena a request or an execution. Allocations are aligned for any type. */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena_chunk;
struct arena {
    struct arena_chunk *chunks;
    size_t used; /* bytes of the newest chunk */
};

#define ARENA_CLEANUP __attribute__((cleanup(arena_release)))

void arena_release(struct arena *arena);
void *arena_new(struct arena *arena, size_t size);                      /* zeroed */
char *arena_copy(struct arena *arena, const char *data, size_t length); /* NUL-terminated copy */
char *arena_copy_string(struct arena *arena, const char *string);       /* NULL stays NULL */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
