#include "log.h"

#include "clock.h"
#include "json.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

enum {
    FLUSH_MS = 100,
    FLUSH_BYTES = 128 << 10, /* sooner than that: what is still in the cache is written for less */
    PENDING_MAX = 4 << 20,
    NS_PER_MS = 1000000
};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct text pending;
    uint64_t dropped;
    enum log_level least;
    int fd;
    bool is_open, is_closing;
} the_log = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .least = LOG_INFO, .fd = STDERR_FILENO};

/* A log that can't be written (its reader has gone, its disk is full) must not stop the service: what fails is
 * dropped. */
static void write_all(int fd, const struct text *lines)
{
    for (size_t done = 0; done < lines->length;) {
        ssize_t written = write(fd, lines->data + done, lines->length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        done += (size_t)written;
    }
}

static void wait_for_more(void)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += FLUSH_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!the_log.is_closing && the_log.pending.length < FLUSH_BYTES
           && pthread_cond_timedwait(&the_log.changed, &the_log.lock, &until) != ETIMEDOUT)
        ;
}

static void *flush(void *unused)
{
    (void)unused;
    struct text lines = {0};
    (void)pthread_mutex_lock(&the_log.lock);
    for (;;) {
        while (!the_log.pending.length && !the_log.is_closing)
            (void)pthread_cond_wait(&the_log.changed, &the_log.lock);
        if (!the_log.pending.length)
            break;
        wait_for_more();
        struct text full = the_log.pending;
        the_log.pending = lines;
        lines = full;
        (void)pthread_mutex_unlock(&the_log.lock);
        write_all(the_log.fd, &lines);
        text_clear(&lines);
        (void)pthread_mutex_lock(&the_log.lock);
    }
    (void)pthread_mutex_unlock(&the_log.lock);
    text_release(&lines);
    return NULL;
}

void log_open(int fd, enum log_level least)
{
    the_log.fd = fd;
    the_log.least = least;
    the_log.is_closing = false;
    the_log.is_open = pthread_create(&the_log.thread, NULL, flush, NULL) == 0;
}

void log_close(void)
{
    (void)pthread_mutex_lock(&the_log.lock);
    bool was_open = the_log.is_open;
    the_log.is_closing = true;
    the_log.is_open = false;
    (void)pthread_cond_signal(&the_log.changed);
    (void)pthread_mutex_unlock(&the_log.lock);
    if (was_open)
        (void)pthread_join(the_log.thread, NULL);
    text_release(&the_log.pending);
}

void log_flush(void)
{
    (void)pthread_mutex_lock(&the_log.lock);
    write_all(the_log.fd, &the_log.pending);
    text_clear(&the_log.pending);
    (void)pthread_mutex_unlock(&the_log.lock);
}

/* All by hand: every request is a line, and printf took longer than the rest of the request's own work. */
static void add_thousandths(struct text *line, int64_t thousandths)
{
    const char decimals[] = {'.', (char)('0' + thousandths / 100), (char)('0' + thousandths / 10 % 10),
                             (char)('0' + thousandths % 10)};
    text_append(line, decimals, sizeof decimals);
}

/* "2026-11-22T21:05:00.123Z"; the part up to the seconds is made once a second and thread. */
static void add_time(struct text *line)
{
    static _Thread_local int64_t made_for = -1;
    static _Thread_local char seconds[CLOCK_ISO8601_SIZE];
    int64_t now = clock_now_ms();
    if (now / 1000 != made_for) {
        clock_format_iso8601(now, seconds);
        made_for = now / 1000;
    }
    text_add(line, "{\"time\":\"");
    text_append(line, seconds, 19);
    add_thousandths(line, now % 1000);
    text_add(line, "Z\"");
}

static void add_field(struct text *line, const struct log_field *field)
{
    text_append(line, field->key, field->key_length);
    if (field->type == LOG_STRING) {
        json_add_string_or_null(line, field->string);
    } else if (field->type == LOG_INTEGER) {
        text_add_integer(line, field->integer);
    } else {
        text_add_integer(line, field->duration_ns / NS_PER_MS);
        add_thousandths(line, field->duration_ns % NS_PER_MS / 1000);
    }
}

static void enqueue(const struct text *line, enum log_level level)
{
    (void)pthread_mutex_lock(&the_log.lock);
    if (!the_log.is_open || level == LOG_ERROR) {
        write_all(the_log.fd, &the_log.pending);
        text_clear(&the_log.pending);
        write_all(the_log.fd, line);
    } else if (the_log.pending.length + line->length > PENDING_MAX) {
        the_log.dropped++;
    } else {
        if (the_log.dropped)
            text_addf(&the_log.pending,
                      "{\"level\":\"warning\",\"event\":\"log-lines-dropped\",\"count\":%" PRIu64 "}\n",
                      the_log.dropped);
        the_log.dropped = 0;
        size_t before = the_log.pending.length;
        text_append(&the_log.pending, line->data, line->length);
        if (before == 0 || (before < FLUSH_BYTES && the_log.pending.length >= FLUSH_BYTES))
            (void)pthread_cond_signal(&the_log.changed);
    }
    (void)pthread_mutex_unlock(&the_log.lock);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    if (level < the_log.least)
        return;
    TEXT_CLEANUP struct text line = {0};
    text_reserve(&line, 500);
    add_time(&line);
    text_add(&line, ",\"level\":\"");
    text_add(&line, level_names[level]);
    text_add(&line, "\",\"event\":\"");
    text_add(&line, event);
    text_addc(&line, '"');
    for (; fields->type != LOG_END; fields++)
        add_field(&line, fields);
    text_add(&line, "}\n");
    enqueue(&line, level);
}
