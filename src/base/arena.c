#include "arena.h"

#include "memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t capacity;
    _Alignas(max_align_t) char data[];
};

enum { CHUNK_BYTES = 4000, ALIGNMENT = _Alignof(max_align_t) };

void arena_release(struct arena *arena)
{
    while (arena->chunks) {
        struct arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
    arena->used = 0;
}

void *arena_new(struct arena *arena, size_t size)
{
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!arena->chunks || arena->chunks->capacity - arena->used < size) {
        size_t capacity = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        struct arena_chunk *chunk = memory_new(sizeof *chunk + capacity);
        chunk->capacity = capacity;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
        arena->used = 0;
    }
    void *memory = arena->chunks->data + arena->used;
    arena->used += size;
    return memory;
}

char *arena_copy(struct arena *arena, const char *data, size_t length)
{
    char *copy = arena_new(arena, length + 1);
    if (length)
        memcpy(copy, data, length);
    return copy;
}

char *arena_copy_string(struct arena *arena, const char *string)
{
    return string ? arena_copy(arena, string, strlen(string)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    assert(length >= 0);
    char *string = arena_new(arena, (size_t)length + 1);
    (void)vsnprintf(string, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return string;
}
