/* What authors say of their photos. */
#include "photos.h"
#include "reasons.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

static const struct text_rule {
    size_t characters_max;
    enum reason encoding, too_long, control;
} caption = {CAPTION_MAX, REASON_CAPTION_ENCODING, REASON_CAPTION_TOO_LONG, REASON_CAPTION_CONTROL},
  alt_text = {ALT_TEXT_MAX, REASON_ALT_TEXT_ENCODING, REASON_ALT_TEXT_TOO_LONG, REASON_ALT_TEXT_CONTROL};

static bool is_control(unsigned char c)
{
    return (c < ' ' && c != '\n' && c != '\t') || c == 127;
}

static enum status refuse_control(const struct text_rule *rule, unsigned char c, struct text *why)
{
    char name[sizeof "U+0000"];
    (void)snprintf(name, sizeof name, "U+%04X", c);
    reason_set(why, rule->control, name);
    return STATUS_INVALID;
}

static enum status check(const struct text_rule *rule, const char *words, size_t length, struct text *why)
{
    size_t characters = 0;
    char has[REASON_NUMBER_SIZE], limit[REASON_NUMBER_SIZE];
    if (!utf8_count(words, length, &characters)) {
        reason_set(why, rule->encoding);
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < length; i++)
        if (is_control((unsigned char)words[i]))
            return refuse_control(rule, (unsigned char)words[i], why);
    if (characters <= rule->characters_max)
        return STATUS_OK;
    reason_set(why, rule->too_long, reason_number(has, characters), reason_number(limit, rule->characters_max));
    return STATUS_INVALID;
}

/* Forms of browsers end lines in CR LF (html.spec.whatwg.org, 4.10.21.8), some clients in CR alone. */
static size_t end_lines_in_lf(char *words, size_t length)
{
    size_t left = 0;
    for (size_t i = 0; i < length; i++) {
        bool is_return = words[i] == '\r';
        words[left++] = is_return ? '\n' : words[i];
        i += is_return && i + 1 < length && words[i + 1] == '\n';
    }
    return left;
}

static enum status clean(const struct text_rule *rule, const char **words, struct arena *arena, struct text *why)
{
    if (!*words || !**words)
        return STATUS_OK;
    char *copy = arena_copy_string(arena, *words);
    size_t length = end_lines_in_lf(copy, strlen(copy));
    copy[length] = '\0';
    *words = copy;
    return check(rule, copy, length, why);
}

enum status photos_clean_description(struct photo_description *description, struct arena *arena, struct text *why)
{
    enum status status = clean(&caption, &description->caption, arena, why);
    return status ? status : clean(&alt_text, &description->alt_text, arena, why);
}
