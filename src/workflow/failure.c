#include "failure.h"

#include "json.h"

#include <stdarg.h>

void failure_release(struct failure *failure)
{
    text_release(&failure->error);
    text_release(&failure->cause);
}

void *failure_set(struct failure *failure, const char *error, const char *cause, ...)
{
    text_setf(&failure->error, "%s", error);
    text_clear(&failure->cause);
    va_list arguments;
    va_start(arguments, cause);
    text_vaddf(&failure->cause, cause, arguments);
    va_end(arguments);
    return NULL;
}

static void clean(struct text *text)
{
    TEXT_CLEANUP struct text quoted = {0};
    JSON_CLEANUP json_t *value = NULL;
    json_add_string(&quoted, text_get(text), text->length);
    if (json_parse(text_get(&quoted), quoted.length, &value, NULL) == STATUS_OK)
        text_setf(text, "%s", json_string_value(value));
    else
        text_clear(text); /* a NUL within */
}

void failure_clean(struct failure *failure)
{
    clean(&failure->error);
    clean(&failure->cause);
}
