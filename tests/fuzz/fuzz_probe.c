/* The one reader of pictures outside the sandbox: whatever the bytes, it ends, stays inside them, and has a reason or a
 * size. */
#include "fuzz.h"
#include "probe.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int file = -1;
    if (file < 0)
        file = memfd_create("fuzz", MFD_CLOEXEC);
    assert(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);

    const struct image_limits limits = {.pixels = 100000000, .frames = 100};
    TEXT_CLEANUP struct text why = {0};
    struct image_info info;
    enum status status = image_probe(file, size, &limits, &info, &why);
    if (status != STATUS_OK) {
        assert(why.length > 0);
        assert(status == STATUS_UNSUPPORTED || status == STATUS_UNPROCESSABLE || status == STATUS_TOO_LARGE);
        return 0;
    }
    assert(info.width > 0 && info.height > 0 && info.frames > 0 && info.frames <= limits.frames);
    assert((uint64_t)info.width * info.height * info.frames <= limits.pixels);
    assert(info.part.offset <= size && info.part.bytes <= size - info.part.offset && info.part.bytes > 0);
    const struct capture_time *captured = &info.captured;
    char taken[CAPTURE_TIME_SIZE];
    capture_time_format(captured, taken);
    assert(strspn(taken, "0123456789-+:.T") == strlen(taken) && (!captured->is_known || strcmp(taken, "1826") > 0));
    assert(captured->has_offset ? captured->is_known : captured->offset_minutes == 0);
    assert(info.part.format != IMAGE_RAW && info.part.orientation <= 8);
    return 0;
}
