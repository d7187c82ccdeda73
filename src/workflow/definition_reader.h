/* Reads the fields of a definition. The first thing that is wrong is written down with its place
 * ("States.Resize.Retry[0].BackoffRate: …"), and every function then returns false all the way up. */
#ifndef DEFINITION_READER_H
#define DEFINITION_READER_H

#include "definition.h"
#include "json.h"
#include "path.h"

#include <stdbool.h>
#include <stdint.h>

struct machine;
struct state;

struct reader {
    struct arena *arena; /* of the definition */
    struct text place;
    struct text *why;
    enum status status;
    struct machine *machine;       /* whose states are read: what Next may name */
    const struct machine *outmost; /* for names that are unique over all branches */
    unsigned nesting;              /* of Parallel in Parallel, Not in And, …: bounded */
};

enum { READER_NESTING_MAX = 32 };
#define READER_SECONDS_MAX 99999999 /* more than three years: what Step Functions takes */

bool reader_refuse(struct reader *reader, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, in a field of the present place. */
bool reader_refuse_field(struct reader *reader, enum status status, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Goes into a field, "States", or an element, "[3]"; returns what reader_leave takes to come back. */
size_t reader_enter(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
void reader_leave(struct reader *reader, size_t mark);

/* Each reads one field of `object`. An absent field leaves *ret_ as it is, and is fine unless the function says so. */
bool read_string(struct reader *reader, json_t *object, const char *field, const char **ret_string);
bool read_required_string(struct reader *reader, json_t *object, const char *field, const char **ret_string);
bool read_integer(struct reader *reader, json_t *object, const char *field, int64_t least, int64_t most,
                  int64_t *ret_value);
bool read_boolean(struct reader *reader, json_t *object, const char *field, bool *ret_value);

enum path_kind { PATH_ANY, PATH_REFERENCE };
bool read_path(struct reader *reader, json_t *object, const char *field, enum path_kind kind,
               const struct path **ret_path);
/* A path in a text that stands at the present place. */
bool read_path_text(struct reader *reader, const char *text, enum path_kind kind, const struct path **ret_path);

/* Where null is allowed too: what it selects is discarded then. */
struct optional_path {
    const struct path *path; /* NULL: the default, "$" */
    bool discards;
};
bool read_optional_path(struct reader *reader, json_t *object, const char *field, enum path_kind kind,
                        struct optional_path *ret_path);

/* The name of a state of this machine; absent is refused when `required`. */
bool read_target(struct reader *reader, json_t *object, const char *field, bool required,
                 const struct state **ret_state);

/* Refuses fields that are not in the list, which ends with NULL. */
bool read_only_fields(struct reader *reader, json_t *object, const char *const *fields);
/* At most one of the two. */
bool read_not_both(struct reader *reader, json_t *object, const char *field, const char *other);

/* Looks like "States.Format('…')": an intrinsic function. They are not supported yet; template.c is their place. */
bool reader_is_intrinsic(const char *text);

#endif
