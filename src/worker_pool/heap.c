#include "heap.h"

#include "sandbox.h"
#include "wire.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if SANDBOX_SANITIZED

void heap_enter(void)
{
}

#else

/* The C library's own, under the names that it keeps for programs that bring their own malloc. */
extern void *library_malloc(size_t size) __asm__("__libc_malloc");
extern void *library_calloc(size_t count, size_t size) __asm__("__libc_calloc");
extern void *library_realloc(void *memory, size_t size) __asm__("__libc_realloc");
extern void *library_memalign(size_t alignment, size_t size) __asm__("__libc_memalign");

/* Blocks from this size on are mapped one by one, and given back whole when they are freed. Left to itself glibc raises
 * the size up to 32 MB, and the heap of a worker that has worked is full of holes: the second HEIC of 72 megapixels
 * took 397 MB instead of 330. The heap keeps some free room, so that it does not grow and shrink with each small
 * block. */
enum { LARGE_BLOCK = 1 << 20, KEPT = 8 << 20, STACK = 8 << 20 };

typedef int create_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *data);
static create_thread *library_create_thread;

static bool in_worker;

static void find_create_thread(void)
{
    void *symbol = dlsym(RTLD_NEXT, "pthread_create");
    memcpy(&library_create_thread, &symbol, sizeof symbol); /* ISO C has no conversion from data to function */
}

void heap_enter(void)
{
    find_create_thread();
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
    (void)mallopt(M_TOP_PAD, LARGE_BLOCK);
    in_worker = true;
}

static void *check(void *memory)
{
    if (!memory && in_worker)
        _exit(WORKER_EXIT_MEMORY);
    return memory;
}

void *malloc(size_t size)
{
    return check(library_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return check(library_calloc(count, size));
}

/* Of 0 bytes it frees, and NULL is no refusal. */
void *realloc(void *memory, size_t size)
{
    void *moved = library_realloc(memory, size);
    return size ? check(moved) : moved;
}

void *memalign(size_t alignment, size_t size)
{
    return check(library_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return check(library_memalign(alignment, size));
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    void *memory = check(library_memalign(alignment, size));
    if (!memory)
        return ENOMEM;
    *ret_memory = memory;
    return 0;
}

/* Whether there is room for a stack. */
static bool has_room(size_t size)
{
    void *room = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room != MAP_FAILED && munmap(room, size) == 0;
}

/* A thread's stack is memory too, and as much as many a picture takes. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *data)
{
    if (!library_create_thread)
        find_create_thread();
    int error = library_create_thread(thread, attributes, start, data);
    if (error == EAGAIN && in_worker && !has_room(STACK))
        _exit(WORKER_EXIT_MEMORY);
    return error;
}

#endif
