/* cloudphotos admin buckets: makes the buckets of S3, and tells what is wrong with those that are there. */
#include "admin.h"
#include "blob.h"

#include <stdio.h>
#include <string.h>

static void print_row(void *context, const char *bucket, enum blob_setup_outcome outcome, const char *sentence)
{
    *(size_t *)context += outcome == BLOB_SETUP_DIFFERS;
    printf("%-24s  %s\n", bucket, sentence);
}

static enum status create(const struct admin_settings *settings, struct text *why)
{
    size_t differences = 0;
    enum status status = blob_setup(settings->buckets, settings->repair, print_row, &differences, why);
    (void)fflush(stdout);
    if (status == STATUS_UNSUPPORTED)
        return STATUS_INVALID;
    if (status != STATUS_OK || !differences)
        return status;
    text_setf(why, "%zu thing%s differ%s and %s left as %s. Add --repair to change that", differences,
              differences == 1 ? "" : "s", differences == 1 ? "s" : "", differences == 1 ? "was" : "were",
              differences == 1 ? "it is" : "they are");
    return STATUS_CONFLICT;
}

enum status admin_buckets(const struct settings_words *words, const struct admin_settings *settings, struct text *why)
{
    if (words->count == 2 && strcmp(words->words[1], "create") == 0)
        return create(settings, why);
    text_setf(why, "buckets has one sub-command: create");
    return STATUS_INVALID;
}
