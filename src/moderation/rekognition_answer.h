/* What Rekognition's DetectModerationLabels says, and what that means for a photo.
 * docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectModerationLabels.html */
#ifndef REKOGNITION_ANSWER_H
#define REKOGNITION_ANSWER_H

#include "moderator.h"

enum { REKOGNITION_LABELS_MAX = 256 };

struct rekognition_label {
    char name[MODERATION_NAME_SIZE], parent[MODERATION_NAME_SIZE];
    double confidence;
};

/* What was seen on all pictures of a photo: each label once, as sure as where it was surest. */
struct rekognition_answer {
    struct rekognition_label rows[REKOGNITION_LABELS_MAX];
    size_t count;
    char model_version[MODERATION_NAME_SIZE]; /* "7.0" */
};

/* Adds what the answer about one more picture says. UNAVAILABLE when it is no such answer; then all that was
 * gathered is worth nothing. */
enum status rekognition_read_answer(const char *body, size_t size, struct rekognition_answer *answer, struct text *why);

/* What is to be done about labels: names in lists with commas between, in any case; a name stands for all that is below
 * it too, unless that is named itself. NULL: none. What is in neither list refuses. */
struct rekognition_policy {
    const char *label_only, *hold;
};
/* Only the lowest of the labels in a line act; those above sum them up. The rows that act come first, then the
 * surest. */
void rekognition_judge(const struct rekognition_answer *answer, const struct rekognition_policy *policy,
                       struct moderation_labels *ret_labels);

struct rekognition_error {
    enum status
        status; /* TOO_LARGE and UNSUPPORTED are the picture's; all others ours or the service's, to be tried again */
    bool is_about_who_asks; /* the credentials were not taken */
};
/* An answer whose code is not 200: `type` is its X-Amzn-ErrorType, or "". *why gets the error's name, what to do about
 * it, and what the service said. */
struct rekognition_error rekognition_read_error(unsigned code, const char *type, const char *body, size_t size,
                                                struct text *why);

#endif
