/* What was decided about pictures before, for every back end: which of them a picture is a copy of. */
#include "store_checks.h"
#include "store_ops.h"

#include "memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

bool verdict_match_is_copy(const struct verdict_match *match)
{
    return match->is_exact
           || (match->distance <= FINGERPRINT_COPY_DISTANCE && match->difference <= FINGERPRINT_COPY_DIFFERENCE);
}

void verdict_own_strings(struct verdict *verdict, struct arena *arena)
{
    verdict->reason = arena_copy_string(arena, verdict->reason);
    verdict->labels = arena_copy_string(arena, verdict->labels);
}

/* ---- Finding ---- */

static struct verdict_match compare(const struct fingerprint *one, const struct fingerprint *other)
{
    bool have_shapes = one->has_shape && other->has_shape;
    return (struct verdict_match){
        .is_exact = memcmp(one->pixels, other->pixels, FINGERPRINT_PIXELS) == 0,
        .distance = have_shapes ? fingerprint_distance(one->shape, other->shape) : UINT_MAX,
        .difference = have_shapes ? fingerprint_difference(one->cells, other->cells) : UINT_MAX,
    };
}

struct choice {
    const struct fingerprint *wanted;
    struct arena *arena;
    struct verdict *verdict;
    struct verdict_match *match;
    bool is_found;
};

/* A copy, which the cells tell, else the nearest, which comes first. */
static bool choose(void *context, const struct verdict *candidate)
{
    struct choice *choice = context;
    const struct verdict_match match = compare(choice->wanted, &candidate->fingerprint);
    bool is_copy = verdict_match_is_copy(&match);
    if (!choice->is_found || is_copy) {
        *choice->verdict = *candidate;
        verdict_own_strings(choice->verdict, choice->arena);
        *choice->match = match;
    }
    choice->is_found = true;
    return !is_copy;
}

/* NOT_FOUND without a sentence. */
static enum status find(struct store *store, const struct fingerprint *wanted, unsigned distance, struct arena *arena,
                        struct verdict *ret_verdict, struct verdict_match *ret_match, struct text *why)
{
    const struct store_verdict_ops *verdicts = store->ops->verdicts;
    struct choice choice = {.wanted = wanted, .arena = arena, .verdict = ret_verdict, .match = ret_match};
    enum status status = verdicts->find_pixels(store, wanted->pixels, arena, ret_verdict, why);
    if (status == STATUS_OK)
        *ret_match = (struct verdict_match){.is_exact = true};
    if (status != STATUS_NOT_FOUND || !wanted->has_shape)
        return status;
    status = verdicts->nearest(store, wanted->shape, distance, choose, &choice, why);
    return status || choice.is_found ? status : STATUS_NOT_FOUND;
}

enum status store_verdict_find(struct store *store, const struct fingerprint *fingerprint, unsigned distance,
                               struct arena *arena, struct verdict *ret_verdict, struct verdict_match *ret_match,
                               struct text *why)
{
    struct verdict verdict;
    struct verdict_match match;
    enum status status = find(store, fingerprint, distance, arena, &verdict, &match, why);
    if (status)
        return tell_missing(status, "Nothing was decided about this picture.", why);
    *ret_verdict = verdict;
    *ret_match = match;
    return STATUS_OK;
}

enum status store_verdicts_list(struct store *store, size_t limit, store_verdict_row *row, void *context,
                                struct text *why)
{
    return limit ? store->ops->verdicts->list(store, limit, row, context, why) : STATUS_OK;
}

/* ---- Deciding ---- */

enum status store_verdict_add(struct store *store, const struct verdict *verdict, struct text *why)
{
    return store->ops->verdicts->add(store, verdict, why);
}

bool verdict_decision_forgets(const struct verdict_decision *decision)
{
    return decision->decided->kind == VERDICT_APPROVED && decision->before.kind != VERDICT_APPROVED;
}

/* Copies of the picture, whatever else is as near or nearer. */
bool verdict_decision_note(void *context, const struct verdict *refused)
{
    struct verdict_decision *decision = context;
    const struct verdict *before = &decision->before;
    const struct verdict_match match = compare(&before->fingerprint, &refused->fingerprint);
    if (!verdict_match_is_copy(&match) || id_equal(&refused->photo, &before->photo))
        return true;
    decision->forgotten =
        memory_resize(decision->forgotten, (decision->forgotten_count + 1) * sizeof *decision->forgotten);
    decision->forgotten[decision->forgotten_count++] = refused->photo;
    return true;
}

enum status store_verdict_decide(struct store *store, const struct id *photo, enum verdict_kind kind,
                                 const char *reason, struct text *why)
{
    const struct verdict decided = {.photo = *photo, .kind = kind, .reason = reason, .decided_ms = store_now_ms(store)};
    struct verdict_decision decision = {.decided = &decided};
    enum status status = store->ops->verdicts->decide(store, &decision, why);
    free(decision.forgotten);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status store_verdict_forget(struct store *store, const struct id *photo, struct text *why)
{
    return tell_missing(store->ops->verdicts->forget(store, photo, why), "There is no verdict on this photo.", why);
}
