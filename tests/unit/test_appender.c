/* Pieces of any size come into the file as they would one by one, and what the file can't take is told. */
#include "appender.h"
#include "check.h"
#include "file_at.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECES_MAX = 4, BEFORE = 3, BYTES_MAX = 4 * APPENDER_BYTES };

static size_t size_of(int file)
{
    struct stat status = {0};
    CHECK_INT(fstat(file, &status), 0);
    return (size_t)status.st_size;
}

/* Every place has its own byte, as far as 251 is no divisor of what is gathered. */
static char byte_at(size_t place)
{
    return (char)(place % 251);
}

static void check_bytes(int file, size_t size)
{
    char *bytes = memory_new(BYTES_MAX);
    size_t wrong = 0;
    CHECK_INT(size_of(file), size);
    CHECK_INT(file_read_at(file, bytes, size, 0), size);
    for (size_t i = 0; i < size; i++)
        wrong += bytes[i] != byte_at(i);
    CHECK_INT(wrong, 0);
    free(bytes);
}

static void test_pieces(void)
{
    static const struct {
        const char *name;
        size_t pieces[PIECES_MAX];
        size_t early; /* bytes that are in the file before the flush */
    } rows[] = {
        {"nothing", {0}, 0},
        {"a byte", {1}, 0},
        {"all that is gathered at most", {APPENDER_BYTES}, 0},
        {"a byte more", {APPENDER_BYTES, 1}, APPENDER_BYTES},
        {"a piece over the edge", {APPENDER_BYTES - 1, 2}, APPENDER_BYTES},
        {"up to the edge, twice", {APPENDER_BYTES - 5, 5, APPENDER_BYTES}, APPENDER_BYTES},
        {"a piece larger than is gathered", {7, 2 * APPENDER_BYTES + 9, 1}, 2 * APPENDER_BYTES},
    };
    char *bytes = memory_new(BYTES_MAX);
    for (size_t i = 0; i < BYTES_MAX; i++)
        bytes[i] = byte_at(i);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        int file = memfd_create("appended", MFD_CLOEXEC);
        CHECK(file_write_at(file, bytes, BEFORE, 0));
        struct appender *appender = appender_new(file, BEFORE);
        size_t size = BEFORE;
        for (size_t k = 0; k < PIECES_MAX; size += rows[i].pieces[k++])
            CHECK(appender_add(appender, bytes + size, rows[i].pieces[k]));
        check_bytes(file, BEFORE + rows[i].early);
        CHECK(appender_flush(appender));
        check_bytes(file, size);
        CHECK(appender_flush(appender));
        check_bytes(file, size);
        appender_free(appender);
        (void)close(file);
    }
    free(bytes);
    appender_free(NULL);
}

/* /dev/full (full(4)) takes no byte. */
static void test_full(void)
{
    static const char bytes[APPENDER_BYTES];
    int file = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct appender *appender = appender_new(file, 0);
    check_case("nothing is told before something is written");
    CHECK(appender_add(appender, bytes, sizeof bytes));
    check_case("an addition that is one too many");
    errno = 0;
    CHECK(!appender_add(appender, bytes, 1));
    CHECK_INT(errno, ENOSPC);
    check_case("the flush");
    errno = 0;
    CHECK(!appender_flush(appender));
    CHECK_INT(errno, ENOSPC);
    appender_free(appender);
    (void)close(file);
}

CHECK_MAIN({"pieces of any size come into the file as they are", test_pieces}, {"a full disk is told", test_full})
