/* A Content-Length that is no number of bytes. libmicrohttpd 0.9.75 answers it before it asks us, and sends the status
 * line and the header of that answer twice in a row, so that behind a proxy the second ones become a body. It looks the
 * header up by a function of its own interface, which the program stands before, as the linker allows: such a header is
 * not there for it, so that it goes on, and strict_check, which reads all headers one by one, refuses it in words.
 * Nothing is read as a body in between. */
#include "server.h"

#include <dlfcn.h>
#include <string.h>
#include <strings.h>

bool content_length_read(const char *value, size_t length, uint64_t *ret_bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9' || __builtin_mul_overflow(number, 10, &number)
            || __builtin_add_overflow(number, (uint64_t)(value[i] - '0'), &number))
            return false;
    }
    *ret_bytes = number;
    return length && number < UINT64_MAX / 2;
}

#if MHD_VERSION < 0x00097700
typedef enum MHD_Result look_up(struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *key,
                                size_t key_size, const char **value_ptr, size_t *value_size_ptr);

static look_up *look_up_in_library;

/* Before main, and so before any thread. */
__attribute__((constructor)) static void find_library(void)
{
    void *found = dlsym(RTLD_NEXT, "MHD_lookup_connection_value_n");
    memcpy(&look_up_in_library, &found, sizeof found);
}

enum MHD_Result MHD_lookup_connection_value_n(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                              const char *key, size_t key_size, const char **value_ptr,
                                              size_t *value_size_ptr)
{
    static const char name[] = "Content-Length";
    const char *value = NULL;
    size_t length = 0;
    uint64_t bytes;
    enum MHD_Result result = look_up_in_library(connection, kind, key, key_size, &value, &length);
    if (result != MHD_YES)
        return result;
    if (kind == MHD_HEADER_KIND && key_size == sizeof name - 1 && strncasecmp(key, name, key_size) == 0
        && !content_length_read(value, length, &bytes))
        return MHD_NO;
    if (value_ptr)
        *value_ptr = value;
    if (value_size_ptr)
        *value_size_ptr = length;
    return MHD_YES;
}
#endif
