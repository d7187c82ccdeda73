#include "appender.h"

#include "file_at.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

struct appender {
    int file;
    uint64_t offset; /* in the file, of what was gathered */
    size_t gathered;
    char bytes[APPENDER_BYTES];
};

struct appender *appender_new(int file, uint64_t offset)
{
    struct appender *appender = NEW(struct appender);
    appender->file = file;
    appender->offset = offset;
    return appender;
}

void appender_free(struct appender *appender)
{
    free(appender);
}

bool appender_flush(struct appender *appender)
{
    if (!file_write_at(appender->file, appender->bytes, appender->gathered, appender->offset))
        return false;
    appender->offset += appender->gathered;
    appender->gathered = 0;
    return true;
}

bool appender_add(struct appender *appender, const void *bytes, size_t size)
{
    for (const char *from = bytes; size > 0;) {
        if (appender->gathered == APPENDER_BYTES && !appender_flush(appender))
            return false;
        size_t room = APPENDER_BYTES - appender->gathered, count = size < room ? size : room;
        memcpy(appender->bytes + appender->gathered, from, count);
        appender->gathered += count;
        from += count;
        size -= count;
    }
    return true;
}
