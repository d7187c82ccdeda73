/* models/manifest.json: what is read from it, what is refused and in which words, and how a score becomes a
 * confidence. */
#include "check.h"
#include "manifest.h"

#include <stdio.h>

#define NET(name, more)                                                                                                \
    "{\"name\":\"" name "\",\"file\":\"" name ".onnx\",\"classes\":10,\"input\":{\"side\":224}" more "}"
#define LABEL(more) "{\"name\":\"Ghosts\",\"action\":\"hold\",\"threshold\":0.5," more "}"
#define SEES(more)  "\"evidence\":[{\"model\":\"a\",\"outputs\":[1,2]" more "}]"
#define MANIFEST(nets, labels)                                                                                         \
    "{\"runtime\":{\"file\":\"runtime.so\",\"version\":\"1\"},\"models\":[" nets "],\"labels\":[" labels "]}"

static const char *folder(void)
{
    static const char *made;
    return made ? made : (made = check_folder());
}

static void write_file(const char *name, const char *content)
{
    TEXT_CLEANUP struct text path = {0};
    text_addf(&path, "%s/%s", folder(), name);
    FILE *file = fopen(path.data, "w");
    if (CHECK(file)) {
        CHECK(fputs(content, file) >= 0);
        CHECK_INT(fclose(file), 0);
    }
}

/* The reason without the folder, "" when it was read. */
static void read_manifest(const char *content, struct manifest *ret_manifest, struct text *ret_reason)
{
    TEXT_CLEANUP struct text why = {0};
    write_file("manifest.json", content);
    text_clear(ret_reason);
    enum status status = manifest_read(folder(), ret_manifest, &why);
    size_t prefix = strlen(folder()) + strlen("/manifest.json: ");
    if (status != STATUS_OK)
        text_setf(ret_reason, "%s", why.length > prefix ? why.data + prefix : text_get(&why));
    CHECK_STR(status_name(status), status_name(ret_reason->length ? STATUS_INVALID : STATUS_OK));
}

static const struct {
    const char *behaviour, *content, *reason;
} bad[] = {
    {"no JSON", "{", ""},
    {"a model without a file", MANIFEST("{\"name\":\"a\",\"classes\":1,\"input\":{\"side\":224}}", ""),
     "a: it needs a file, named without a folder"},
    {"a file outside of the folder",
     MANIFEST("{\"name\":\"a\",\"file\":\"../a.onnx\",\"classes\":1,\"input\":{\"side\":224}}", ""),
     "a: it needs a file, named without a folder"},
    {"a model without a size", MANIFEST("{\"name\":\"a\",\"file\":\"a.onnx\",\"classes\":1}", ""),
     "a: it needs an input.side of 16 to 2048 pixels, and the number of its classes"},
    {"a model without classes", MANIFEST("{\"name\":\"a\",\"file\":\"a.onnx\",\"input\":{\"side\":224}}", ""),
     "a: it needs an input.side of 16 to 2048 pixels, and the number of its classes"},
    {"a deviation of 0",
     MANIFEST("{\"name\":\"a\",\"file\":\"a.onnx\",\"classes\":1,\"input\":{\"side\":224,\"deviation\":[1,0,1]}}", ""),
     "a: mean and deviation are three numbers each, and no deviation is 0"},
    {"a mean of two channels",
     MANIFEST("{\"name\":\"a\",\"file\":\"a.onnx\",\"classes\":1,\"input\":{\"side\":224,\"mean\":[1,2]}}", ""),
     "a: mean and deviation are three numbers each, and no deviation is 0"},
    {"an unknown action",
     MANIFEST(NET("a", ""), "{\"name\":\"Ghosts\",\"action\":\"burn\",\"threshold\":0.5," SEES("") "}"),
     "Ghosts: its action is label, hold or refuse"},
    {"a threshold of 1",
     MANIFEST(NET("a", ""), "{\"name\":\"Ghosts\",\"action\":\"hold\",\"threshold\":1," SEES("") "}"),
     "Ghosts: its threshold lies between 0 and 1"},
    {"no threshold", MANIFEST(NET("a", ""), "{\"name\":\"Ghosts\",\"action\":\"hold\"," SEES("") "}"),
     "Ghosts: its threshold lies between 0 and 1"},
    {"a curve of 0", MANIFEST(NET("a", ""), LABEL("\"curve\":0," SEES(""))),
     "Ghosts: its curve lies between 0.1 and 10"},
    {"a curve that is no number", MANIFEST(NET("a", ""), LABEL("\"curve\":\"steep\"," SEES(""))),
     "Ghosts: its curve lies between 0.1 and 10"},
    {"a threshold of tiles of 0", MANIFEST(NET("a", ""), LABEL("\"tile_threshold\":0," SEES(""))),
     "Ghosts: its tile_threshold lies between 0 and 1"},
    {"a threshold of small tiles of 1", MANIFEST(NET("a", ""), LABEL("\"small_tile_threshold\":1," SEES(""))),
     "Ghosts: its small_tile_threshold lies between 0 and 1"},
    {"tiles that nothing leads to", MANIFEST(NET("a", ""), LABEL("\"tiles_from\":1," SEES(""))),
     "Ghosts: its tiles_from lies between 0 and 1"},
    {"tiles that follow from several models",
     MANIFEST(NET("a", ""), LABEL("\"tiles_from\":0.1,\"evidence\":[{\"model\":\"a\",\"outputs\":[1]},{\"model\":\"a\","
                                  "\"outputs\":[2]}]")),
     "Ghosts: its tiles_from needs the evidence of a single model, because the score of several is too low where one "
     "of them wasn't asked"},
    {"a label without evidence", MANIFEST(NET("a", ""), LABEL("\"evidence\":[]")), "Ghosts: it needs evidence"},
    {"evidence of a model that is not there", MANIFEST(NET("b", ""), LABEL(SEES(""))),
     "Ghosts: its evidence names a model that is not listed above"},
    {"an output that the model has not",
     MANIFEST(NET("a", ""), LABEL("\"evidence\":[{\"model\":\"a\",\"outputs\":[10]}]")),
     "Ghosts: the model has no such output"},
    {"evidence without outputs", MANIFEST(NET("a", ""), LABEL("\"evidence\":[{\"model\":\"a\"}]")),
     "Ghosts: evidence needs the outputs that are summed"},
    {"a gate that nothing passes", MANIFEST(NET("a", ""), LABEL(SEES(",\"go_on_at\":1"))),
     "Ghosts: its go_on_at lies between 0 and 1"},
};

static void test_bad(void)
{
    struct manifest manifest;
    TEXT_CLEANUP struct text reason = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_case("%s", bad[i].behaviour);
        read_manifest(bad[i].content, &manifest, &reason);
        CHECK(reason.length > 0);
        if (bad[i].reason[0])
            CHECK_STR(text_get(&reason), bad[i].reason);
    }
}

static void test_limits(void)
{
    static const struct {
        const char *behaviour;
        size_t nets, labels, evidence;
        const char *reason;
    } rows[] = {
        {"as many as there is room for", NETS_MAX, MODERATION_LABELS_MAX / 2, EVIDENCE_MAX, ""},
        {"a model too many", NETS_MAX + 1, 1, 1, "a: there are too many models"},
        {"a label too many", 1, MODERATION_LABELS_MAX / 2 + 1, 1, "Ghosts: there are too many labels"},
        {"too much evidence", 1, 1, EVIDENCE_MAX + 1, "Ghosts: there is too much evidence"},
    };
    TEXT_CLEANUP struct text content = {0}, reason = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct manifest manifest;
        check_case("%s", rows[i].behaviour);
        text_setf(&content, "{\"models\":[");
        for (size_t k = 0; k < rows[i].nets; k++)
            text_addf(&content, "%s" NET("a", ""), k ? "," : "");
        text_add(&content, "],\"labels\":[");
        for (size_t k = 0; k < rows[i].labels; k++) {
            text_addf(&content, "%s{\"name\":\"Ghosts\",\"action\":\"label\",\"threshold\":0.5,\"evidence\":[",
                      k ? "," : "");
            for (size_t j = 0; j < rows[i].evidence; j++)
                text_addf(&content, "%s{\"model\":\"a\",\"outputs\":[0]}", j ? "," : "");
            text_add(&content, "]}");
        }
        text_add(&content, "]}");
        read_manifest(text_get(&content), &manifest, &reason);
        CHECK_STR(text_get(&reason), rows[i].reason);
        if (!reason.length)
            manifest_release(&manifest);
    }
}

#define GHOSTS                                                                                                         \
    LABEL("\"tiles\":true,\"tile_threshold\":0.75,\"small_tile_threshold\":0.875,\"curve\":2,\"evidence\":["           \
          "{\"model\":\"a\",\"outputs\":[3],\"go_on_at\":0.25},{\"model\":\"a\",\"outputs\":[1,2]}]")
#define BOTH                                                                                                           \
    "{\"name\":\"Both\",\"parent\":\"All\",\"action\":\"refuse\",\"threshold\":0.5,\"evidence\":["                     \
    "{\"model\":\"a\",\"outputs\":[0]},{\"model\":\"b\",\"outputs\":[0]}]}"
#define RARE LABEL("\"tiles\":true,\"tiles_from\":0.125," SEES(""))

static void test_fields(void)
{
    struct manifest manifest;
    TEXT_CLEANUP struct text reason = {0};
    write_file("runtime.so", "x");
    write_file("a.onnx", "four");
    read_manifest(MANIFEST(NET("a", ",\"bytes\":4") "," NET("b", ""), GHOSTS "," BOTH "," RARE), &manifest, &reason);
    if (!CHECK_STR(text_get(&reason), ""))
        return;
    CHECK(manifest.runtime_is_there);
    CHECK_INT(manifest.net_count, 2);
    CHECK(manifest.nets[0].is_there && !manifest.nets[1].is_there);
    CHECK(!manifest.nets[0].is_nhwc && manifest.nets[0].mean[1] == 0 && manifest.nets[0].deviation[1] == 255);
    const struct manifest_label *ghosts = &manifest.labels[0], *both = &manifest.labels[1], *rare = &manifest.labels[2];
    CHECK_INT(manifest.label_count, 3);
    CHECK(ghosts->is_visible && ghosts->action == MODERATION_HOLD);
    CHECK(ghosts->evidence[0].go_on_at == 0.25F && ghosts->evidence[1].go_on_at == 0);
    CHECK_INT(ghosts->evidence[1].output_count, 2);
    CHECK(ghosts->curve == 2 && both->curve == 1);
    CHECK(ghosts->thresholds[REGION_WHOLE] == 0.5F && ghosts->thresholds[REGION_TILE] == 0.75F);
    CHECK(ghosts->thresholds[REGION_SMALL_TILE] == 0.875F);
    CHECK(rare->thresholds[REGION_TILE] == 0.5F && rare->thresholds[REGION_SMALL_TILE] == 0);
    CHECK(both->thresholds[REGION_WHOLE] == 0.5F && both->thresholds[REGION_TILE] == 0);
    CHECK(rare->tiles_from == 0.125F && both->tiles_from == 0);
    CHECK(!both->is_visible); /* its second model's file is missing */
    CHECK_STR(both->parent, "All");
    manifest_release(&manifest);
    write_file("a.onnx", "another length");
    read_manifest(MANIFEST(NET("a", ",\"bytes\":4"), LABEL(SEES(""))), &manifest, &reason);
    CHECK(!manifest.nets[0].is_there && !manifest.labels[0].is_visible);
    manifest_release(&manifest);
}

static void test_missing(void)
{
    struct manifest manifest;
    TEXT_CLEANUP struct text why = {0};
    CHECK_STR(status_name(manifest_read("/nowhere", &manifest, &why)), "unavailable");
    CHECK_STR(text_get(&why), "/nowhere/manifest.json can't be read: No such file or directory");
}

static void test_confidence(void)
{
    static const struct {
        float threshold, curve;
        double score;
        int confidence; /* rounded */
    } rows[] = {
        {0.5F, 1, 0, 0},       {0.5F, 1, 0.25, 25},     {0.5F, 1, 0.5, 50},      {0.5F, 1, 0.75, 75},
        {0.5F, 1, 1, 100},     {0.5F, 1, 1.5, 100},     {0.2F, 1, 0.1, 25},      {0.2F, 1, 0.6, 75},
        {0.04F, 0.5F, 0, 0},   {0.04F, 0.5F, 0.01, 25}, {0.04F, 0.5F, 0.04, 50}, {0.04F, 0.5F, 0.36, 75},
        {0.04F, 0.5F, 1, 100}, {0.8F, 3, 0.4, 6},       {0.8F, 3, 0.8, 50},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct manifest_label label = {.thresholds = {rows[i].threshold}, .curve = rows[i].curve};
        check_case("a score of %g, a threshold of %g and a curve of %g", rows[i].score, (double)rows[i].threshold,
                   (double)rows[i].curve);
        CHECK_INT(manifest_confidence(&label, REGION_WHOLE, rows[i].score) + 0.5, rows[i].confidence);
    }
}

static void test_tiles(void)
{
    static const struct {
        const char *behaviour;
        enum region_kind kind;
        double score;
        int confidence;
    } rows[] = {
        {"the whole at its threshold", REGION_WHOLE, 0.5, 50},
        {"the whole above it", REGION_WHOLE, 0.75, 75},
        {"a tile at its threshold", REGION_TILE, 0.8, 50},
        {"a tile above it", REGION_TILE, 0.9, 75},
        {"a tile below it", REGION_TILE, 0.4, 25},
        {"where it isn't looked for", REGION_SMALL_TILE, 0.9, 0},
    };
    const struct manifest_label label = {.thresholds = {0.5F, 0.8F, 0}, .curve = 1};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].behaviour);
        CHECK_INT(manifest_confidence(&label, rows[i].kind, rows[i].score) + 0.5, rows[i].confidence);
    }
}

static void test_refuse(void)
{
    static const struct {
        const char *behaviour, *names, *reason;
        enum moderation_action actions[3];
    } rows[] = {
        {"nothing", NULL, NULL, {MODERATION_LABEL, MODERATION_HOLD, MODERATION_LABEL}},
        {"a name in other letters", "smoking", NULL, {MODERATION_REFUSE, MODERATION_HOLD, MODERATION_LABEL}},
        {"what is below a name", "Alcohol", NULL, {MODERATION_LABEL, MODERATION_REFUSE, MODERATION_REFUSE}},
        {"several, with blanks", " Wine , Smoking,", NULL, {MODERATION_REFUSE, MODERATION_HOLD, MODERATION_REFUSE}},
        {"one that is not there",
         "Beer, Cigars",
         "--refuse-labels: the moderator has no label \"Cigars\"; it has: "
         "Smoking, Beer, Wine",
         {0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct manifest manifest = {.label_count = 3,
                                    .labels = {{.name = "Smoking", .parent = "Tobacco"},
                                               {.name = "Beer", .parent = "Alcohol", .action = MODERATION_HOLD},
                                               {.name = "Wine", .parent = "Alcohol"}}};
        TEXT_CLEANUP struct text why = {0};
        check_case("%s", rows[i].behaviour);
        enum status status = manifest_refuse(&manifest, rows[i].names, &why);
        CHECK_STR(status_name(status), rows[i].reason ? "invalid" : "ok");
        CHECK_STR(text_get(&why), rows[i].reason ? rows[i].reason : "");
        for (size_t k = 0; !rows[i].reason && k < 3; k++)
            CHECK_INT(manifest.labels[k].action, rows[i].actions[k]);
    }
}

CHECK_MAIN({"what is wrong is refused with the entry and the reason", test_bad},
           {"there is a limit to each list", test_limits}, {"each field arrives", test_fields},
           {"a folder without one is unavailable", test_missing}, {"a score becomes a confidence", test_confidence},
           {"tiles have a threshold of their own", test_tiles}, {"an operator lets labels refuse", test_refuse})
