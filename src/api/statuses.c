#include "api_private.h"

static const unsigned codes[] = {
    [STATUS_OK] = 200,        [STATUS_INVALID] = 400,     [STATUS_UNAUTHENTICATED] = 401,
    [STATUS_FORBIDDEN] = 403, [STATUS_NOT_FOUND] = 404,   [STATUS_CONFLICT] = 409,
    [STATUS_TOO_LARGE] = 413, [STATUS_UNSUPPORTED] = 415, [STATUS_UNPROCESSABLE] = 422,
    [STATUS_BUSY] = 503,      [STATUS_NO_SPACE] = 507,    [STATUS_UNAVAILABLE] = 503,
    [STATUS_TIMEOUT] = 504,   [STATUS_CRASHED] = 500,     [STATUS_INTERNAL] = 500,
};

unsigned api_code(enum status status)
{
    return codes[status];
}

void api_answer_status(struct http_request *request, enum status status, const struct text *why)
{
    if (codes[status] == 503)
        http_add_header(request, "Retry-After", "1");
    http_answer_problem(request, codes[status], why->length ? text_get(why) : status_name(status));
}
