#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNT "/sys/fs/cgroup"
enum { CPU, MEMORY, CONTROLLERS };

/* Where this process's groups are: in version 2 the same folder for all controllers. */
struct groups {
    bool is_unified;
    char folders[CONTROLLERS][PATH_MAX / 2];
};

static const char *const controller_names[CONTROLLERS] = {[CPU] = "cpu", [MEMORY] = "memory"};

static bool has_word(const char *list, size_t length, const char *word)
{
    for (const char *at = list; at < list + length;) {
        size_t size = strcspn(at, ",:");
        if (size == strlen(word) && memcmp(at, word, size) == 0)
            return true;
        at += size + 1;
    }
    return false;
}

/* A line of /proc/self/cgroup: NUMBER:CONTROLLERS:PATH. */
static void take_line(char *line, struct groups *groups)
{
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path)
        return;
    size_t length = (size_t)(path - ++controllers);
    path++;
    const char *below = strcmp(path, "/") == 0 ? "" : path;
    for (int i = 0; i < CONTROLLERS; i++) {
        if (groups->is_unified && length == 0)
            (void)snprintf(groups->folders[i], sizeof groups->folders[i], "%s%s", MOUNT, below);
        else if (!groups->is_unified && has_word(controllers, length, controller_names[i]))
            (void)snprintf(groups->folders[i], sizeof groups->folders[i], "%s/%.*s%s", MOUNT, (int)length, controllers,
                           below);
    }
}

static struct groups find_groups(void)
{
    struct groups groups = {.is_unified = access(MOUNT "/cgroup.controllers", F_OK) == 0};
    char line[PATH_MAX];
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file && fgets(line, sizeof line, file))
        take_line(line, &groups);
    if (file)
        (void)fclose(file);
    return groups;
}

static bool write_value(const char *folder, const char *file, const char *value)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = error;
    return written;
}

/* A group can't both have processes and share its controllers out (version 2), so this process goes into one below. */
static bool share_controllers(const struct groups *groups)
{
    char own[PATH_MAX];
    if (!groups->is_unified || write_value(groups->folders[CPU], "cgroup.subtree_control", "+cpu +memory"))
        return true;
    (void)snprintf(own, sizeof own, "%s/fleet", groups->folders[CPU]);
    return (mkdir(own, 0755) == 0 || errno == EEXIST) && write_value(own, "cgroup.procs", "0")
           && write_value(groups->folders[CPU], "cgroup.subtree_control", "+cpu +memory");
}

static void folder_of(const struct groups *groups, int controller, const char *name, char ret[static PATH_MAX])
{
    (void)snprintf(ret, PATH_MAX, "%s/cloudphotos-%s", groups->folders[controller], name);
}

enum status cgroup_check(struct text *why)
{
    struct groups groups = find_groups();
    for (int i = 0; i < CONTROLLERS; i++)
        if (!groups.folders[i][0] || access(groups.folders[i], W_OK) != 0 || !share_controllers(&groups)) {
            text_setf(why,
                      "this user can't limit an instance's %s, because it may not make control groups in %s (%s); run "
                      "the fleet "
                      "as root or as a systemd service with Delegate=yes, or without limits: --instance process",
                      i == CPU ? "CPU time" : "memory", groups.folders[i][0] ? groups.folders[i] : MOUNT,
                      strerror(errno));
            return STATUS_UNSUPPORTED;
        }
    return STATUS_OK;
}

/* 100 ms is the kernel's default period; a short one makes a small share less of a stutter. */
enum { PERIOD_US = 20000 };

static bool set_cpu(const struct groups *groups, const char *folder, int percent)
{
    char value[64];
    int quota_us = PERIOD_US * percent / 100;
    if (groups->is_unified) {
        (void)snprintf(value, sizeof value, "%d %d", quota_us, PERIOD_US);
        return write_value(folder, "cpu.max", value);
    }
    (void)snprintf(value, sizeof value, "%d", PERIOD_US);
    if (!write_value(folder, "cpu.cfs_period_us", value))
        return false;
    (void)snprintf(value, sizeof value, "%d", quota_us);
    return write_value(folder, "cpu.cfs_quota_us", value);
}

static bool set_memory(const struct groups *groups, const char *folder, int64_t bytes)
{
    char value[32];
    (void)snprintf(value, sizeof value, "%lld", (long long)bytes);
    return write_value(folder, groups->is_unified ? "memory.max" : "memory.limit_in_bytes", value);
}

enum status cgroup_make(const char *name, const struct instance_limits *limits, struct text *why)
{
    struct groups groups = find_groups();
    char folder[PATH_MAX];
    for (int i = 0; i < CONTROLLERS; i++) {
        folder_of(&groups, i, name, folder);
        bool made = mkdir(folder, 0755) == 0 || errno == EEXIST;
        if (made && i == CPU && limits->cpu_percent)
            made = set_cpu(&groups, folder, limits->cpu_percent);
        if (made && i == MEMORY && limits->memory_bytes)
            made = set_memory(&groups, folder, limits->memory_bytes);
        if (!made) {
            text_setf(why, "the control group %s can't be made: %s", folder, strerror(errno));
            cgroup_remove(name);
            return STATUS_UNAVAILABLE;
        }
    }
    return STATUS_OK;
}

enum status cgroup_open(const char *name, struct cgroup_entry *ret_entry, struct text *why)
{
    struct groups groups = find_groups();
    char folder[PATH_MAX], path[PATH_MAX + 16];
    *ret_entry = (struct cgroup_entry){{-1, -1}};
    for (int i = 0; i < (groups.is_unified ? 1 : CONTROLLERS); i++) {
        folder_of(&groups, i, name, folder);
        (void)snprintf(path, sizeof path, "%s/cgroup.procs", folder);
        ret_entry->files[i] = open(path, O_WRONLY | O_CLOEXEC);
        if (ret_entry->files[i] < 0) {
            text_setf(why, "%s can't be opened: %s", path, strerror(errno));
            cgroup_close(ret_entry);
            return STATUS_UNAVAILABLE;
        }
    }
    return STATUS_OK;
}

void cgroup_enter(const struct cgroup_entry *entry)
{
    for (int i = 0; i < CONTROLLERS; i++)
        if (entry->files[i] >= 0 && write(entry->files[i], "0", 1) != 1)
            _exit(127);
}

void cgroup_close(struct cgroup_entry *entry)
{
    for (int i = 0; i < CONTROLLERS; i++)
        if (entry->files[i] >= 0)
            (void)close(entry->files[i]);
}

void cgroup_remove(const char *name)
{
    struct groups groups = find_groups();
    char folder[PATH_MAX];
    for (int i = 0; i < CONTROLLERS; i++) {
        folder_of(&groups, i, name, folder);
        (void)rmdir(folder);
    }
}
