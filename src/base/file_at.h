/* pread(2) and pwrite(2) until all is done: either may do less than it is asked for, or be interrupted. */
#ifndef FILE_AT_H
#define FILE_AT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes there were: fewer than `size` where the file ends before, or can't be read. */
size_t file_read_at(int file, void *ret_bytes, size_t size, uint64_t offset);
/* False: errno says why. */
bool file_write_at(int file, const void *bytes, size_t size, uint64_t offset);

#endif
