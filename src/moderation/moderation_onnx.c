/* The local moderator: nets that run on this machine, in sandboxed processes, offline. */
#include "json.h"
#include "memory.h"
#include "onnx_protocol.h"
#include "worker_pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct moderation_onnx {
    struct moderator moderator; /* first: it is what callers hold */
    struct manifest manifest;
    char *folder;
    struct text unsupported_labels;
    bool everything;
    struct worker_pool *pool; /* NULL: no label is visible, there is nothing to run */
};

static void list_unsupported_labels(const struct manifest *manifest, struct text *ret_labels)
{
    for (uint32_t i = 0; i < manifest->label_count; i++) {
        const struct manifest_label *label = &manifest->labels[i];
        if (!label->is_visible)
            text_addf(ret_labels, "%s%s", ret_labels->length ? ", " : "", label->name);
    }
    if (ret_labels->length)
        text_addf(ret_labels, " (%s: run `make models`, or the package's `cloudphotos-models`)",
                  manifest->runtime_is_there ? "their models are missing" : "ONNX Runtime is not there");
}

static bool sees_anything(const struct manifest *manifest)
{
    for (uint32_t i = 0; i < manifest->label_count; i++)
        if (manifest->labels[i].is_visible)
            return true;
    return false;
}

static enum status start(struct moderation_onnx *onnx, const struct moderation_settings *settings, struct text *why)
{
    const struct worker_pool_settings pool = {
        .name = "moderator",
        .work = "moderated",
        .program_name = "cloudphotos-moderator",
        .argument = onnx->folder,
        .processes = settings->processes,
        .timeout_ms = settings->timeout_ms,
        .memory_bytes = settings->memory_bytes,
        .job_bytes = sizeof(struct onnx_job),
        .answer_bytes = sizeof(struct onnx_answer),
        .descriptors = 1,
    };
    return worker_pool_open(&pool, &onnx->pool, why);
}

static void onnx_close(struct moderator *moderator)
{
    struct moderation_onnx *onnx = (struct moderation_onnx *)moderator;
    worker_pool_close(onnx->pool);
    manifest_release(&onnx->manifest);
    text_release(&onnx->unsupported_labels);
    free(onnx->folder);
    free(onnx);
}

static enum status onnx_open(const struct moderation_settings *settings, struct moderator **ret_moderator,
                             struct text *why)
{
    struct moderation_onnx *onnx = NEW(struct moderation_onnx);
    onnx->moderator.ops = &moderation_onnx_ops;
    onnx->everything = settings->everything;
    onnx->folder = settings->models ? memory_copy_string(settings->models) : manifest_find_folder();
    enum status status = manifest_read(onnx->folder, &onnx->manifest, why);
    if (status == STATUS_OK)
        status = manifest_refuse(&onnx->manifest, settings->refuse, why);
    if (status == STATUS_OK)
        list_unsupported_labels(&onnx->manifest, &onnx->unsupported_labels);
    if (status == STATUS_OK && sees_anything(&onnx->manifest))
        status = start(onnx, settings, why);
    if (status != STATUS_OK) {
        onnx_close(&onnx->moderator);
        return status;
    }
    onnx->moderator.unsupported_labels = onnx->unsupported_labels.length ? text_get(&onnx->unsupported_labels) : NULL;
    *ret_moderator = &onnx->moderator;
    return STATUS_OK;
}

static int compare_labels(const void *one, const void *other)
{
    double difference =
        ((const struct moderation_label *)other)->confidence - ((const struct moderation_label *)one)->confidence;
    return (difference > 0) - (difference < 0);
}

/* Rekognition lists a label's parent with it, as sure as the surest of its children. */
static void add_parents(struct moderation_labels *labels, const struct moderation_label *sorted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool is_listed = sorted[i].parent[0] == '\0';
        for (size_t k = 0; k < i; k++)
            is_listed = is_listed || strcmp(sorted[k].parent, sorted[i].parent) == 0;
        labels->rows[labels->count++] = sorted[i];
        if (!is_listed)
            labels->rows[labels->count++] =
                moderation_label_make(sorted[i].parent, "", sorted[i].confidence, MODERATION_LABEL);
    }
}

/* Less is noise that nobody should read as a label; the audit trail has every score. */
enum { LEAST_CONFIDENCE = 25 };

static void read_labels(const struct manifest *manifest, const struct inspection *inspection,
                        struct moderation_labels *ret_labels)
{
    struct moderation_label found[MODERATION_LABELS_MAX / 2] = {0};
    size_t count = 0;
    *ret_labels = (struct moderation_labels){0};
    for (uint32_t i = 0; i < manifest->label_count; i++) {
        const struct manifest_label *label = &manifest->labels[i];
        double confidence = 0;
        for (enum region_kind kind = 0; kind < REGION_KINDS; kind++)
            confidence = fmax(confidence, manifest_confidence(label, kind, (double)inspection->scores[kind][i]));
        if (label->is_visible && confidence >= LEAST_CONFIDENCE)
            found[count++] = moderation_label_make(label->name, label->parent, confidence, label->action);
    }
    qsort(found, count, sizeof found[0], compare_labels);
    add_parents(ret_labels, found, count);
}

/* Of one label, in each kind of region that it is looked for in. */
static void write_scores(const struct manifest_label *label, const struct inspection *inspection, uint32_t index,
                         struct text *ret_audit)
{
    static const char *const prefixes[REGION_KINDS] = {"", "tile_", "small_tile_"};
    for (enum region_kind kind = 0; kind < REGION_KINDS; kind++)
        if (label->thresholds[kind] > 0)
            text_addf(ret_audit, "%s\"%sscore\":%.4f,\"%sthreshold\":%.4f", kind == REGION_WHOLE ? "{" : ",",
                      prefixes[kind], (double)inspection->scores[kind][index], prefixes[kind],
                      (double)label->thresholds[kind]);
    text_add(ret_audit, "}");
}

static void write_audit(const struct manifest *manifest, const struct inspection *inspection, struct text *ret_audit)
{
    text_setf(ret_audit, "{\"moderator\":\"onnx\",\"runtime\":");
    json_add_string_or_null(ret_audit, manifest->runtime_version);
    text_add(ret_audit, ",\"models\":{");
    for (uint32_t i = 0, written = 0; i < manifest->net_count; i++) {
        if (!inspection->runs[i])
            continue;
        text_add(ret_audit, written++ ? "," : "");
        json_add_string_or_null(ret_audit, manifest->nets[i].name);
        text_add(ret_audit, ":{\"version\":");
        json_add_string_or_null(ret_audit, manifest->nets[i].version);
        text_addf(ret_audit, ",\"runs\":%u}", inspection->runs[i]);
    }
    text_add(ret_audit, "},\"scores\":{");
    for (uint32_t i = 0, written = 0; i < manifest->label_count; i++) {
        const struct manifest_label *label = &manifest->labels[i];
        if (!label->is_visible)
            continue;
        text_add(ret_audit, written++ ? "," : "");
        json_add_string_or_null(ret_audit, label->name);
        text_add(ret_audit, ":");
        write_scores(label, inspection, i, ret_audit);
    }
    text_add(ret_audit, "}}");
}

static enum status onnx_inspect(struct moderator *moderator, const struct moderation_image *image,
                                struct moderation_labels *ret_labels, struct text *audit, struct text *why)
{
    struct moderation_onnx *onnx = (struct moderation_onnx *)moderator;
    const struct onnx_job job = {.offset = image->offset,
                                 .width = image->width,
                                 .height = image->height,
                                 .frames = image->frames,
                                 .everything = onnx->everything};
    struct onnx_answer answer = {0};
    enum status status = STATUS_OK;
    if (onnx->pool)
        status = worker_pool_work(onnx->pool, &job, &image->file, &answer, why);
    if (status != STATUS_OK)
        return status;
    read_labels(&onnx->manifest, &answer.inspection, ret_labels);
    write_audit(&onnx->manifest, &answer.inspection, audit);
    return STATUS_OK;
}

static void onnx_get_stats(const struct moderator *moderator, struct moderation_stats *ret_stats)
{
    const struct moderation_onnx *onnx = (const struct moderation_onnx *)moderator;
    struct worker_pool_stats stats = {0};
    if (onnx->pool)
        worker_pool_get_stats(onnx->pool, &stats);
    *ret_stats = (struct moderation_stats){
        .inspected = stats.done, .restarts = stats.restarts, .processes = stats.processes, .busy = stats.busy};
}

static const struct moderation_input input = {
    .short_side = MODERATION_SHORT_SIDE, .long_side = MODERATION_LONG_SIDE, .frames = MODERATION_FRAMES_MAX};

const struct moderator_ops moderation_onnx_ops = {
    .name = "onnx",
    .input = &input,
    .open = onnx_open,
    .close = onnx_close,
    .inspect = onnx_inspect,
    .get_stats = onnx_get_stats,
};
