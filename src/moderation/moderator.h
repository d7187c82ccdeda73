/* A moderator looks at a picture and says what it sees: labels with confidences, in the taxonomy of Rekognition's
 * DetectModerationLabels, and what is to be done about each. Back ends: one file each, with its ops table. */
#ifndef MODERATOR_H
#define MODERATOR_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MODERATION_LABELS_MAX = 32,
    MODERATION_REFUSE_AT = 50,  /* confidence, 0 to 100, from which a label counts */
    MODERATION_SURE_AT = 75,    /* from which it refuses a photo without a person, whatever the operator wants */
    MODERATION_FRAMES_MAX = 64, /* of an animation: those that differ */
    MODERATION_GROUP_MAX = 8,   /* frames, or JPEGs, that are inspected together */
    MODERATION_SHORT_SIDE = 480,
    MODERATION_LONG_SIDE = 8192,
    MODERATION_JPEGS_MAX = 32, /* of a photo */
    MODERATION_NAME_SIZE = 96, /* of a label, with its NUL */
};

struct moderation_settings {
    const char *models;            /* folder of the local models; NULL: where they are looked for (manifest.h) */
    unsigned processes;            /* of the local moderator */
    int64_t timeout_ms;            /* for one photo: 20,000 */
    uint64_t memory_bytes;         /* that one photo may take beyond the models: 256 MB */
    bool everything;               /* the local moderator asks every net about every region, for comparison */
    const char *region;            /* of Rekognition; NULL: as AWS's own tools find it */
    const char *refuse;            /* names of the local moderator's labels, commas between, that refuse a photo too */
    const char *endpoint;          /* whom to ask instead of Rekognition: a URL; NULL: nobody */
    const char *label_only, *hold; /* names of Rekognition's labels, commas between, that do not refuse a photo */
};

/* How a moderator wants to see photos; as in darkroom.h. */
struct moderation_input {
    uint32_t short_side, long_side, frames;
    uint32_t jpegs, jpegs_a_frame, jpeg_bytes, jpeg_least_side; /* jpegs 0: pixels */
};

/* What a photo shows, or some of an animation's frames, behind a descriptor, so that it goes from one sandboxed process
 * to the other and never through the server: pixels in 8-bit sRGB, three bytes each, rows without padding, all frames
 * one after the other. For a moderator elsewhere: JPEGs. */
struct moderation_image {
    int file;        /* -1: none, for a moderator that takes no input */
    uint64_t offset; /* in the file, of the first frame or JPEG */
    uint32_t width, height, frames;
    uint32_t jpegs, jpeg_bytes[MODERATION_GROUP_MAX]; /* one after the other */
};

/* What happens to a photo with a label of MODERATION_REFUSE_AT or more. */
enum moderation_action { MODERATION_LABEL, MODERATION_HOLD, MODERATION_REFUSE };

struct moderation_label {
    char name[MODERATION_NAME_SIZE];   /* "Weapons" */
    char parent[MODERATION_NAME_SIZE]; /* "Violence"; "" at the top level */
    double confidence;                 /* 0 to 100 */
    enum moderation_action action;
};

struct moderation_labels {
    struct moderation_label rows[MODERATION_LABELS_MAX]; /* the surest first; a parent follows its child */
    size_t count;
};

/* A label of ours, for frames that nobody looked at: a person has to. Where no person looks (when_unsure is not
 * MODERATION_HOLD) it refuses. */
#define MODERATION_UNSEEN "Unseen Frames"
/* Another one, for what looks like a picture that was refused: a person has to compare them. Only where one looks. */
#define MODERATION_ALIKE "Like a Refused Photo"

struct moderation_stats {
    uint64_t inspected, restarts;
    unsigned processes, busy;
};

struct moderator;
struct moderator_ops {
    const char *name;                     /* "none" */
    const struct moderation_input *input; /* NULL: nobody decodes photos for it */
    bool is_remote;                       /* inspect waits for the network, and keeps no processor busy */
    enum status (*open)(const struct moderation_settings *settings, struct moderator **ret_moderator, struct text *why);
    void (*close)(struct moderator *moderator);
    /* Safe from any thread. BUSY, UNAVAILABLE, TIMEOUT or CRASHED when it could not look: try again. `audit` gets a
     * JSON object that tells how it came to the labels: scores, thresholds, versions. */
    enum status (*inspect)(struct moderator *moderator, const struct moderation_image *image,
                           struct moderation_labels *ret_labels, struct text *audit, struct text *why);
    void (*get_stats)(const struct moderator *moderator, struct moderation_stats *ret_stats); /* NULL: there are none */
};
struct moderator {
    const struct moderator_ops *ops;
    const char *unsupported_labels; /* what it can't see, for the log at start and for operators; NULL: nothing that we
                                       know of */
};

/* By name; INVALID names the known ones. */
enum status moderator_open(const char *name, const struct moderation_settings *settings,
                           struct moderator **ret_moderator, struct text *why);
void moderator_close(struct moderator *moderator); /* NULL is allowed */

/* "label", "hold", "refuse". */
const char *moderation_action_name(enum moderation_action action);
/* Names that are too long are cut. */
struct moderation_label moderation_label_make(const char *name, const char *parent, double confidence,
                                              enum moderation_action action);
/* Adds what was seen in other frames of the same photo: each label once, with its greatest confidence. What there is no
 * room for is the least sure. */
void moderation_labels_merge(struct moderation_labels *labels, const struct moderation_labels *others);
/* The surest label that asks for this, or NULL. */
const struct moderation_label *moderation_find(const struct moderation_labels *labels, enum moderation_action action);
/* What happens to a photo with these labels: MODERATION_LABEL: it is published. `when_unsure` is what becomes of one
 * that a label would refuse which is less than MODERATION_SURE_AT sure. *ret_label: the one that decided, or NULL. */
enum moderation_action moderation_decide(const struct moderation_labels *labels, enum moderation_action when_unsure,
                                         const struct moderation_label **ret_label);
/* "refuse", "hold" or "publish", as --when-unsure has it; false: none of them. */
bool moderation_read_unsure(const char *name, enum moderation_action *ret_action);
/* Lists of names with commas between; NULL is empty. Takes the next name off the list, without the blanks around it;
 * false at the end. */
bool moderation_next_name(const char **list, const char **ret_name, size_t *ret_length);
/* In upper or lower case. */
bool moderation_is_listed(const char *list, const char *name);

extern const struct moderator_ops moderation_none_ops, moderation_onnx_ops, moderation_rekognition_ops;

#endif
