#include "small_disk.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

bool small_disk_mount(struct small_disk *disk, size_t bytes)
{
    char options[64];
    (void)snprintf(disk->folder, sizeof disk->folder, "%s", check_folder());
    (void)snprintf(options, sizeof options, "size=%zu,mode=700", bytes);
    disk->is_mounted = mount("tmpfs", disk->folder, "tmpfs", 0, options) == 0;
    if (!disk->is_mounted)
        check_skip("no small disk can be mounted here: %s", strerrordesc_np(errno));
    return disk->is_mounted;
}

bool small_disk_make_read_only(const struct small_disk *disk)
{
    return mount("none", disk->folder, NULL, MS_REMOUNT | MS_RDONLY | MS_BIND, NULL) == 0;
}

static void ballast_path(const struct small_disk *disk, char ret_path[static 160])
{
    (void)snprintf(ret_path, 160, "%s/ballast", disk->folder);
}

void small_disk_fill(const struct small_disk *disk)
{
    static const char zeros[4096];
    char path[160];
    ballast_path(disk, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    while (write(fd, zeros, sizeof zeros) > 0)
        ;
    CHECK(errno == ENOSPC);
    (void)close(fd);
}

void small_disk_empty(const struct small_disk *disk)
{
    char path[160];
    ballast_path(disk, path);
    CHECK(unlink(path) == 0);
}

void small_disk_release(struct small_disk *disk)
{
    if (disk->is_mounted)
        (void)umount2(disk->folder, MNT_DETACH);
    disk->is_mounted = false;
}
