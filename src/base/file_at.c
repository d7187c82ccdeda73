#include "file_at.h"

#include <errno.h>
#include <unistd.h>

size_t file_read_at(int file, void *ret_bytes, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t count = pread(file, (char *)ret_bytes + done, size - done, (off_t)(offset + done));
        if (count == 0 || (count < 0 && errno != EINTR))
            break;
        done += count > 0 ? (size_t)count : 0;
    }
    return done;
}

bool file_write_at(int file, const void *bytes, size_t size, uint64_t offset)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite(file, (const char *)bytes + done, size - done, (off_t)(offset + done));
        if (count < 0 && errno != EINTR)
            return false;
        done += count > 0 ? (size_t)count : 0;
    }
    return true;
}
