/* What authors say of their photos. */
#include "photos.h"
#include "utf8.h"

#include <string.h>

static enum status check(const char *what, const char *words, size_t characters_max, struct text *why)
{
    size_t length = words ? strlen(words) : 0, characters = 0;
    const char *fault = NULL;
    if (length && !utf8_count(words, length, &characters))
        fault = "is not UTF-8";
    for (size_t i = 0; !fault && i < length; i++)
        if (((unsigned char)words[i] < ' ' && words[i] != '\n') || words[i] == 127)
            fault = "has a control character other than a line's end";
    if (fault) {
        text_setf(why, "The %s %s.", what, fault);
        return STATUS_INVALID;
    }
    if (characters <= characters_max)
        return STATUS_OK;
    text_setf(why, "The %s has %zu characters; at most %zu are allowed.", what, characters, characters_max);
    return STATUS_INVALID;
}

enum status photos_check_words(const struct photo_words *words, struct text *why)
{
    enum status status = check("caption", words->caption, CAPTION_MAX, why);
    return status ? status : check("alternative text", words->alt_text, ALT_TEXT_MAX, why);
}
