/* cloudphotos admin moderation: the photos that wait for a person, what that person decides, and looking again
 * (admin_rescan.c). */
#include "admin.h"
#include "clock.h"

#include <stdio.h>
#include <string.h>

static bool print_photo(void *context, const struct photo *photo)
{
    char id[ID_TEXT_SIZE], created[CLOCK_ISO8601_SIZE];
    (void)context;
    id_format(&photo->id, id);
    clock_format_iso8601(photo->created_ms, created);
    printf("%s  %s  %-16s  %s\n", id, created, photo->author, photo->labels ? photo->labels : "-");
    return true;
}

static enum status list(struct store *store, const struct admin_settings *settings, struct text *why)
{
    printf("%-32s  %-20s  %-16s  %s\n", "ID", "UPLOADED", "AUTHOR", "LABELS");
    return store_photos_list(store, PHOTO_PENDING, REVIEW_WAITING, NULL, (size_t)settings->limit, print_photo, NULL,
                             why);
}

static enum status decide(struct store *store, const char *id_text, enum photo_review review, struct text *why)
{
    struct id id;
    enum status status = admin_read_id(id_text, &id, why);
    if (status == STATUS_OK)
        status = store_photo_decide(store, &id, review, why);
    if (status == STATUS_CONFLICT)
        text_setf(why, "the photo %s isn't waiting for a decision", id_text);
    if (status == STATUS_OK)
        printf("%s is %s; a running server acts on it within two seconds.\n", id_text,
               review == REVIEW_APPROVED ? "approved" : "refused");
    return status;
}

/* ---- What was decided before ---- */

static bool print_verdict(void *context, const struct verdict *verdict)
{
    static const char *const kinds[] = {"waiting", "refused", "approved"};
    char id[ID_TEXT_SIZE], decided[CLOCK_ISO8601_SIZE];
    (void)context;
    id_format(&verdict->photo, id);
    clock_format_iso8601(verdict->decided_ms, decided);
    printf("%s  %s  %-8s  %s\n", id, decided, kinds[verdict->kind], verdict->reason ? verdict->reason : "-");
    return true;
}

static enum status list_verdicts(struct store *store, const struct admin_settings *settings, struct text *why)
{
    printf("%-32s  %-20s  %-8s  %s\n", "ID", "DECIDED", "VERDICT", "REASON");
    return store_verdicts_list(store, (size_t)settings->limit, print_verdict, NULL, why);
}

static enum status forget_verdict(struct store *store, const char *id_text, struct text *why)
{
    struct id id;
    enum status status = admin_read_id(id_text, &id, why);
    if (status == STATUS_OK)
        status = store_verdict_forget(store, &id, why);
    if (status == STATUS_OK)
        printf("The verdict on %s is forgotten; copies of it are moderated again.\n", id_text);
    return status;
}

static enum status verdicts(const struct settings_words *words, const struct admin_settings *settings,
                            struct store *store, struct text *why)
{
    const char *verb = words->count > 2 ? words->words[2] : "list";
    if (strcmp(verb, "list") == 0)
        return list_verdicts(store, settings, why);
    if (strcmp(verb, "forget") == 0)
        return forget_verdict(store, words->count > 3 ? words->words[3] : NULL, why);
    text_setf(why, "verdicts has no sub-command \"%s\"; there are list and forget ID", verb);
    return STATUS_INVALID;
}

enum status admin_moderation(const struct settings_words *words, const struct admin_settings *settings,
                             struct store *store, struct text *why)
{
    const char *verb = words->count > 2 ? words->words[2] : "list", *id = words->count > 3 ? words->words[3] : NULL;
    if (words->count == 2 && strcmp(words->words[1], "rescan") == 0)
        return admin_moderation_rescan(settings, store, why);
    if (words->count >= 2 && strcmp(words->words[1], "verdicts") == 0)
        return verdicts(words, settings, store, why);
    if (words->count < 2 || strcmp(words->words[1], "review") != 0) {
        text_setf(why, "moderation has the sub-commands eval FOLDER, rescan, review [list|approve ID|refuse ID], and "
                       "verdicts [list|forget ID]");
        return STATUS_INVALID;
    }
    if (strcmp(verb, "list") == 0)
        return list(store, settings, why);
    if (strcmp(verb, "approve") == 0)
        return decide(store, id, REVIEW_APPROVED, why);
    if (strcmp(verb, "refuse") == 0)
        return decide(store, id, REVIEW_REFUSED, why);
    text_setf(why, "review has no sub-command \"%s\"; there are list, approve ID and refuse ID", verb);
    return STATUS_INVALID;
}
