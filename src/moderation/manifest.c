#include "manifest.h"

#include "json.h"
#include "memory.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MODELS_INSTALL_FOLDER
#define MODELS_INSTALL_FOLDER "/usr/local/share/cloudphotos/models"
#endif

enum { MANIFEST_BYTES_MAX = 1 << 20 };

/* What is being read: for sentences, and for the paths of files. */
struct reading {
    struct manifest *manifest;
    const char *folder, *entry;
    struct text *why;
};

static enum status refuse(const struct reading *reading, const char *sentence)
{
    text_setf(reading->why, "%s/manifest.json: %s: %s", reading->folder, reading->entry, sentence);
    return STATUS_INVALID;
}

static const char *read_string(const struct reading *reading, const json_t *entry, const char *key,
                               const char *otherwise)
{
    const char *value = json_string_value(json_object_get(entry, key));
    return value ? arena_copy_string(&reading->manifest->arena, value) : otherwise;
}

/* NAN, which no range takes, for what is there and no number. */
static float read_number(const json_t *entry, const char *key, float otherwise)
{
    const json_t *value = json_object_get(entry, key);
    return !value ? otherwise : json_is_number(value) ? (float)json_number_value(value) : NAN;
}

/* Beside the manifest. Its length is checked here; `make models` checked its sum. */
static bool find_file(const struct reading *reading, const json_t *entry, const char **ret_path)
{
    struct stat file;
    const char *name = json_string_value(json_object_get(entry, "file"));
    json_int_t bytes = json_integer_value(json_object_get(entry, "bytes"));
    if (!name || strchr(name, '/'))
        return false;
    *ret_path = arena_printf(&reading->manifest->arena, "%s/%s", reading->folder, name);
    return stat(*ret_path, &file) == 0 && (bytes == 0 || file.st_size == bytes);
}

static bool read_channels(const json_t *array, float otherwise, float ret_values[static CHANNELS])
{
    for (size_t i = 0; i < CHANNELS; i++) {
        const json_t *value = json_array_get(array, i);
        if (array && !json_is_number(value))
            return false;
        ret_values[i] = array ? (float)json_number_value(value) : otherwise;
    }
    return true;
}

static enum status read_net(struct reading *reading, const json_t *entry)
{
    struct manifest *manifest = reading->manifest;
    reading->entry = read_string(reading, entry, "name", "a model without a name");
    if (manifest->net_count == NETS_MAX)
        return refuse(reading, "there are too many models");
    struct manifest_net *net = &manifest->nets[manifest->net_count];
    const json_t *input = json_object_get(entry, "input");
    *net = (struct manifest_net){
        .name = reading->entry,
        .version = read_string(reading, entry, "version", ""),
        .input = read_string(reading, input, "name", "input"),
        .output = read_string(reading, entry, "output", "scores"),
        .side = (uint32_t)json_integer_value(json_object_get(input, "side")),
        .is_nhwc = strcmp(read_string(reading, input, "layout", "nchw"), "nhwc") == 0,
        .classes = (uint32_t)json_integer_value(json_object_get(entry, "classes")),
    };
    net->is_there = find_file(reading, entry, &net->path);
    if (!net->path)
        return refuse(reading, "it needs a file, named without a folder");
    if (net->side < 16 || net->side > 2048 || net->classes < 1 || net->classes > 100000)
        return refuse(reading, "it needs an input.side of 16 to 2048 pixels, and the number of its classes");
    if (!read_channels(json_object_get(input, "mean"), 0, net->mean)
        || !read_channels(json_object_get(input, "deviation"), 255, net->deviation) || net->deviation[0] == 0
        || net->deviation[1] == 0 || net->deviation[2] == 0)
        return refuse(reading, "mean and deviation are three numbers each, and no deviation is 0");
    manifest->net_count++;
    return STATUS_OK;
}

static enum status read_evidence(struct reading *reading, const json_t *entry, struct manifest_label *label)
{
    const struct manifest *manifest = reading->manifest;
    const char *name = read_string(reading, entry, "model", "");
    struct manifest_evidence *evidence = &label->evidence[label->evidence_count];
    const json_t *outputs = json_object_get(entry, "outputs");
    if (label->evidence_count == EVIDENCE_MAX)
        return refuse(reading, "there is too much evidence");
    while (evidence->net < manifest->net_count && strcmp(manifest->nets[evidence->net].name, name) != 0)
        evidence->net++;
    if (evidence->net == manifest->net_count)
        return refuse(reading, "its evidence names a model that is not listed above");
    evidence->go_on_at = read_number(entry, "go_on_at", 0);
    if (!(evidence->go_on_at >= 0 && evidence->go_on_at < 1))
        return refuse(reading, "its go_on_at lies between 0 and 1");
    size_t count = json_array_size(outputs);
    if (count == 0 || count > OUTPUTS_MAX)
        return refuse(reading, "evidence needs the outputs that are summed");
    for (size_t i = 0; i < count; i++) {
        json_int_t output = json_integer_value(json_array_get(outputs, i));
        if (output < 0 || output >= manifest->nets[evidence->net].classes)
            return refuse(reading, "the model has no such output");
        evidence->outputs[evidence->output_count++] = (uint32_t)output;
    }
    label->is_visible = label->is_visible && manifest->nets[evidence->net].is_there;
    label->evidence_count++;
    return STATUS_OK;
}

static bool read_action(const char *name, enum moderation_action *ret_action)
{
    for (enum moderation_action action = MODERATION_LABEL; action <= MODERATION_REFUSE; action++)
        if (strcmp(moderation_action_name(action), name) == 0) {
            *ret_action = action;
            return true;
        }
    return false;
}

/* A label has the first one, the others if it is looked for in tiles. */
static enum status read_thresholds(const struct reading *reading, const json_t *entry, struct manifest_label *label)
{
    static const char *const names[REGION_KINDS] = {"threshold", "tile_threshold", "small_tile_threshold"};
    for (enum region_kind kind = 0; kind < REGION_KINDS; kind++) {
        float threshold = read_number(entry, names[kind], kind == REGION_TILE ? label->thresholds[REGION_WHOLE] : 0);
        bool is_given = json_object_get(entry, names[kind]) != NULL;
        if ((is_given || kind == REGION_WHOLE) && !(threshold > 0 && threshold < 1)) {
            TEXT_CLEANUP struct text sentence = {0};
            text_setf(&sentence, "its %s lies between 0 and 1", names[kind]);
            return refuse(reading, text_get(&sentence));
        }
        label->thresholds[kind] = threshold;
    }
    if (!json_is_true(json_object_get(entry, "tiles")))
        label->thresholds[REGION_TILE] = label->thresholds[REGION_SMALL_TILE] = 0;
    return STATUS_OK;
}

static enum status read_label(struct reading *reading, const json_t *entry)
{
    struct manifest *manifest = reading->manifest;
    const json_t *evidence = json_object_get(entry, "evidence");
    reading->entry = read_string(reading, entry, "name", "a label without a name");
    if (manifest->label_count == MODERATION_LABELS_MAX / 2) /* each may bring its parent along */
        return refuse(reading, "there are too many labels");
    struct manifest_label *label = &manifest->labels[manifest->label_count];
    *label = (struct manifest_label){
        .name = reading->entry,
        .parent = read_string(reading, entry, "parent", ""),
        .curve = read_number(entry, "curve", 1),
        .tiles_from = read_number(entry, "tiles_from", 0),
        .is_visible = manifest->runtime_is_there,
    };
    if (strlen(label->name) >= MODERATION_NAME_SIZE || strlen(label->parent) >= MODERATION_NAME_SIZE)
        return refuse(reading, "a name has 95 bytes at most");
    if (!read_action(read_string(reading, entry, "action", ""), &label->action))
        return refuse(reading, "its action is label, hold or refuse");
    enum status status = read_thresholds(reading, entry, label);
    if (status != STATUS_OK)
        return status;
    if (!(label->tiles_from >= 0 && label->tiles_from < 1))
        return refuse(reading, "its tiles_from lies between 0 and 1");
    if (!(label->curve >= 0.1F && label->curve <= 10))
        return refuse(reading, "its curve lies between 0.1 and 10");
    if (json_array_size(evidence) == 0)
        return refuse(reading, "it needs evidence");
    if (label->tiles_from > 0 && json_array_size(evidence) > 1)
        return refuse(reading,
                      "its tiles_from needs the evidence of a single model, because the score of several is too low "
                      "where one of them wasn't asked");
    manifest->label_count++;
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(evidence); i++)
        status = read_evidence(reading, json_array_get(evidence, i), label);
    return status;
}

static enum status read_entries(struct reading *reading, const json_t *root)
{
    const json_t *runtime = json_object_get(root, "runtime");
    const json_t *nets = json_object_get(root, "models"), *labels = json_object_get(root, "labels");
    reading->entry = "runtime";
    reading->manifest->runtime = "";
    reading->manifest->runtime_version = read_string(reading, runtime, "version", "");
    reading->manifest->runtime_is_there = find_file(reading, runtime, &reading->manifest->runtime);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(nets); i++)
        status = read_net(reading, json_array_get(nets, i));
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(labels); i++)
        status = read_label(reading, json_array_get(labels, i));
    return status;
}

static enum status read_text(const char *folder, struct text *ret_text, struct text *why)
{
    TEXT_CLEANUP struct text path = {0};
    char block[4096];
    text_setf(&path, "%s/manifest.json", folder);
    FILE *file = fopen(path.data, "re");
    if (!file) {
        text_setf(why, "%s can't be read: %s", path.data, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    for (size_t count; ret_text->length < MANIFEST_BYTES_MAX && (count = fread(block, 1, sizeof block, file)) > 0;)
        text_append(ret_text, block, count);
    (void)fclose(file);
    return STATUS_OK;
}

static enum status read_folder(const char *folder, struct manifest *manifest, struct text *why)
{
    TEXT_CLEANUP struct text text = {0}, reason = {0};
    JSON_CLEANUP json_t *root = NULL;
    enum status status = read_text(folder, &text, why);
    if (status == STATUS_OK)
        status = json_parse(text_get(&text), text.length, &root, &reason);
    if (status == STATUS_INVALID)
        text_setf(why, "%s/manifest.json: %s", folder, text_get(&reason));
    if (status != STATUS_OK)
        return status;
    struct reading reading = {.manifest = manifest, .folder = folder, .why = why};
    return read_entries(&reading, root);
}

char *manifest_find_folder(void)
{
    static const char *const places[] = {"models", "../models", "../share/cloudphotos/models"};
    char own[PATH_MAX];
    TEXT_CLEANUP struct text path = {0}, file = {0};
    ssize_t length = readlink("/proc/self/exe", own, sizeof own);
    while (length > 0 && own[length - 1] != '/')
        length--;
    for (size_t i = 0; i <= sizeof places / sizeof places[0]; i++) {
        bool is_last = i == sizeof places / sizeof places[0];
        text_setf(&path, "%.*s%s", is_last ? 0 : (int)length, own, is_last ? MODELS_INSTALL_FOLDER : places[i]);
        text_setf(&file, "%s/manifest.json", path.data);
        if (access(file.data, R_OK) == 0)
            return text_take(&path);
    }
    return NULL;
}

enum status manifest_read(const char *folder, struct manifest *ret_manifest, struct text *why)
{
    char *found = folder ? memory_copy_string(folder) : manifest_find_folder();
    if (!found) {
        text_setf(why, "there is no models folder next to this program or at %s", MODELS_INSTALL_FOLDER);
        return STATUS_UNAVAILABLE;
    }
    struct manifest *manifest = NEW(struct manifest);
    enum status status = read_folder(found, manifest, why);
    if (status == STATUS_OK)
        *ret_manifest = *manifest;
    else
        manifest_release(manifest);
    free(manifest);
    free(found);
    return status;
}

void manifest_release(struct manifest *manifest)
{
    arena_release(&manifest->arena);
}

static bool refuse_name(struct manifest *manifest, const char *name)
{
    bool is_known = false;
    for (uint32_t i = 0; i < manifest->label_count; i++) {
        struct manifest_label *label = &manifest->labels[i];
        if (strcasecmp(label->name, name) == 0 || strcasecmp(label->parent, name) == 0) {
            label->action = MODERATION_REFUSE;
            is_known = true;
        }
    }
    return is_known;
}

enum status manifest_refuse(struct manifest *manifest, const char *names, struct text *why)
{
    const char *at;
    size_t length;
    while (moderation_next_name(&names, &at, &length)) {
        TEXT_CLEANUP struct text name = {0};
        text_append(&name, at, length);
        if (refuse_name(manifest, name.data))
            continue;
        text_setf(why, "--refuse-labels: the moderator has no label \"%s\"; it has:", name.data);
        for (uint32_t i = 0; i < manifest->label_count; i++)
            text_addf(why, "%s %s", i ? "," : "", manifest->labels[i].name);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

double manifest_confidence(const struct manifest_label *label, enum region_kind kind, double score)
{
    double threshold = label->thresholds[kind];
    if (threshold == 0)
        return 0;
    double middle = pow(threshold, label->curve), value = pow(score < 1 ? score : 1, label->curve);
    return score < threshold ? MODERATION_REFUSE_AT * value / middle
                             : MODERATION_REFUSE_AT + (100 - MODERATION_REFUSE_AT) * (value - middle) / (1 - middle);
}
