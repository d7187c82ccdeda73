#include "jpeg.h"

#include "exif.h"
#include "image_limits.h"
#include "memory.h"
#include "profile.h"
#include "reasons.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* after stdio.h: it does not stand alone */
#include <jpeglib.h>

#include <jerror.h>

enum { BLOCK_BYTES = 64 << 10, SCANS_MAX = 500, EIGHTHS = 8, MARKER_EXIF = JPEG_APP0 + 1, MARKER_ICC = JPEG_APP0 + 2 };

struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    enum status status; /* why it failed */
    struct text *why;

    int file;
    uint64_t offset, end;
    bool ended;      /* the file, before an end marker came */
    uint64_t memory; /* that is allowed: for sentences */
    struct shrinker shrinker;
    JSAMPARRAY rows[PICTURE_PLANES_MAX]; /* of one row of MCUs, plane by plane */
    uint8_t *samples;                    /* behind them */
    uint8_t block[BLOCK_BYTES];
};

_Noreturn static void fail(struct decoder *decoder, enum status status, enum reason reason)
{
    decoder->status = status;
    reason_set(decoder->why, reason, "JPEG");
    longjmp(decoder->failed, 1);
}

/* What the library says is for nobody who owns a photo. */
static void on_error(j_common_ptr jpeg)
{
    struct decoder *decoder = jpeg->client_data;
    if (jpeg->err->msg_code != JERR_OUT_OF_MEMORY)
        fail(decoder, STATUS_UNPROCESSABLE, REASON_IMAGE_DAMAGED);
    char allowed[REASON_NUMBER_SIZE];
    reason_set(decoder->why, REASON_IMAGE_NEEDS_MEMORY, "JPEG", reason_bytes(allowed, decoder->memory));
    decoder->status = STATUS_TOO_LARGE;
    longjmp(decoder->failed, 1);
}

/* A picture with a piece missing is refused; odd but complete ones, which cameras do write, are taken. */
static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0 && jpeg->err->msg_code == JWRN_HIT_MARKER)
        fail(jpeg->client_data, STATUS_UNPROCESSABLE, REASON_IMAGE_INCOMPLETE);
}

/* A file can ask for thousands of passes over the whole picture. */
static void on_progress(j_common_ptr common)
{
    struct decoder *decoder = common->client_data;
    if (decoder->jpeg.input_scan_number > SCANS_MAX)
        fail(decoder, STATUS_TOO_LARGE, REASON_IMAGE_TOO_COMPLEX);
}

static void do_nothing(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

static boolean fill_block(j_decompress_ptr jpeg)
{
    struct decoder *decoder = jpeg->client_data;
    uint64_t left = decoder->offset < decoder->end ? decoder->end - decoder->offset : 0;
    ssize_t count;
    do {
        count = pread(decoder->file, decoder->block, left < sizeof decoder->block ? left : sizeof decoder->block,
                      (off_t)decoder->offset);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) { /* a whole picture needs no more than an end marker now; another makes the decoder complain */
        static const uint8_t end_marker[] = {0xFF, JPEG_EOI};
        memcpy(decoder->block, end_marker, sizeof end_marker);
        count = sizeof end_marker;
        decoder->ended = true;
    }
    decoder->offset += (uint64_t)count;
    decoder->source.next_input_byte = decoder->block;
    decoder->source.bytes_in_buffer = (size_t)count;
    return TRUE;
}

static void skip_bytes(j_decompress_ptr jpeg, long count)
{
    struct decoder *decoder = jpeg->client_data;
    struct jpeg_source_mgr *source = &decoder->source;
    if (count <= 0)
        return;
    if ((size_t)count <= source->bytes_in_buffer) {
        source->next_input_byte += count;
        source->bytes_in_buffer -= (size_t)count;
        return;
    }
    decoder->offset += (size_t)count - source->bytes_in_buffer;
    source->bytes_in_buffer = 0;
}

static struct decoder *decoder_new(int file, const struct job *job, struct text *why)
{
    struct decoder *decoder = NEW(struct decoder);
    decoder->file = file;
    decoder->offset = job->original_offset;
    decoder->end = job->original_offset + job->original_bytes;
    decoder->memory = job->limits.memory;
    decoder->why = why;
    decoder->jpeg.err = jpeg_std_error(&decoder->errors);
    decoder->errors.error_exit = on_error;
    decoder->errors.emit_message = on_message;
    decoder->progress.progress_monitor = on_progress;
    decoder->source = (struct jpeg_source_mgr){.init_source = do_nothing,
                                               .fill_input_buffer = fill_block,
                                               .skip_input_data = skip_bytes,
                                               .resync_to_restart = jpeg_resync_to_restart,
                                               .term_source = do_nothing};
    return decoder;
}

static void decoder_free(struct decoder *decoder)
{
    shrinker_release(&decoder->shrinker);
    jpeg_destroy_decompress(&decoder->jpeg);
    for (size_t i = 0; i < PICTURE_PLANES_MAX; i++)
        free(decoder->rows[i]);
    free(decoder->samples);
    free(decoder);
}

static bool has_foreign_profile(struct decoder *decoder)
{
    JOCTET *data = NULL;
    unsigned size = 0;
    if (!jpeg_read_icc_profile(&decoder->jpeg, &data, &size))
        return false;
    bool foreign = !profile_is_srgb(data, size);
    free(data);
    return foreign;
}

static int find_orientation(const struct decoder *decoder)
{
    for (jpeg_saved_marker_ptr marker = decoder->jpeg.marker_list; marker; marker = marker->next) {
        int orientation = marker->marker == MARKER_EXIF ? exif_orientation(marker->data, marker->data_length) : 0;
        if (orientation) /* of several the first counts */
            return orientation;
    }
    return 1;
}

/* As small as the transform makes it and still twice what is wanted. Nearer to it the kernel of the transform, a sharp
 * edge in frequencies, would show: measured, twice the size is as like the original as all of it. Only halvings:
 * libjpeg-turbo has vector code for those, and the sizes between cost more than they save. */
static void choose_scale(struct decoder *decoder, uint32_t width, uint32_t height)
{
    uint64_t wanted_x = (uint64_t)width * 2 * EIGHTHS, wanted_y = (uint64_t)height * 2 * EIGHTHS;
    unsigned eighths = EIGHTHS;
    while (eighths > 1 && (uint64_t)decoder->jpeg.image_width * (eighths / 2) >= wanted_x
           && (uint64_t)decoder->jpeg.image_height * (eighths / 2) >= wanted_y)
        eighths /= 2;
    decoder->jpeg.scale_num = eighths;
    decoder->jpeg.scale_denom = EIGHTHS;
}

/* How far the target's samples lie apart in the plane that the decoder gives. False: closer than they lie there. */
static bool measure_plane(const struct decoder *decoder, unsigned plane, const struct picture *target,
                          struct shrink_geometry *ret_geometry)
{
    const struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    const jpeg_component_info *component = &jpeg->comp_info[plane];
    double size = component->DCT_scaled_size, halved = plane ? 2 : 1;
    double across = size * component->h_samp_factor / (jpeg->max_h_samp_factor * EIGHTHS);
    double down = size * component->v_samp_factor / (jpeg->max_v_samp_factor * EIGHTHS);
    *ret_geometry = (struct shrink_geometry){
        .width = component->downsampled_width,
        .height = component->downsampled_height,
        .step_x = jpeg->image_width * across / target->width * halved,
        .step_y = jpeg->image_height * down / target->height * halved,
    };
    return ret_geometry->step_x > 0.999 && ret_geometry->step_y > 0.999
           && ret_geometry->width >= target->planes[plane].width
           && ret_geometry->height >= target->planes[plane].height;
}

static unsigned rows_of(const jpeg_component_info *component)
{
    return (unsigned)(component->v_samp_factor * component->DCT_scaled_size);
}

/* Room for a row of MCUs: libjpeg writes whole blocks, beyond the picture's edge too. */
static void make_rows(struct decoder *decoder)
{
    const struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    size_t total = 0, offset = 0;
    for (int i = 0; i < jpeg->num_components; i++)
        total += (size_t)rows_of(&jpeg->comp_info[i]) * jpeg->comp_info[i].width_in_blocks
                 * (size_t)jpeg->comp_info[i].DCT_scaled_size;
    decoder->samples = memory_new(total);
    for (int i = 0; i < jpeg->num_components; i++) {
        const jpeg_component_info *component = &jpeg->comp_info[i];
        unsigned rows = rows_of(component);
        decoder->rows[i] = NEW_ARRAY(rows, JSAMPROW);
        for (unsigned row = 0; row < rows; row++) {
            decoder->rows[i][row] = decoder->samples + offset;
            offset += component->width_in_blocks * (size_t)component->DCT_scaled_size;
        }
    }
}

static void feed_rows(struct decoder *decoder)
{
    const struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    for (int i = 0; i < jpeg->num_components; i++) {
        const jpeg_component_info *component = &jpeg->comp_info[i];
        uint32_t left = component->downsampled_height - decoder->shrinker.scalers[i].rows_in;
        unsigned rows = rows_of(component) < left ? rows_of(component) : left;
        for (unsigned row = 0; row < rows; row++)
            shrinker_feed(&decoder->shrinker, (unsigned)i, decoder->rows[i][row]);
    }
}

/* A file that ended between two scans lacks what those behind would have said. */
static void check_scans(struct decoder *decoder)
{
    const struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    for (int i = 0; decoder->ended && jpeg->progressive_mode && i < jpeg->num_components; i++) {
        for (unsigned k = 0; k < DCTSIZE2; k++) {
            if (jpeg->coef_bits[i][k] != 0) /* bits that are still to come; -1: all */
                fail(decoder, STATUS_UNPROCESSABLE, REASON_IMAGE_INCOMPLETE);
        }
    }
}

/* Goes through a picture without an end marker, as small as can be: a piece that is missing makes it fail. */
static void check_whole(struct decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    jpeg->scale_num = 1;
    jpeg->scale_denom = EIGHTHS;
    jpeg->out_color_space = jpeg->jpeg_color_space;
    (void)jpeg_start_decompress(jpeg);
    check_scans(decoder);
    decoder->samples = memory_new_array(jpeg->output_width, (size_t)jpeg->output_components);
    while (jpeg->output_scanline < jpeg->output_height)
        (void)jpeg_read_scanlines(jpeg, &decoder->samples, 1);
}

static void decode(struct decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    unsigned lines = (unsigned)(jpeg->max_v_samp_factor * jpeg->min_DCT_scaled_size);
    while (jpeg->output_scanline < jpeg->output_height) {
        if (jpeg_read_raw_data(jpeg, decoder->rows, lines) == 0)
            fail(decoder, STATUS_UNPROCESSABLE, REASON_IMAGE_INCOMPLETE);
        feed_rows(decoder);
    }
}

/* From JPEG's range 0 to 255 (JFIF) to WebP's 16 to 235, for chroma to 240. */
static void narrow_range(struct picture *picture)
{
    for (unsigned i = 0; i < 3; i++) {
        struct plane *plane = &picture->planes[i];
        unsigned gain = i ? 224 : 219, offset = i ? 128 * (255 - 224) : 16 * 255;
        size_t count = (size_t)plane->width * plane->height;
        uint8_t *samples = plane->samples;
        for (size_t k = 0; k < count; k++)
            samples[k] = (uint8_t)((samples[k] * gain + offset + 127) / 255);
    }
}

static void fill_grey(struct picture *picture)
{
    for (unsigned i = 1; i < 3; i++)
        memset(picture->planes[i].samples, 128, (size_t)picture->planes[i].width * picture->planes[i].height);
}

/* False: not for us. */
static bool start(struct decoder *decoder, const struct job *job, struct picture *large)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    jpeg->client_data = decoder;
    jpeg_create_decompress(jpeg);
    jpeg->src = &decoder->source;
    jpeg->progress = &decoder->progress;
    jpeg_save_markers(jpeg, MARKER_EXIF, 0xFFFF);
    jpeg_save_markers(jpeg, MARKER_ICC, 0xFFFF);
    (void)jpeg_read_header(jpeg, TRUE);

    const struct image_info info = {
        .format = IMAGE_JPEG, .width = jpeg->image_width, .height = jpeg->image_height, .frames = 1};
    decoder->status = image_limits_check(&job->limits, &info, decoder->why);
    if (decoder->status != STATUS_OK)
        longjmp(decoder->failed, 1);
    bool grey = jpeg->jpeg_color_space == JCS_GRAYSCALE && jpeg->num_components == 1;
    bool planes = jpeg->jpeg_color_space == JCS_YCbCr && jpeg->num_components == 3;
    if ((!grey && !planes) || has_foreign_profile(decoder)) {
        if (job->is_untidy)
            check_whole(decoder); /* the reader's library would not tell */
        return false;
    }

    uint32_t width, height;
    picture_fit(jpeg->image_width, jpeg->image_height, job->large_side, &width, &height);
    choose_scale(decoder, width, height);
    if (jpeg_has_multiple_scans(jpeg))
        (void)malloc_trim(0); /* all its coefficients must be held: not beside what earlier photos left in the heap */
    jpeg->raw_data_out = TRUE;
    jpeg->out_color_space = jpeg->jpeg_color_space;
    (void)jpeg_start_decompress(jpeg);
    check_scans(decoder);
    picture_init(large, PICTURE_YUV, width, height);
    struct shrink_geometry geometries[PICTURE_PLANES_MAX];
    for (int i = 0; i < jpeg->num_components; i++) {
        if (!measure_plane(decoder, (unsigned)i, large, &geometries[i]))
            return false;
    }
    shrinker_init(&decoder->shrinker, geometries, large, (unsigned)jpeg->num_components);
    make_rows(decoder);
    return true;
}

enum status jpeg_read(int file, const struct job *job, struct picture *ret_large, int *ret_orientation,
                      struct text *why)
{
    struct decoder *decoder = decoder_new(file, job, why);
    struct picture *large = NEW(struct picture);
    if (setjmp(decoder->failed) == 0) {
        if (start(decoder, job, large)) {
            decode(decoder);
            narrow_range(large);
            if (decoder->jpeg.num_components == 1)
                fill_grey(large);
            decoder->status = STATUS_OK;
        } else {
            decoder->status = STATUS_NOT_FOUND;
        }
    }
    enum status status = decoder->status;
    *ret_orientation = job->orientation ? job->orientation : find_orientation(decoder);
    if (status == STATUS_OK)
        *ret_large = *large;
    else
        picture_release(large);
    free(large);
    decoder_free(decoder);
    return status;
}
