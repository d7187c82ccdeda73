#include "inspector.h"

#include "memory.h"
#include "onnx_runtime.h"
#include "regions.h"

#include <stdlib.h>
#include <string.h>

struct inspector {
    const struct manifest *manifest;
    struct onnx_runtime *runtime;
    struct onnx_net *nets[NETS_MAX]; /* NULL: no visible label needs it */
    float *scores[NETS_MAX];         /* of the region that is inspected */
};

static bool is_needed(const struct manifest *manifest, uint32_t net)
{
    for (uint32_t i = 0; i < manifest->label_count; i++) {
        const struct manifest_label *label = &manifest->labels[i];
        for (uint32_t k = 0; label->is_visible && k < label->evidence_count; k++)
            if (label->evidence[k].net == net)
                return true;
    }
    return false;
}

static enum status open_net(struct inspector *inspector, uint32_t index, struct text *why)
{
    const struct manifest_net *net = &inspector->manifest->nets[index];
    struct onnx_shape shape = {
        .input = net->input,
        .output = net->output,
        .dimensions = {1, CHANNELS, net->side, net->side},
        .outputs = net->classes,
    };
    if (net->is_nhwc)
        memcpy(shape.dimensions, (const int64_t[]){1, net->side, net->side, CHANNELS}, sizeof shape.dimensions);
    inspector->scores[index] = NEW_ARRAY(net->classes, float);
    enum status status = onnx_net_open(inspector->runtime, net->path, &shape, &inspector->nets[index], why);
    if (status != STATUS_OK)
        return status;
    /* Once for nothing: what is made at the first run is made before there are workers, and a wrong manifest found. */
    TEXT_CLEANUP struct text reason = {0};
    status = onnx_net_run(inspector->nets[index], inspector->scores[index], &reason);
    if (status != STATUS_OK)
        text_setf(why, "%s: %s", net->path, text_get(&reason));
    return status;
}

enum status inspector_open(const struct manifest *manifest, struct inspector **ret_inspector, struct text *why)
{
    struct inspector *inspector = NEW(struct inspector);
    inspector->manifest = manifest;
    enum status status = onnx_runtime_open(manifest->runtime, &inspector->runtime, why);
    for (uint32_t i = 0; status == STATUS_OK && i < manifest->net_count; i++)
        if (is_needed(manifest, i))
            status = open_net(inspector, i, why);
    if (status == STATUS_OK)
        *ret_inspector = inspector;
    else
        free(inspector); /* the process ends: what the library holds goes with it */
    return status;
}

/* One region of one frame, while it is inspected: each net is asked at most once, however many labels want to know. */
struct scan {
    struct inspector *inspector;
    const uint8_t *frame;
    uint32_t width;
    const struct region *region;
    bool everything;
    bool asked[NETS_MAX];
    float uncut[MODERATION_LABELS_MAX]; /* scores of the region that the tiles are of */
    struct inspection *inspection;
    struct text *why;
};

static enum status ask(struct scan *scan, uint32_t net)
{
    struct inspector *inspector = scan->inspector;
    if (scan->asked[net])
        return STATUS_OK;
    scan->asked[net] = true;
    scan->inspection->runs[net]++;
    region_read(scan->region, scan->frame, scan->width, &inspector->manifest->nets[net],
                onnx_net_input(inspector->nets[net]));
    return onnx_net_run(inspector->nets[net], inspector->scores[net], scan->why);
}

static float sum_outputs(const struct manifest_evidence *evidence, const float *scores)
{
    float sum = 0;
    for (uint32_t i = 0; i < evidence->output_count; i++)
        sum += scores[evidence->outputs[i]];
    return sum > 1 ? 1 : sum;
}

/* What the nets have said so far about one label. */
struct opinion {
    float sum, last;
    uint32_t asked;
};

/* Whether the next net is worth its time: even if all that are left are quite sure, does the score reach the threshold?
 * And did the last one say what the manifest asks for? */
static bool goes_on(const struct manifest_label *label, float threshold, const struct opinion *opinion)
{
    float left = (float)(label->evidence_count - opinion->asked);
    return opinion->sum + left >= threshold * (float)label->evidence_count
           && opinion->last >= label->evidence[opinion->asked - 1].go_on_at;
}

static void keep_largest(float *largest, float score)
{
    *largest = score > *largest ? score : *largest;
}

/* A label's score is the mean over its nets. Where it is cut short, the nets that were not asked count as 0: it stays
 * below the threshold, where it would have been anyway. */
static enum status score_label(struct scan *scan, uint32_t index)
{
    const struct manifest_label *label = &scan->inspector->manifest->labels[index];
    enum region_kind kind = scan->region->kind;
    struct opinion opinion = {0};
    while (opinion.asked < label->evidence_count
           && (opinion.asked == 0 || scan->everything || goes_on(label, label->thresholds[kind], &opinion))) {
        const struct manifest_evidence *evidence = &label->evidence[opinion.asked++];
        enum status status = ask(scan, evidence->net);
        if (status != STATUS_OK)
            return status;
        opinion.last = sum_outputs(evidence, scan->inspector->scores[evidence->net]);
        opinion.sum += opinion.last;
    }
    float score = opinion.sum / (float)label->evidence_count;
    keep_largest(&scan->inspection->scores[kind][index], score);
    if (kind == REGION_WHOLE)
        scan->uncut[index] = score;
    return STATUS_OK;
}

static bool is_wanted(const struct scan *scan, uint32_t index)
{
    const struct manifest_label *label = &scan->inspector->manifest->labels[index];
    if (!label->is_visible || scan->region->kind == REGION_WHOLE)
        return label->is_visible;
    return label->thresholds[scan->region->kind] > 0 && (scan->everything || scan->uncut[index] >= label->tiles_from);
}

static enum status score_region(struct scan *scan, const struct region *region)
{
    scan->region = region;
    memset(scan->asked, 0, sizeof scan->asked);
    for (uint32_t i = 0; i < scan->inspector->manifest->label_count; i++) {
        enum status status = is_wanted(scan, i) ? score_label(scan, i) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status score_region_and_tiles(struct scan *scan, const struct region *region)
{
    struct region tiles[TILES_MAX];
    size_t count = region_tiles(region, tiles);
    memset(scan->uncut, 0, sizeof scan->uncut);
    enum status status = score_region(scan, region);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = score_region(scan, &tiles[i]);
    scan->region = NULL;
    return status;
}

enum status inspector_inspect(struct inspector *inspector, const uint8_t *pixels, const struct moderation_image *image,
                              bool everything, struct inspection *ret_inspection, struct text *why)
{
    struct region regions[REGIONS_MAX];
    size_t count = regions_of(image->width, image->height, regions);
    size_t frame_bytes = (size_t)image->width * image->height * CHANNELS;
    enum status status = STATUS_OK;
    *ret_inspection = (struct inspection){0};
    struct scan scan = {.inspector = inspector,
                        .width = image->width,
                        .everything = everything,
                        .inspection = ret_inspection,
                        .why = why};
    for (uint32_t frame = 0; frame < image->frames; frame++) {
        scan.frame = pixels + frame * frame_bytes;
        for (size_t i = 0; status == STATUS_OK && i < count; i++)
            status = score_region_and_tiles(&scan, &regions[i]);
    }
    return status;
}
