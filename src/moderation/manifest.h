/* models/manifest.json: which nets there are, what they want to see, and which of their outputs speak for which label.
 * A new label is an ONNX file and an entry here, without compiling. The format is described in docs/moderation.md. */
#ifndef MANIFEST_H
#define MANIFEST_H

#include "arena.h"
#include "moderator.h"
#include "status.h"

enum { NETS_MAX = 16, EVIDENCE_MAX = 8, OUTPUTS_MAX = 32, CHANNELS = 3 };

struct manifest_net {
    const char *name, *path, *version;
    bool is_there; /* the file, of the right size */
    const char *input, *output;
    uint32_t side;    /* pixels of the square input */
    bool is_nhwc;     /* channels last; else channels first */
    uint32_t classes; /* numbers in the output */
    /* A channel's input is (sample - mean) / deviation, of samples from 0 to 255. */
    float mean[CHANNELS], deviation[CHANNELS];
};

/* What one net says for a label: the sum of some of its outputs. */
struct manifest_evidence {
    uint32_t net;
    float go_on_at; /* the next net is asked only where this one says at least so much */
    uint32_t outputs[OUTPUTS_MAX], output_count;
};

/* The regions of a picture that labels are looked for in. Each kind has a threshold of its own, because parts show
 * objects larger, and more that looks like them. */
enum region_kind {
    REGION_WHOLE, /* or a square along a long picture */
    REGION_TILE,
    REGION_SMALL_TILE,
    REGION_KINDS
};

struct manifest_label {
    const char *name, *parent;
    enum moderation_action action;
    /* By kind of region, the score at which the confidence is MODERATION_REFUSE_AT; 0: it isn't looked for there. */
    float thresholds[REGION_KINDS];
    float curve;      /* how the confidence grows: below 1 fast from small scores, above 1 late */
    float tiles_from; /* tiles are looked at only where the whole has at least this score */
    bool is_visible;  /* all its nets are there */
    struct manifest_evidence evidence[EVIDENCE_MAX];
    uint32_t evidence_count;
};

struct manifest {
    struct arena arena;
    const char *runtime, *runtime_version; /* path of ONNX Runtime's library */
    bool runtime_is_there;
    struct manifest_net nets[NETS_MAX];
    uint32_t net_count;
    struct manifest_label labels[MODERATION_LABELS_MAX];
    uint32_t label_count;
};

/* `folder` NULL: "models" beside the running program, a folder above it, or in the install folder. UNAVAILABLE when
 * there is no manifest; INVALID with the entry that is wrong. */
enum status manifest_read(const char *folder, struct manifest *ret_manifest, struct text *why);
void manifest_release(struct manifest *manifest);
/* The labels of these names (moderation_next_name), or below one of them, refuse from now on. INVALID: there is no such
 * label. */
enum status manifest_refuse(struct manifest *manifest, const char *names, struct text *why);
/* The folder that manifest_read takes for NULL; NULL when it finds none. */
char *manifest_find_folder(void);

/* How sure a score in a region of this kind makes the label: 0 to 100, and MODERATION_REFUSE_AT at the threshold; on
 * both sides in proportion to the score to the power of curve. */
double manifest_confidence(const struct manifest_label *label, enum region_kind kind, double score);

#endif
