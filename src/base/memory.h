/* Heap memory that never returns NULL: running out of it aborts with a line on stderr. Free with free(). */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

void *memory_new(size_t size); /* zeroed */
void *memory_new_array(size_t count, size_t size);
void *memory_resize(void *memory, size_t size);
char *memory_copy_string(const char *string);

#define NEW(type)              ((type *)memory_new(sizeof(type)))
#define NEW_ARRAY(count, type) ((type *)memory_new_array((count), sizeof(type)))

#endif
