/* Log lines in JSON, one object a line: {"time":"…","level":"info","event":"…", …}. Only cmd/ and api/ log; libraries
 * return a status and a reason. Lines are gathered in memory and written by a thread of the log's own at least every
 * 100 ms, so that a request never waits for a pipe; error lines are written at once. log_close writes what is left. */
#ifndef LOG_H
#define LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

enum log_type { LOG_END, LOG_STRING, LOG_INTEGER, LOG_DURATION };
struct log_field {
    enum log_type type;
    unsigned key_length;
    const char *key; /* as it stands in the line: ,"name": */
    union {
        const char *string; /* NULL is written as null */
        int64_t integer;
        int64_t duration_ns;
    };
};

/* One log a process. `fd` stays the caller's. Lines below `least` are dropped. Before log_open and after log_close
 * lines are written straight to stderr. */
void log_open(int fd, enum log_level least);
void log_close(void);
/* Writes what is waiting now. */
void log_flush(void);
/* `fields` ends with a field of type LOG_END. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);

#define LOG_KEY(name) .key = ",\"" name "\":", .key_length = sizeof(",\"" name "\":") - 1
/* The names are literals. */
#define LOG_S(name, value)                                                                                             \
    {                                                                                                                  \
        .type = LOG_STRING, LOG_KEY(name), .string = (value)                                                           \
    }
#define LOG_I(name, value)                                                                                             \
    {                                                                                                                  \
        .type = LOG_INTEGER, LOG_KEY(name), .integer = (value)                                                         \
    }
/* Nanoseconds; written as milliseconds with three decimals. */
#define LOG_D(name, value)                                                                                             \
    {                                                                                                                  \
        .type = LOG_DURATION, LOG_KEY(name), .duration_ns = (value)                                                    \
    }
#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.type = LOG_END}})

#define log_info(event, ...)    log_write(LOG_INFO, (event), LOG_FIELDS(__VA_ARGS__))
#define log_warning(event, ...) log_write(LOG_WARNING, (event), LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...)   log_write(LOG_ERROR, (event), LOG_FIELDS(__VA_ARGS__))

#endif
