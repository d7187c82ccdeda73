#include "api_private.h"

#include "log.h"

static const unsigned codes[] = {
    [STATUS_OK] = 200,          [STATUS_INVALID] = 400,     [STATUS_UNAUTHENTICATED] = 401,
    [STATUS_FORBIDDEN] = 403,   [STATUS_NOT_FOUND] = 404,   [STATUS_CONFLICT] = 409,
    [STATUS_TOO_LARGE] = 413,   [STATUS_UNSUPPORTED] = 415, [STATUS_UNPROCESSABLE] = 422,
    [STATUS_BUSY] = 503,        [STATUS_TOO_MANY] = 429,    [STATUS_NO_SPACE] = 507,
    [STATUS_UNAVAILABLE] = 503, [STATUS_TIMEOUT] = 503,     [STATUS_CRASHED] = 500,
    [STATUS_INTERNAL] = 500,
};

unsigned api_code(enum status status)
{
    return codes[status];
}

/* What a client reads where the sentence is for the operator: folders, and errors of the disk or the database. */
static const enum reason general[] = {
    [STATUS_OK] = REASON_REQUEST_REFUSED,
    [STATUS_INVALID] = REASON_REQUEST_REFUSED,
    [STATUS_UNAUTHENTICATED] = REASON_REQUEST_REFUSED,
    [STATUS_FORBIDDEN] = REASON_REQUEST_REFUSED,
    [STATUS_NOT_FOUND] = REASON_REQUEST_REFUSED,
    [STATUS_CONFLICT] = REASON_REQUEST_REFUSED,
    [STATUS_TOO_LARGE] = REASON_REQUEST_REFUSED,
    [STATUS_UNSUPPORTED] = REASON_REQUEST_REFUSED,
    [STATUS_UNPROCESSABLE] = REASON_REQUEST_REFUSED,
    [STATUS_BUSY] = REASON_SERVER_BUSY,
    [STATUS_TOO_MANY] = REASON_REQUEST_REFUSED,
    [STATUS_NO_SPACE] = REASON_SERVER_FULL,
    [STATUS_UNAVAILABLE] = REASON_SERVER_UNAVAILABLE,
    [STATUS_TIMEOUT] = REASON_SERVER_BUSY,
    [STATUS_CRASHED] = REASON_SERVER_FAULT,
    [STATUS_INTERNAL] = REASON_SERVER_FAULT,
};

void api_answer_failure(struct http_request *request, unsigned code, enum status status, const struct text *why)
{
    struct reason_found found;
    const char *pause = code == 503 ? "1" : code == 429 ? "30" : NULL; /* seconds */
    if (pause)
        http_add_header(request, "Retry-After", pause);
    if (reason_find(text_get(why), &found)) {
        http_answer_problem(request, code, why);
        return;
    }
    log_warning("trouble", LOG_S("request_id", http_request_id(request)),
                LOG_S("message", why->length ? text_get(why) : status_name(status)));
    http_answer_reason(request, code, general[status]);
}

void api_answer_status(struct http_request *request, enum status status, const struct text *why)
{
    api_answer_failure(request, codes[status], status, why);
}
