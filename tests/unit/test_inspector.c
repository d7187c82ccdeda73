/* The cascade, with nets that are made up: each says for every output what the table wants, and what it costs is
 * counted. The runtime below takes the place of onnx_runtime.c. */
#include "check.h"
#include "inspector.h"
#include "memory.h"
#include "onnx_runtime.h"

#include <stdlib.h>

enum { SIDE = 16, OUTPUTS = 4 };

/* ---- A runtime ---- */

struct onnx_net {
    char name; /* 'a', 'b', 'c': the last letter of its path */
    float input[SIDE * SIDE * CHANNELS];
};
static float answers[3][OUTPUTS]; /* of each net; where the region is black it says 0 */
static bool fails;

enum status onnx_runtime_open(const char *library, struct onnx_runtime **ret_runtime, struct text *why)
{
    (void)library, (void)why;
    *ret_runtime = NULL;
    return STATUS_OK;
}

enum status onnx_net_open(struct onnx_runtime *runtime, const char *path, const struct onnx_shape *shape,
                          struct onnx_net **ret_net, struct text *why)
{
    (void)runtime, (void)shape, (void)why;
    *ret_net = NEW(struct onnx_net);
    (*ret_net)->name = path[strlen(path) - 1];
    return STATUS_OK;
}

float *onnx_net_input(struct onnx_net *net)
{
    return net->input;
}

enum status onnx_net_run(struct onnx_net *net, float *ret_scores, struct text *why)
{
    bool is_black = net->input[0] < 0.5F;
    for (size_t i = 0; i < OUTPUTS; i++)
        ret_scores[i] = is_black ? 0 : answers[net->name - 'a'][i];
    if (fails)
        text_setf(why, "the net is tired");
    return fails ? STATUS_INTERNAL : STATUS_OK;
}

/* ---- A manifest: three nets and one label ---- */

static void make_manifest(struct manifest *manifest, const struct manifest_label *label)
{
    static const char *const paths[] = {"/a", "/b", "/c"};
    *manifest = (struct manifest){.runtime = "", .runtime_is_there = true, .net_count = 3, .label_count = 1};
    for (size_t i = 0; i < 3; i++)
        manifest->nets[i] = (struct manifest_net){.name = paths[i],
                                                  .path = paths[i],
                                                  .is_there = true,
                                                  .side = SIDE,
                                                  .classes = OUTPUTS,
                                                  .deviation = {255, 255, 255}};
    manifest->labels[0] = *label;
}

static struct manifest_evidence evidence(uint32_t net, float go_on_at)
{
    return (struct manifest_evidence){.net = net, .go_on_at = go_on_at, .outputs = {1}, .output_count = 1};
}

/* For the leak sanitizer: an inspector lives as long as its process. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:inspector_open\n";
}

/* Its list of what it suppressed would count as a find. */
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

static uint8_t white[64 * 64 * CHANNELS * 3];
static const struct moderation_image image = {.width = 64, .height = 64, .frames = 1};

static struct inspection look(const struct manifest_label *label, const struct moderation_image *shown, bool everything)
{
    struct manifest manifest;
    struct inspector *inspector;
    struct inspection inspection = {0};
    make_manifest(&manifest, label);
    if (CHECK_STR(status_name(inspector_open(&manifest, &inspector, NULL)), "ok"))
        CHECK_STR(status_name(inspector_inspect(inspector, white, shown, everything, &inspection, NULL)), "ok");
    return inspection;
}

/* ---- The cascade ---- */

static void test_cascade(void)
{
    static const struct {
        const char *behaviour;
        float threshold, says[3], go_on_at;
        int hundredths; /* of the score */
        int runs[3];
    } rows[] = {
        {"all that are sure are asked", 0.5F, {1, 1, 1}, 0, 100, {1, 1, 1}},
        {"the score is their mean", 0.5F, {0.9F, 0.6F, 0.3F}, 0, 60, {1, 1, 1}},
        {"nobody is asked where even certainty would not do", 0.7F, {0.05F, 1, 1}, 0, 2, {1, 0, 0}},
        {"nor is the third after two who doubt", 0.7F, {0.8F, 0.2F, 1}, 0, 33, {1, 1, 0}},
        {"a small doubt alone is not enough to stop", 0.7F, {0.2F, 1, 1}, 0, 73, {1, 1, 1}},
        {"a gate stops earlier", 0.2F, {0.05F, 1, 1}, 0.1F, 2, {1, 0, 0}},
        {"and lets through from its number on", 0.2F, {0.1F, 1, 1}, 0.1F, 70, {1, 1, 1}},
    };
    memset(white, 255, sizeof white);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct manifest_label label = {.thresholds = {rows[i].threshold}, .is_visible = true, .evidence_count = 3};
        check_case("%s", rows[i].behaviour);
        for (uint32_t k = 0; k < 3; k++) {
            answers[k][1] = rows[i].says[k];
            label.evidence[k] = evidence(k, k == 0 ? rows[i].go_on_at : 0);
        }
        struct inspection seen = look(&label, &image, false), all = look(&label, &image, true);
        CHECK_INT(seen.scores[REGION_WHOLE][0] * 100 + 0.5F, rows[i].hundredths);
        for (size_t k = 0; k < 3; k++) {
            CHECK_INT(seen.runs[k], rows[i].runs[k]);
            CHECK_INT(all.runs[k], 1);
        }
        CHECK((seen.scores[REGION_WHOLE][0] >= rows[i].threshold) == (all.scores[REGION_WHOLE][0] >= rows[i].threshold)
              || rows[i].go_on_at > 0);
    }
}

static void test_regions(void)
{
    struct manifest_label label = {
        .thresholds = {0.5F}, .is_visible = true, .evidence_count = 1, .evidence = {evidence(0, 0)}};
    answers[0][1] = 1;
    memset(white, 255, sizeof white);
    check_case("a label of the whole asks once");
    CHECK_INT(look(&label, &image, false).runs[0], 1);
    check_case("one in tiles asks about each of them too");
    label.thresholds[REGION_TILE] = 0.5F;
    CHECK_INT(look(&label, &image, false).runs[0], 6);
    check_case("the tiles' scores are apart from the whole's");
    CHECK_INT(look(&label, &image, false).scores[REGION_TILE][0] * 100, 100);
    check_case("tiles are left out where the whole is sure that there is nothing");
    label.tiles_from = 0.25F;
    answers[0][1] = 0.2F;
    struct inspection whole = look(&label, &image, false);
    CHECK_INT(whole.runs[0], 1);
    CHECK_INT(whole.scores[REGION_TILE][0] * 100, 0);
    CHECK_INT(look(&label, &image, true).runs[0], 6);
    check_case("and looked at where it is in doubt");
    answers[0][1] = 0.25F;
    CHECK_INT(look(&label, &image, false).runs[0], 6);
    check_case("small tiles have a threshold of their own, too");
    label.thresholds[REGION_SMALL_TILE] = 0.9F;
    CHECK_INT(look(&label, &image, false).runs[0], 15);
    CHECK_INT(look(&label, &image, false).scores[REGION_SMALL_TILE][0] * 100, 25);
    check_case("of a long picture the squares that are in doubt are cut into tiles");
    memset(white, 0, (size_t)50 * 150 * CHANNELS);
    for (size_t y = 0; y < 50; y++)
        memset(white + y * 150 * CHANNELS, 255, (size_t)50 * CHANNELS); /* what a net sees is where it begins */
    CHECK_INT(look(&label, &(struct moderation_image){.width = 150, .height = 50, .frames = 1}, false).runs[0], 5 + 28);
    memset(white, 255, sizeof white);
    answers[0][1] = 1;
    check_case("a long picture is looked at along its length by every label");
    label.thresholds[REGION_TILE] = label.thresholds[REGION_SMALL_TILE] = 0;
    CHECK_INT(look(&label, &(struct moderation_image){.width = 150, .height = 50, .frames = 1}, false).runs[0], 5);
    check_case("every frame is looked at, and the worst one counts");
    memset(white, 0, (size_t)64 * 64 * CHANNELS * 2);
    struct inspection seen = look(&label, &(struct moderation_image){.width = 64, .height = 64, .frames = 3}, false);
    CHECK_INT(seen.runs[0], 3);
    CHECK_INT(seen.scores[REGION_WHOLE][0] * 100, 100);
}

static void test_shared(void)
{
    struct manifest manifest;
    struct inspector *inspector;
    struct inspection inspection;
    struct manifest_label label = {
        .thresholds = {0.5F}, .is_visible = true, .evidence_count = 1, .evidence = {evidence(0, 0)}};
    memset(white, 255, sizeof white);
    make_manifest(&manifest, &label);
    manifest.labels[1] = manifest.labels[2] = manifest.labels[0];
    manifest.labels[1].evidence[0] = (struct manifest_evidence){.net = 0, .outputs = {2, 3}, .output_count = 2};
    manifest.labels[2].is_visible = false;
    manifest.label_count = 3;
    answers[0][1] = 0.25F;
    answers[0][2] = 0.5F;
    answers[0][3] = 0.75F;
    CHECK_STR(status_name(inspector_open(&manifest, &inspector, NULL)), "ok");
    CHECK_STR(status_name(inspector_inspect(inspector, white, &image, false, &inspection, NULL)), "ok");
    CHECK_INT(inspection.runs[0], 1);
    CHECK_INT(inspection.scores[REGION_WHOLE][0] * 100, 25);
    CHECK_INT(inspection.scores[REGION_WHOLE][1] * 100, 100); /* a sum of more than 1 is 1 */
    CHECK_INT(inspection.scores[REGION_WHOLE][2] * 100, 0);
}

static void test_failure(void)
{
    struct manifest manifest;
    struct inspector *inspector;
    struct inspection inspection;
    TEXT_CLEANUP struct text why = {0};
    struct manifest_label label = {
        .thresholds = {0.5F}, .is_visible = true, .evidence_count = 1, .evidence = {evidence(0, 0)}};
    make_manifest(&manifest, &label);
    CHECK_STR(status_name(inspector_open(&manifest, &inspector, &why)), "ok");
    fails = true;
    CHECK_STR(status_name(inspector_inspect(inspector, white, &image, false, &inspection, &why)), "internal");
    CHECK_STR(text_get(&why), "the net is tired");
    CHECK_STR(status_name(inspector_open(&manifest, &inspector, &why)), "internal");
    CHECK_STR(text_get(&why), "/a: the net is tired");
    fails = false;
}

CHECK_MAIN({"nets are asked from cheap to dear, as long as it matters", test_cascade}, {"where it looks", test_regions},
           {"labels share what a net said", test_shared}, {"a net that fails is no verdict", test_failure})
