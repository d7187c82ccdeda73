/* The parameters of a header's value: `form-data; name="photo"; filename=a.jpg`. Read in place: a value is unescaped
 * and NUL-terminated where it stands. For this folder alone. */
#ifndef PARAMETER_H
#define PARAMETER_H

#include <stdbool.h>
#include <stddef.h>

struct parameter {
    const char *name; /* not NUL-terminated; NULL: there is none */
    size_t name_length;
    const char *value; /* NUL-terminated once the next parameter was read, or the end */
};

bool parameter_is_blank(char c);
/* Reads the parameter that follows a value, and returns what follows it: NULL when it is malformed. `text` is where
 * that value ends; it is not yet NUL-terminated, and this does it. */
char *parameter_read(char *text, struct parameter *ret_parameter);
bool parameter_is_named(const struct parameter *parameter, const char *name);

#endif
