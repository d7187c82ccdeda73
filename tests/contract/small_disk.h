/* A disk of a test's own: a small tmpfs, so that it can be filled up or made read-only. Needs the right to mount. */
#ifndef SMALL_DISK_H
#define SMALL_DISK_H

#include <stdbool.h>
#include <stddef.h>

struct small_disk {
    char folder[128];
    bool is_mounted;
};

#define SMALL_DISK_CLEANUP __attribute__((cleanup(small_disk_release)))

/* False, and the running case is skipped with the reason, when it can't be mounted. */
bool small_disk_mount(struct small_disk *disk, size_t bytes);
bool small_disk_make_read_only(const struct small_disk *disk);
/* Takes all the space that is left, and gives it back. */
void small_disk_fill(const struct small_disk *disk);
void small_disk_empty(const struct small_disk *disk);
void small_disk_release(struct small_disk *disk);

#endif
