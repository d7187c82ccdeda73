#include "moderator.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *moderation_action_name(enum moderation_action action)
{
    static const char *const names[] = {"label", "hold", "refuse"};
    return names[action];
}

struct moderation_label moderation_label_make(const char *name, const char *parent, double confidence,
                                              enum moderation_action action)
{
    struct moderation_label label = {.confidence = confidence, .action = action};
    (void)snprintf(label.name, sizeof label.name, "%s", name);
    (void)snprintf(label.parent, sizeof label.parent, "%s", parent);
    return label;
}

const struct moderation_label *moderation_find(const struct moderation_labels *labels, enum moderation_action action)
{
    const struct moderation_label *surest = NULL;
    for (size_t i = 0; i < labels->count; i++) {
        const struct moderation_label *label = &labels->rows[i];
        if (label->action == action && label->confidence >= MODERATION_REFUSE_AT
            && (!surest || label->confidence > surest->confidence))
            surest = label;
    }
    return surest;
}

/* NULL: it isn't among them. */
static const struct moderation_label *find_name(const struct moderation_labels *labels, const char *name)
{
    for (size_t i = 0; i < labels->count; i++)
        if (strcmp(labels->rows[i].name, name) == 0)
            return &labels->rows[i];
    return NULL;
}

enum moderation_action moderation_decide(const struct moderation_labels *labels, enum moderation_action when_unsure,
                                         const struct moderation_label **ret_label)
{
    const struct moderation_label *refusal = moderation_find(labels, MODERATION_REFUSE);
    const struct moderation_label *doubt = moderation_find(labels, MODERATION_HOLD);
    const struct moderation_label *unseen = find_name(labels, MODERATION_UNSEEN);
    bool is_sure = refusal && refusal->confidence >= MODERATION_SURE_AT;
    enum moderation_action action = is_sure ? MODERATION_REFUSE : refusal ? when_unsure : MODERATION_LABEL;
    *ret_label = action == MODERATION_LABEL ? NULL : refusal;
    if (action == MODERATION_REFUSE || !doubt)
        return action;
    bool is_refused = unseen && when_unsure != MODERATION_HOLD;
    *ret_label = is_refused ? unseen : doubt;
    return is_refused ? MODERATION_REFUSE : MODERATION_HOLD;
}

bool moderation_read_unsure(const char *name, enum moderation_action *ret_action)
{
    static const char *const names[] = {
        [MODERATION_LABEL] = "publish", [MODERATION_HOLD] = "hold", [MODERATION_REFUSE] = "refuse"};
    for (enum moderation_action action = MODERATION_LABEL; action <= MODERATION_REFUSE; action++)
        if (strcmp(names[action], name) == 0) {
            *ret_action = action;
            return true;
        }
    return false;
}

bool moderation_next_name(const char **list, const char **ret_name, size_t *ret_length)
{
    const char *at = *list ? *list + strspn(*list, " ,") : "";
    size_t part = strcspn(at, ","), own = part;
    while (own && at[own - 1] == ' ')
        own--;
    *list = at + part;
    *ret_name = at;
    *ret_length = own;
    return own > 0;
}

bool moderation_is_listed(const char *list, const char *name)
{
    const char *listed;
    size_t length;
    while (moderation_next_name(&list, &listed, &length))
        if (strlen(name) == length && strncasecmp(listed, name, length) == 0)
            return true;
    return false;
}

static void add(struct moderation_labels *labels, const struct moderation_label *label)
{
    const struct moderation_label *same = find_name(labels, label->name);
    if (!same && labels->count < MODERATION_LABELS_MAX)
        labels->rows[labels->count++] = *label;
    else if (same && label->confidence > same->confidence)
        labels->rows[same - labels->rows] = *label;
}

void moderation_labels_merge(struct moderation_labels *labels, const struct moderation_labels *others)
{
    struct moderation_labels all = {0};
    size_t one = 0, other = 0;
    while (one < labels->count || other < others->count) {
        bool is_other = one == labels->count
                        || (other < others->count && others->rows[other].confidence > labels->rows[one].confidence);
        add(&all, is_other ? &others->rows[other++] : &labels->rows[one++]);
    }
    *labels = all;
}
