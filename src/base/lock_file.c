#include "lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 2000, STEP_MS = 20 };

static bool lock_soon(int fd, enum lock_use use)
{
    int how = (use == LOCK_ALONE ? LOCK_EX : LOCK_SH) | LOCK_NB;
    for (int waited = 0; flock(fd, how) != 0; waited += STEP_MS) {
        if (errno != EWOULDBLOCK || waited >= WAIT_MS)
            return false;
        (void)nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000}, NULL);
    }
    return true;
}

int lock_file_take(int folder_fd, const char *name, enum lock_use use, int *ret_fd,
                   char ret_owner[static LOCK_OWNER_SIZE])
{
    int fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    if (!lock_soon(fd, use)) {
        int error = errno;
        ssize_t length = pread(fd, ret_owner, LOCK_OWNER_SIZE - 1, 0);
        (void)close(fd);
        ret_owner[length > 0 ? length : 0] = '\0';
        if (length <= 0)
            memcpy(ret_owner, "unknown", sizeof "unknown");
        return error;
    }
    /* The number is for people alone: that a full disk can't take it does no harm. */
    if (ftruncate(fd, 0) == 0)
        (void)dprintf(fd, "%d", (int)getpid());
    *ret_fd = fd;
    return 0;
}
