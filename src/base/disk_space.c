#include "disk_space.h"

#include <sys/statvfs.h>

enum { SHARE = 20 };

bool disk_has_room(int file, uint64_t reserve, uint64_t wanted, bool has_begun)
{
    struct statvfs disk;
    if (fstatvfs(file, &disk) != 0 || disk.f_blocks == 0)
        return true;
    uint64_t all = (uint64_t)disk.f_blocks * disk.f_frsize, left = (uint64_t)disk.f_bavail * disk.f_frsize;
    uint64_t share = all / SHARE < DISK_RESERVE_MOST ? all / SHARE : DISK_RESERVE_MOST;
    uint64_t kept = (reserve ? reserve : share) / (has_begun ? 2 : 1);
    bool has_entries = disk.f_files == 0 || disk.f_favail >= disk.f_files / SHARE;
    return has_entries && left >= kept && left - kept >= wanted;
}
