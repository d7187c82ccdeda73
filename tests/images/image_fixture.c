#include "image_fixture.h"

#include "check.h"
#include "memory.h"

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <webp/demux.h>

_Noreturn static void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

void bytes_release(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

void bytes_append(struct bytes *bytes, const void *data, size_t size)
{
    bytes->data = memory_resize(bytes->data, bytes->size + size);
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

struct bytes bytes_copy(const struct bytes *bytes)
{
    struct bytes copy = {0};
    bytes_append(&copy, bytes->data, bytes->size);
    return copy;
}

static char samples[256];

static void make_samples(void)
{
    char program[] = MAKE_IMAGES, *arguments[] = {program, samples, NULL}, *environment[] = {NULL};
    (void)snprintf(samples, sizeof samples, "%s", check_folder());
    pid_t child;
    int end = -1;
    if (posix_spawn(&child, program, NULL, NULL, arguments, environment) != 0 || waitpid(child, &end, 0) < 0
        || end != 0)
        give_up(program, "the sample pictures could not be made");
}

static struct bytes read_all(int fd)
{
    struct stat file;
    struct bytes bytes = {0};
    if (fd < 0 || fstat(fd, &file) < 0)
        give_up("file", "it can't be read");
    bytes.size = (size_t)file.st_size;
    bytes.data = memory_new(bytes.size);
    if (pread(fd, bytes.data, bytes.size, 0) != (ssize_t)bytes.size)
        give_up("file", "it can't be read whole");
    return bytes;
}

struct bytes sample_read(const char *name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char path[512];
    (void)pthread_once(&once, make_samples);
    (void)snprintf(path, sizeof path, "%s/%s", samples, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        give_up(path, "there is no such sample picture");
    struct bytes bytes = read_all(fd);
    close(fd);
    return bytes;
}

int memory_file(const void *data, size_t size)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
        give_up("memfd", "it can't be written");
    return fd;
}

struct darkroom_settings fixture_settings(void)
{
    const char *program = getenv("DARKROOM_PROGRAM");
    return (struct darkroom_settings){
        .program = program ? program : DARKROOM_PROGRAM,
        .processes = 2,
        .timeout_ms = 20000,
        .memory_bytes = 512 << 20,
        .limits = {.pixels = 100000000, .frames = 1000},
    };
}

struct darkroom *fixture_open(const struct darkroom_settings *settings)
{
    struct darkroom *darkroom = NULL;
    TEXT_CLEANUP struct text why = {0};
    if (darkroom_open(settings, &darkroom, &why) != STATUS_OK)
        give_up("darkroom", text_get(&why));
    return darkroom;
}

struct darkroom_files fixture_files(void)
{
    return (struct darkroom_files){memory_file("", 0), memory_file("", 0), memory_file("", 0)};
}

void developed_take(struct developed *developed, const struct darkroom_files *files)
{
    developed->large = read_all(files->large);
    developed->medium = read_all(files->medium);
    developed->thumbnail = read_all(files->thumbnail);
    close(files->large);
    close(files->medium);
    close(files->thumbnail);
}

struct developed develop(struct darkroom *darkroom, const void *data, size_t size)
{
    struct developed developed = {0};
    int original = memory_file(data, size);
    const struct darkroom_files files = fixture_files();
    developed.status = darkroom_develop(darkroom, &(struct darkroom_original){.file = original}, &files,
                                        &developed.result, &developed.why);
    developed_take(&developed, &files);
    close(original);
    return developed;
}

void developed_release(struct developed *developed)
{
    text_release(&developed->why);
    bytes_release(&developed->large);
    bytes_release(&developed->medium);
    bytes_release(&developed->thumbnail);
}

static uint32_t read_le(const uint8_t *data, size_t count)
{
    uint32_t value = 0;
    while (count-- > 0)
        value = value << 8 | data[count];
    return value;
}

/* The next chunk from *offset, which moves behind it; NULL at the end. */
static const uint8_t *next_chunk(const struct bytes *webp, size_t *offset, size_t *ret_size)
{
    if (*offset + 8 > webp->size)
        return NULL;
    const uint8_t *chunk = webp->data + *offset;
    size_t size = read_le(chunk + 4, 4);
    if (size > webp->size - *offset - 8)
        return NULL;
    *offset += 8 + size + (size & 1);
    *ret_size = size;
    return chunk;
}

void webp_list_chunks(const struct bytes *webp, struct text *out)
{
    size_t offset = 12, size = 0;
    bool whole = webp->size >= offset && memcmp(webp->data, "RIFF", 4) == 0 && memcmp(webp->data + 8, "WEBP", 4) == 0
                 && read_le(webp->data + 4, 4) + 8 == webp->size;
    text_clear(out);
    for (const uint8_t *chunk; whole && (chunk = next_chunk(webp, &offset, &size));)
        text_addf(out, "%.4s ", (const char *)chunk);
    if (!whole || offset != webp->size)
        text_setf(out, "broken");
}

size_t webp_durations(const struct bytes *webp, uint32_t *ret_durations, size_t room)
{
    size_t offset = 12, size = 0, frames = 0;
    for (const uint8_t *chunk; (chunk = next_chunk(webp, &offset, &size));) {
        if (memcmp(chunk, "ANMF", 4) != 0)
            continue;
        if (frames < room)
            ret_durations[frames] = read_le(chunk + 8 + 12, 3);
        frames++;
    }
    return frames;
}

uint32_t webp_plays(const struct bytes *webp)
{
    size_t offset = 12, size = 0;
    for (const uint8_t *chunk; (chunk = next_chunk(webp, &offset, &size));) {
        if (memcmp(chunk, "ANIM", 4) == 0)
            return read_le(chunk + 8 + 4, 2);
    }
    return UINT32_MAX;
}

/* The decoder of animations takes stills as well. NULL when the file can't be decoded so far; the pixels are the
 * decoder's. */
static WebPAnimDecoder *decode_frame(const struct bytes *webp, uint32_t frame, WebPAnimInfo *ret_info,
                                     uint8_t **ret_pixels)
{
    const WebPData data = {webp->data, webp->size};
    int time = 0;
    WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, NULL);
    bool decoded = decoder && WebPAnimDecoderGetInfo(decoder, ret_info);
    for (uint32_t i = 0; decoded && i <= frame; i++)
        decoded = WebPAnimDecoderGetNext(decoder, ret_pixels, &time);
    if (CHECK(decoded && *ret_pixels))
        return decoder;
    WebPAnimDecoderDelete(decoder);
    return NULL;
}

void webp_pixel(const struct bytes *webp, double x, double y, uint8_t ret_pixel[static 4])
{
    webp_frame_pixel(webp, 0, x, y, ret_pixel);
}

void webp_frame_pixel(const struct bytes *webp, uint32_t frame, double x, double y, uint8_t ret_pixel[static 4])
{
    WebPAnimInfo info = {0};
    uint8_t *pixels = NULL;
    memset(ret_pixel, 0, 4);
    WebPAnimDecoder *decoder = decode_frame(webp, frame, &info, &pixels);
    if (!decoder || !pixels)
        return;
    size_t column = (size_t)(x * info.canvas_width), row = (size_t)(y * info.canvas_height);
    memcpy(ret_pixel, pixels + (row * info.canvas_width + column) * 4, 4);
    WebPAnimDecoderDelete(decoder);
}

void webp_mean(const struct bytes *webp, double left, double top, double right, double bottom,
               double ret_mean[static 4])
{
    WebPAnimInfo info = {0};
    uint8_t *pixels = NULL;
    memset(ret_mean, 0, 4 * sizeof *ret_mean);
    WebPAnimDecoder *decoder = decode_frame(webp, 0, &info, &pixels);
    if (!decoder || !pixels)
        return;
    size_t count = 0;
    for (size_t y = (size_t)(top * info.canvas_height); y < (size_t)(bottom * info.canvas_height); y++) {
        for (size_t x = (size_t)(left * info.canvas_width); x < (size_t)(right * info.canvas_width); x++, count++) {
            for (int i = 0; i < 4; i++)
                ret_mean[i] += pixels[(y * info.canvas_width + x) * 4 + (size_t)i];
        }
    }
    for (int i = 0; count && i < 4; i++)
        ret_mean[i] /= (double)count;
    WebPAnimDecoderDelete(decoder);
}
