#include "instance.h"

#include "file_at.h"
#include "json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const state_names[INSTANCE_STATES] = {
    [INSTANCE_STARTING] = "starting", [INSTANCE_WARM] = "warm",         [INSTANCE_IN_SERVICE] = "in service",
    [INSTANCE_DRAINING] = "draining", [INSTANCE_STOPPING] = "stopping",
};

const char *instance_state_name(enum instance_state state)
{
    return state_names[state];
}

uint64_t process_begun(pid_t pid)
{
    enum { STARTTIME = 22, AFTER_NAME = 2 };
    char path[32], line[1024];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    char *field = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    (void)fclose(file);
    for (int i = AFTER_NAME; field && i < STARTTIME; i++) {
        field = strchr(field + 1, ' ');
        if (field && i == AFTER_NAME && field[1] == 'Z')
            return 0; /* it has ended; nobody has asked for its exit status */
    }
    return field ? strtoull(field + 1, NULL, 10) : 0;
}

bool process_is(pid_t pid, uint64_t begun)
{
    return pid > 0 && begun > 0 && process_begun(pid) == begun;
}

static void path_of(const char *run_folder, const struct instance *instance, const char *suffix, struct text *out)
{
    text_setf(out, "%s/instances/%s%s", run_folder, instance->name, suffix);
}

static bool write_file(const char *path, const struct text *content)
{
    FILE *file = fopen(path, "we");
    bool written = file && fwrite(content->data, 1, content->length, file) == content->length;
    if (file && fclose(file) != 0)
        written = false;
    return written;
}

enum status instance_write(const char *run_folder, const struct instance *instance, struct text *why)
{
    TEXT_CLEANUP struct text path = {0}, temporary = {0}, content = {0};
    JSON_CLEANUP json_t *object =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:b}", "name", instance->name, "zone", instance->zone,
                  "address", instance->address, "pid", (json_int_t)instance->pid, "begun", (json_int_t)instance->begun,
                  "started_ms", (json_int_t)instance->started_ms, "since_ms", (json_int_t)instance->since_ms, "state",
                  instance_state_name(instance->state), "old", instance->is_old);
    json_add(&content, object);
    text_add(&content, "\n");
    path_of(run_folder, instance, "", &path);
    path_of(run_folder, instance, ".new", &temporary);
    if (write_file(text_get(&temporary), &content) && rename(text_get(&temporary), text_get(&path)) == 0)
        return STATUS_OK;
    text_setf(why, "%s can't be written: %s", text_get(&path), strerror(errno));
    return status_from_errno(errno);
}

void instance_forget(const char *run_folder, const struct instance *instance)
{
    TEXT_CLEANUP struct text path = {0};
    path_of(run_folder, instance, "", &path);
    (void)unlink(text_get(&path));
}

static bool copy_string(const json_t *object, const char *key, char *ret, size_t size)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value && (size_t)snprintf(ret, size, "%s", value) < size;
}

static bool find_state(const json_t *object, enum instance_state *ret_state)
{
    const char *name = json_string_value(json_object_get(object, "state"));
    for (int i = 0; name && i < INSTANCE_STATES; i++)
        if (strcmp(name, state_names[i]) == 0) {
            *ret_state = (enum instance_state)i;
            return true;
        }
    return false;
}

static bool from_json(const json_t *object, struct instance *ret)
{
    *ret = (struct instance){
        .pid = (pid_t)json_integer_value(json_object_get(object, "pid")),
        .begun = (uint64_t)json_integer_value(json_object_get(object, "begun")),
        .started_ms = json_integer_value(json_object_get(object, "started_ms")),
        .since_ms = json_integer_value(json_object_get(object, "since_ms")),
        .is_old = json_is_true(json_object_get(object, "old")),
    };
    return copy_string(object, "name", ret->name, sizeof ret->name)
           && copy_string(object, "zone", ret->zone, sizeof ret->zone)
           && copy_string(object, "address", ret->address, sizeof ret->address) && find_state(object, &ret->state);
}

static bool read_one(int folder, const char *name, struct instance *ret_instance, struct text *why)
{
    char content[2048];
    JSON_CLEANUP json_t *object = NULL;
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    size_t size = file >= 0 ? file_read_at(file, content, sizeof content, 0) : 0;
    if (file >= 0)
        (void)close(file);
    if (size && json_parse(content, size, &object, why) == STATUS_OK && from_json(object, ret_instance))
        return true;
    text_setf(why, "instances/%s describes no instance", name);
    return false;
}

enum status instances_read(const char *run_folder, struct instance *ret_instances, size_t most, size_t *ret_count,
                           struct text *why)
{
    TEXT_CLEANUP struct text path = {0};
    text_addf(&path, "%s/instances", run_folder);
    DIR *folder = opendir(text_get(&path));
    if (!folder) {
        text_setf(why, "%s can't be read: %s", text_get(&path), strerror(errno));
        return status_from_errno(errno);
    }
    *ret_count = 0;
    for (struct dirent *entry; *ret_count < most && (entry = readdir(folder));)
        if (!strchr(entry->d_name, '.') && read_one(dirfd(folder), entry->d_name, &ret_instances[*ret_count], why))
            (*ret_count)++;
    (void)closedir(folder);
    return STATUS_OK;
}
