/* cloudphotos admin moderation eval FOLDER: how right is the moderator? FOLDER/accept holds photos that must be
 * published, FOLDER/refuse/LABEL those that must be refused, with that label (as in "weapons"). Everything is looked at
 * as an upload is. */
#include "admin.h"
#include "admin_progress.h"
#include "inspect.h"
#include "memory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct sample {
    char *path;
    const char *expected; /* label, within path's folder; NULL: to be published */
    size_t expected_length;
    enum status status;
    struct moderation_labels labels;
    bool is_refused;
    double confidence; /* of the label that was expected, or of the surest that refuses */
};

struct samples {
    struct sample *rows;
    size_t count, room;
};

struct evaluation {
    struct admin_inspector inspector;
    struct samples *samples;
    struct progress progress;
    atomic_size_t next;
};

/* ---- What there is ---- */

static struct samples *found; /* nftw(3) hands nothing through */
static size_t folder_length;

static int add_file(const char *path, const struct stat *file, int type, struct FTW *walk)
{
    (void)file, (void)walk;
    const char *inside = path + folder_length;
    bool is_accept = strncmp(inside, "/accept/", 8) == 0, is_refuse = strncmp(inside, "/refuse/", 8) == 0;
    if (type != FTW_F || (!is_accept && !is_refuse))
        return 0;
    if (found->count == found->room) {
        found->room = found->room ? 2 * found->room : 256;
        found->rows = memory_resize(found->rows, found->room * sizeof found->rows[0]);
    }
    struct sample *sample = &found->rows[found->count++];
    *sample = (struct sample){.path = memory_copy_string(path)};
    if (is_refuse) {
        sample->expected = sample->path + folder_length + 8;
        sample->expected_length = strcspn(sample->expected, "/");
    }
    return 0;
}

static int compare_samples(const void *one, const void *other)
{
    return strcmp(((const struct sample *)one)->path, ((const struct sample *)other)->path);
}

static enum status find_samples(const char *folder, struct samples *ret_samples, struct text *why)
{
    found = ret_samples;
    folder_length = strlen(folder);
    while (folder_length > 1 && folder[folder_length - 1] == '/')
        folder_length--;
    TEXT_CLEANUP struct text path = {0};
    text_append(&path, folder, folder_length);
    if (nftw(path.data, add_file, 16, FTW_PHYS) != 0 || ret_samples->count == 0) {
        text_setf(why, "%s has no photos below accept/ or refuse/LABEL/", folder);
        return STATUS_INVALID;
    }
    qsort(ret_samples->rows, ret_samples->count, sizeof ret_samples->rows[0], compare_samples);
    return STATUS_OK;
}

static void release_samples(struct samples *samples)
{
    for (size_t i = 0; i < samples->count; i++)
        free(samples->rows[i].path);
    free(samples->rows);
}

/* ---- Looking ---- */

/* "weapons" and "explicit-nudity" are folders of "Weapons" and "Explicit Nudity". */
static bool is_expected(const struct sample *sample, const char *name)
{
    size_t length = strlen(name);
    if (length != sample->expected_length)
        return false;
    for (size_t i = 0; i < length; i++) {
        int wanted = isalnum((unsigned char)name[i]) ? tolower((unsigned char)name[i]) : '-';
        int given = isalnum((unsigned char)sample->expected[i]) ? tolower((unsigned char)sample->expected[i]) : '-';
        if (wanted != given)
            return false;
    }
    return true;
}

static enum status look(struct evaluation *evaluation, struct sample *sample)
{
    FINDINGS_CLEANUP struct findings findings = {0};
    NEGATIVE_CLEANUP struct negative negative = {.file = -1}; /* unused, but made: decoded as for an upload */
    int original = open(sample->path, O_RDONLY | O_CLOEXEC);
    if (original < 0)
        return status_from_errno(errno);
    enum status status = inspect_photo(evaluation->inspector.darkroom, evaluation->inspector.moderator,
                                       &(struct darkroom_original){.file = original}, &findings, &negative, NULL);
    sample->labels = findings.labels;
    close(original);
    return status;
}

static void judge(struct sample *sample)
{
    const struct moderation_label *refusal = moderation_find(&sample->labels, MODERATION_REFUSE);
    sample->is_refused = refusal != NULL;
    for (size_t i = 0; i < sample->labels.count; i++) {
        const struct moderation_label *label = &sample->labels.rows[i];
        bool counts = sample->expected ? is_expected(sample, label->name) : label->action == MODERATION_REFUSE;
        if (counts && label->confidence > sample->confidence)
            sample->confidence = label->confidence;
    }
    if (sample->expected)
        sample->is_refused = sample->confidence >= MODERATION_REFUSE_AT;
}

static void *inspect_all(void *context)
{
    struct evaluation *evaluation = context;
    for (;;) {
        size_t next = atomic_fetch_add(&evaluation->next, 1);
        if (next >= evaluation->samples->count)
            return NULL;
        struct sample *sample = &evaluation->samples->rows[next];
        sample->status = look(evaluation, sample);
        if (sample->status == STATUS_OK)
            judge(sample);
        progress_step(&evaluation->progress, 0);
    }
}

/* ---- Counting ---- */

/* Wilson's interval for a share, at 95 %. */
static void print_share(const char *what, size_t part, size_t whole)
{
    const double z = 1.96;
    double n = whole ? (double)whole : 1, share = (double)part / n,
           centre = (share + z * z / (2 * n)) / (1 + z * z / n);
    double reach = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    printf("%-28s %6zu of %6zu  %6.2f %%  (%.2f to %.2f)\n", what, part, whole, 100 * share,
           100 * fmax(centre - reach, 0), 100 * fmin(centre + reach, 1));
}

enum counted { LOOKED_AT, REFUSED, UNSURE };

/* UNSURE: --when-unsure decides about it. */
static bool counts(const struct sample *sample, enum counted what)
{
    return sample->status == STATUS_OK && (what == LOOKED_AT || sample->is_refused)
           && (what != UNSURE || sample->confidence < MODERATION_SURE_AT);
}

static size_t count_group(const struct samples *samples, const struct sample *first, enum counted what)
{
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->rows[i];
        bool is_same = first->expected ? sample->expected && sample->expected_length == first->expected_length
                                             && strncmp(sample->expected, first->expected, first->expected_length) == 0
                                       : !sample->expected;
        count += is_same && counts(sample, what);
    }
    return count;
}

static void print_wrong(const struct samples *samples)
{
    for (size_t i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->rows[i];
        if (sample->status != STATUS_OK)
            printf("not looked at (%s)  %s\n", status_name(sample->status), sample->path);
        else if (sample->is_refused != (sample->expected != NULL))
            printf("%s %5.1f  %s\n", sample->expected ? "missed     " : "false alarm", sample->confidence,
                   sample->path);
    }
}

static void print_table(const struct samples *samples)
{
    const struct sample *last = NULL;
    for (size_t i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->rows[i];
        bool is_new = !last || (sample->expected != NULL) != (last->expected != NULL)
                      || (sample->expected
                          && (sample->expected_length != last->expected_length
                              || strncmp(sample->expected, last->expected, sample->expected_length) != 0));
        last = sample;
        if (!is_new)
            continue;
        TEXT_CLEANUP struct text what = {0};
        text_setf(&what, sample->expected ? "hits: %.*s" : "false alarms", (int)sample->expected_length,
                  sample->expected);
        size_t all = count_group(samples, sample, LOOKED_AT);
        print_share(text_get(&what), count_group(samples, sample, REFUSED), all);
        print_share("  below 75% confidence", count_group(samples, sample, UNSURE), all);
    }
}

/* ---- The curve ---- */

static double share_above(const struct samples *samples, bool is_expected_group, double confidence)
{
    size_t part = 0, whole = 0;
    for (size_t i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->rows[i];
        if (sample->status != STATUS_OK || (sample->expected != NULL) != is_expected_group)
            continue;
        whole++;
        part += sample->confidence >= confidence;
    }
    return whole ? (double)part / (double)whole : 0;
}

static void draw_line(FILE *file, const struct samples *samples, bool is_hits)
{
    (void)fprintf(file, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"",
                  is_hits ? "#1a7f37" : "#cf222e");
    for (int confidence = 1; confidence <= 100; confidence++)
        (void)fprintf(file, "%d,%.1f ", 40 + 5 * confidence, 320 - 300 * share_above(samples, is_hits, confidence));
    (void)fputs("\"/>\n", file);
}

static enum status draw_curve(const char *path, const struct samples *samples, struct text *why)
{
    FILE *file = fopen(path, "we");
    if (!file) {
        text_setf(why, "%s can't be written: %s", path, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    (void)fputs("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 560 370\" font-family=\"sans-serif\" "
                "font-size=\"12\">\n"
                "<rect width=\"560\" height=\"370\" fill=\"white\"/>\n"
                "<path d=\"M40 20V320H540\" fill=\"none\" stroke=\"black\"/>\n"
                "<path d=\"M290 20V320\" stroke=\"#999\" stroke-dasharray=\"4\"/>\n"
                "<text x=\"40\" y=\"340\">0</text><text x=\"280\" y=\"340\">50: refused</text>"
                "<text x=\"500\" y=\"340\">100%</text>\n"
                "<text x=\"4\" y=\"28\">100%</text><text x=\"14\" y=\"322\">0%</text>\n"
                "<text x=\"50\" y=\"362\" fill=\"#1a7f37\">true positives</text>"
                "<text x=\"150\" y=\"362\" fill=\"#cf222e\">false positives, if photos are refused from this "
                "confidence up</text>\n",
                file);
    draw_line(file, samples, true);
    draw_line(file, samples, false);
    (void)fputs("</svg>\n", file);
    return fclose(file) == 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* ---- All of it ---- */

static double child_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
           + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Returns the moderator's processor time, which is known when its processes have ended. */
static double inspect_with_threads(struct evaluation *evaluation, unsigned count)
{
    evaluation->progress.total = evaluation->samples->count;
    admin_run_threads(inspect_all, evaluation, count);
    progress_end(&evaluation->progress);
    double before = child_seconds();
    moderator_close(evaluation->inspector.moderator);
    evaluation->inspector.moderator = NULL;
    return child_seconds() - before;
}

enum status admin_moderation_eval(const struct settings_words *words, const struct admin_settings *settings,
                                  struct text *why)
{
    struct samples samples = {0};
    struct evaluation evaluation = {.samples = &samples};
    enum status status = find_samples(words->count > 2 ? words->words[2] : ".", &samples, why);
    if (status == STATUS_OK)
        status = admin_inspector_open(settings, &evaluation.inspector, why);
    if (status == STATUS_OK) {
        double seconds = inspect_with_threads(&evaluation, (unsigned)settings->processes);
        print_wrong(&samples);
        print_table(&samples);
        printf("%.1f ms of CPU time per photo, including loading the models\n", 1000 * seconds / (double)samples.count);
        if (settings->curve)
            status = draw_curve(settings->curve, &samples, why);
    }
    admin_inspector_close(&evaluation.inspector);
    release_samples(&samples);
    return status;
}
