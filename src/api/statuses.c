#include "api_private.h"

#include "log.h"

static const unsigned codes[] = {
    [STATUS_OK] = 200,          [STATUS_INVALID] = 400,     [STATUS_UNAUTHENTICATED] = 401,
    [STATUS_FORBIDDEN] = 403,   [STATUS_NOT_FOUND] = 404,   [STATUS_CONFLICT] = 409,
    [STATUS_TOO_LARGE] = 413,   [STATUS_UNSUPPORTED] = 415, [STATUS_UNPROCESSABLE] = 422,
    [STATUS_BUSY] = 503,        [STATUS_TOO_MANY] = 429,    [STATUS_NO_SPACE] = 507,
    [STATUS_UNAVAILABLE] = 503, [STATUS_TIMEOUT] = 504,     [STATUS_CRASHED] = 500,
    [STATUS_INTERNAL] = 500,
};

unsigned api_code(enum status status)
{
    return codes[status];
}

/* What people read about faults of the server: folders and errors of the disk are for its operator. */
static const struct {
    bool is_ours;
    enum reason reason;
} faults[] = {
    [STATUS_BUSY] = {true, REASON_SERVER_BUSY},
    [STATUS_NO_SPACE] = {true, REASON_SERVER_FULL},
    [STATUS_UNAVAILABLE] = {true, REASON_SERVER_UNAVAILABLE},
    [STATUS_TIMEOUT] = {true, REASON_SERVER_BUSY},
    [STATUS_CRASHED] = {true, REASON_SERVER_FAULT},
    [STATUS_INTERNAL] = {true, REASON_SERVER_FAULT},
};

static void choose_sentence(const struct http_request *request, enum status status, const struct text *why,
                            struct text *ret_sentence)
{
    struct reason_found found;
    const char *sentence = why->length ? text_get(why) : status_name(status);
    if ((size_t)status >= sizeof faults / sizeof faults[0] || !faults[status].is_ours
        || reason_find(sentence, &found)) {
        text_setf(ret_sentence, "%s", sentence);
        return;
    }
    reason_set(ret_sentence, faults[status].reason);
    log_warning("trouble", LOG_S("request_id", http_request_id(request)), LOG_S("message", sentence));
}

void api_answer_status(struct http_request *request, enum status status, const struct text *why)
{
    TEXT_CLEANUP struct text sentence = {0};
    choose_sentence(request, status, why, &sentence);
    const char *pause = codes[status] == 503 ? "1" : codes[status] == 429 ? "30" : NULL; /* seconds */
    if (pause)
        http_add_header(request, "Retry-After", pause);
    http_answer_problem(request, codes[status], text_get(&sentence));
}

void api_answer_reason(struct http_request *request, unsigned code, enum reason reason)
{
    TEXT_CLEANUP struct text sentence = {0};
    reason_set(&sentence, reason);
    http_answer_problem(request, code, text_get(&sentence));
}
