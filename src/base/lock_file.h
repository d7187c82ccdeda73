/* A file whose lock says that a folder is in use: held until the descriptor is closed or the process has ended. */
#ifndef LOCK_FILE_H
#define LOCK_FILE_H

enum { LOCK_OWNER_SIZE = 16 };
enum lock_use { LOCK_ALONE, LOCK_WITH_OTHERS };

/* Makes the file if it is missing. Waits for two seconds, because a process that was killed holds its lock for the
 * moment that its end takes. 0, and the descriptor is the caller's to close; or an errno value: EWOULDBLOCK when
 * another process has it, whose number, or "unknown", is then in ret_owner. */
int lock_file_take(int folder_fd, const char *name, enum lock_use use, int *ret_fd,
                   char ret_owner[static LOCK_OWNER_SIZE]);

#endif
