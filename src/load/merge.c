#include "merge.h"

#include "memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* An interval of one run, in the time and labels of the sum. */
struct piece {
    int64_t slot; /* the how-manieth interval */
    unsigned label;
    unsigned run;
    const json_t *object;
};

static enum status check(const struct run *runs, size_t count, struct text *why)
{
    for (size_t i = 0; i < count; i++)
        if (!runs[i].has_head || runs[i].interval_ms != runs[0].interval_ms) {
            text_setf(why, "run %zu has %s, so it can't be added to the others", i + 1,
                      runs[i].has_head ? "intervals of another length" : "no head");
            return STATUS_CONFLICT;
        }
    return STATUS_OK;
}

static unsigned find_label(struct merged *merged, const char *name)
{
    for (size_t i = 0; i < merged->label_count; i++)
        if (strcmp(merged->labels[i], name) == 0)
            return (unsigned)i;
    merged->labels = memory_resize(merged->labels, (merged->label_count + 1) * sizeof *merged->labels);
    merged->labels[merged->label_count] = memory_copy_string(name);
    return (unsigned)merged->label_count++;
}

static int compare_pieces(const void *one, const void *other)
{
    const struct piece *a = one, *b = other;
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    return a->label != b->label ? (a->label < b->label ? -1 : 1) : (a->run > b->run) - (a->run < b->run);
}

static struct piece *list_pieces(const struct run *runs, size_t count, int64_t begin_ms, struct merged *merged,
                                 size_t *ret_count)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        total += runs[i].interval_count;
    struct piece *pieces = NEW_ARRAY(total + 1, struct piece);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < runs[i].interval_count; k++) {
            const struct run_line *line = &runs[i].intervals[k];
            pieces[at++] = (struct piece){
                .slot = (line->at_ms - begin_ms) / runs[0].interval_ms,
                .label = find_label(merged, runs[i].labels[line->label]),
                .run = (unsigned)i,
                .object = line->object,
            };
        }
    qsort(pieces, total, sizeof *pieces, compare_pieces);
    *ret_count = total;
    return pieces;
}

/* The pieces of one slot and label: written as one line, and added to the totals. */
static enum status write_group(const struct piece *pieces, size_t count, int64_t interval_ms, FILE *out,
                               struct tally *total, struct text *why)
{
    struct tally tally = {0};
    struct run_interval interval = {
        .at_ms = pieces[0].slot * interval_ms, .length_ms = interval_ms, .label = pieces[0].label, .tally = &tally};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        interval.users += run_number(pieces[i].object, "users");
        interval.planned += run_number(pieces[i].object, "planned");
        status = tally_read_json(pieces[i].object, &tally, why);
    }
    if (status == STATUS_OK)
        status = run_file_add(out, &interval, why);
    if (status == STATUS_OK)
        tally_add(total, &tally);
    tally_release(&tally);
    return status;
}

static enum status write_events(const struct run *run, int64_t begin_ms, FILE *out, struct text *why)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < run->event_count && status == STATUS_OK; i++) {
        const char *sentence = json_string_value(json_object_get(run->events[i].object, "text"));
        status = run_file_add_event(out, run->events[i].at_ms - begin_ms, sentence, why);
    }
    return status;
}

static enum status write_sum(const struct run *runs, size_t count, int64_t begin_ms, const struct piece *pieces,
                             size_t piece_count, FILE *out, struct merged *merged, struct text *why)
{
    const struct run_head head = {.command = runs[0].command,
                                  .title = runs[0].title,
                                  .begin_ms = begin_ms,
                                  .interval_ms = runs[0].interval_ms,
                                  .labels = (const char *const *)merged->labels,
                                  .label_count = merged->label_count};
    double cpu_s = 0;
    enum status status = run_file_begin(out, &head, why);
    for (size_t i = 0, next; i < piece_count && status == STATUS_OK; i = next) {
        for (next = i + 1;
             next < piece_count && pieces[next].slot == pieces[i].slot && pieces[next].label == pieces[i].label;)
            next++;
        status = write_group(pieces + i, next - i, runs[0].interval_ms, out, &merged->totals[pieces[i].label], why);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = write_events(&runs[i], begin_ms, out, why);
        cpu_s += runs[i].cpu_s;
    }
    const struct run_end end = {.how = "merged",
                                .sending_s = merged->elapsed_s,
                                .elapsed_s = merged->elapsed_s,
                                .cpu_s = cpu_s,
                                .labels = head.labels,
                                .totals = merged->totals,
                                .label_count = merged->label_count};
    return status == STATUS_OK ? run_file_end(out, &end, why) : status;
}

enum status merge_runs(const struct run *runs, size_t count, FILE *out, struct merged *ret_merged, struct text *why)
{
    struct merged merged = {0};
    enum status status = check(runs, count, why);
    if (status != STATUS_OK)
        return status;
    int64_t begin_ms = runs[0].begin_ms, end_ms = 0;
    for (size_t i = 0; i < count; i++) {
        begin_ms = runs[i].begin_ms < begin_ms ? runs[i].begin_ms : begin_ms;
        end_ms = runs[i].end_ms > end_ms ? runs[i].end_ms : end_ms;
        for (size_t k = 0; k < runs[i].label_count; k++)
            (void)find_label(&merged, runs[i].labels[k]);
    }
    size_t piece_count;
    struct piece *pieces = list_pieces(runs, count, begin_ms, &merged, &piece_count);
    merged.totals = NEW_ARRAY(merged.label_count, struct tally);
    merged.elapsed_s = end_ms > begin_ms ? (double)(end_ms - begin_ms) / 1e3 : 0;
    status = write_sum(runs, count, begin_ms, pieces, piece_count, out, &merged, why);
    free(pieces);
    if (status == STATUS_OK)
        *ret_merged = merged;
    else
        merge_release(&merged);
    return status;
}

void merge_release(struct merged *merged)
{
    for (size_t i = 0; i < merged->label_count; i++) {
        free(merged->labels[i]);
        if (merged->totals)
            tally_release(&merged->totals[i]);
    }
    free(merged->labels);
    free(merged->totals);
    *merged = (struct merged){0};
}
