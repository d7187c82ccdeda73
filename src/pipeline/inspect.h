/* Showing a photo to a moderator: what an upload goes through, for whoever wants to know what would become of a
 * file. */
#ifndef INSPECT_H
#define INSPECT_H

#include "darkroom.h"
#include "decoded_cache.h"
#include "moderator.h"
#include "store.h"
#include "turns.h"

/* How far a look came; of one that failed: who failed. */
enum inspect_stage { INSPECT_DECODING, INSPECT_MODERATING, INSPECT_KEEPING };

struct findings {
    struct moderation_labels labels;
    struct text json, audit; /* as the store keeps them: struct photo */
    enum inspect_stage stage;
    struct fingerprint fingerprint; /* not there where nobody decoded it */
    struct text refusal; /* the sentence for its owner, if a copy of it was refused before: then nobody looked again */
};
#define FINDINGS_CLEANUP __attribute__((cleanup(findings_release)))
void findings_release(struct findings *findings);

/* The darkroom decodes the original, the moderator looks at it. *ret_findings begins as {0}, and is
 * the caller's to release; so is *ret_negative, without a file where there is none (NULL: not wanted). As
 * darkroom_inspect, and as moderator_ops.inspect. */
enum status inspect_photo(struct darkroom *darkroom, struct moderator *moderator,
                          const struct darkroom_original *original, struct findings *ret_findings,
                          struct negative *ret_negative, struct text *why);
/* The same when it is this author's turn at the darkroom, and unless it is known what was decided about the picture. */
struct inspect_context {
    struct turns *turns; /* NULL: at once */
    const char *author;
    struct store *store; /* with verdicts; NULL: nothing is known */
    /* Somebody looks at what resembles a refused photo. One that an approved photo is nearer to isn't asked about: a
     * person has seen that one, and whoever told the two apart once needn't do it again. */
    bool asks_about_alike;
};
enum status inspect_in_turn(const struct inspect_context *context, struct darkroom *darkroom,
                            struct moderator *moderator, const struct darkroom_original *original,
                            struct findings *ret_findings, struct negative *ret_negative, struct text *why);
/* Keeps what was decided about a photo (reason: VERDICT_REFUSED), or that a person has to, so that copies of it are
 * known. */
enum status inspect_keep_verdict(struct store *store, const struct id *id, const struct findings *findings,
                                 enum verdict_kind kind, const char *reason, struct text *why);
/* Whether the moderator can look at all: shows it a plain picture. False for one elsewhere, which says itself what is
 * the picture's fault. */
bool inspect_works(struct moderator *moderator);

#endif
