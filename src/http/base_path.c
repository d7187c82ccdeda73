#include "base_path.h"

#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

static bool is_dots(const char *part, size_t length)
{
    return length <= 2 && strspn(part, ".") >= length;
}

/* What is wrong with a path that begins with a slash and doesn't end in one; NULL: nothing. */
static const char *find_fault(const char *path)
{
    while (*path == '/') {
        size_t length = strspn(++path, letters);
        if (path[length] && path[length] != '/')
            return "may only contain letters, digits and - . _ ~ between its slashes";
        if (length == 0)
            return "has two slashes in a row";
        if (is_dots(path, length))
            return "must not contain \".\" or \"..\"";
        path += length;
    }
    return NULL;
}

enum status base_path_read(const char *words, struct arena *arena, const char **ret_base_path, struct text *why)
{
    size_t length = strlen(words);
    const char *fault = words[0] != '/' ? "must begin with a slash, as in /photos" : NULL;
    if (length && words[length - 1] == '/')
        length--;
    const char *path = arena_copy(arena, words, length);
    if (!fault && length > BASE_PATH_MAX)
        fault = "is longer than 200 characters";
    if (!fault)
        fault = find_fault(path);
    if (fault) {
        text_setf(why, "\"%.250s\" %s", words, fault);
        return STATUS_INVALID;
    }
    *ret_base_path = path;
    return STATUS_OK;
}

enum base_path_relation base_path_relation(const char *base_path, const char *path, size_t length)
{
    size_t base_length = strlen(base_path);
    if (length < base_length || memcmp(path, base_path, base_length) != 0)
        return BASE_PATH_OUTSIDE;
    if (length == base_length)
        return base_length ? BASE_PATH_ITSELF : BASE_PATH_BELOW;
    return path[base_length] == '/' ? BASE_PATH_BELOW : BASE_PATH_OUTSIDE;
}
