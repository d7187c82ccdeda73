/* Who asks, and from where: whether this caller may ask it at all. */
#include "api_private.h"
#include "origin.h"
#include "reasons.h"

#include <string.h>
#include <strings.h>

/* ---- Who ---- */

/* What proxies and browsers write into Authorization for a password of theirs: a scheme, a blank, and what it needs. */
static bool is_password(const char *authorization)
{
    static const char *const schemes[] = {"Basic", "Digest", "Negotiate", "NTLM"};
    size_t length = strcspn(authorization, " ");
    for (size_t i = 0; authorization[length] && i < sizeof schemes / sizeof schemes[0]; i++)
        if (length == strlen(schemes[i]) && strncasecmp(authorization, schemes[i], length) == 0)
            return true;
    return false;
}

/* UNAUTHENTICATED: nobody is named. FORBIDDEN: that is no name. */
static enum status read_caller(struct http_request *request, struct caller *ret_caller, struct text *why)
{
    const char *own = http_header(request, "X-Cloudphotos-User");
    const char *name = own ? own : http_header(request, "Authorization");
    if (!name) {
        reason_set(why, REASON_NAME_MISSING);
        return STATUS_UNAUTHENTICATED;
    }
    if (!own && is_password(name)) {
        reason_set(why, REASON_NAME_BEHIND_PASSWORD,
                   arena_printf(http_arena(request), "%.*s", (int)strcspn(name, " "), name));
        return STATUS_UNAUTHENTICATED;
    }
    ret_caller->name = name;
    return photos_check_name(name, why);
}

/* The only place where a request's caller is read. */
void api_identify(struct http_request *request, const struct http_route *route)
{
    struct caller *caller = arena_new(http_arena(request), sizeof *caller);
    TEXT_CLEANUP struct text why = {0};
    enum status status = read_caller(request, caller, &why);
    if (status == STATUS_OK)
        http_set_caller(request, caller);
    else if (status != STATUS_UNAUTHENTICATED || route->needs_caller == HTTP_CALLER_REQUIRED)
        api_answer_status(request, status, &why);
}

const struct caller *api_caller(const struct http_request *request)
{
    return http_caller(request);
}

/* ---- From where ---- */

static bool is_change(const char *method)
{
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 && strcmp(method, "OPTIONS") != 0;
}

static bool is_allowed_page(struct http_request *request)
{
    const struct api *api = http_context(request);
    const struct origin_list *allowed = api->settings.allowed_origins;
    const struct origin_evidence evidence = {
        .origin = http_header(request, "Origin"),
        .host = http_host(request),
        .scheme = http_scheme(request),
        .fetch_site = http_header(request, "Sec-Fetch-Site"),
    };
    if (origin_is_own(&evidence))
        return true;
    return allowed && (allowed->any || (evidence.origin && origin_list_has(allowed, evidence.origin)));
}

static void refuse_page(struct http_request *request)
{
    enum { SHOWN = 100 };
    const char *origin = http_header(request, "Origin");
    TEXT_CLEANUP struct text why = {0};
    bool is_named = origin && *origin && strcmp(origin, "null") != 0;
    reason_set(&why, REASON_PAGE_FOREIGN,
               is_named ? arena_printf(http_arena(request), "%.*s", SHOWN, origin) : "another site");
    api_answer_status(request, STATUS_FORBIDDEN, &why);
}

static void refuse_coding(struct http_request *request, const char *coding)
{
    TEXT_CLEANUP struct text why = {0};
    reason_set(&why, REASON_BODY_PACKED, arena_printf(http_arena(request), "%.40s", coding));
    http_add_header(request, "Accept-Encoding", "identity");
    api_answer_status(request, STATUS_UNSUPPORTED, &why);
}

void api_admit(struct http_request *request, const struct http_route *route)
{
    const char *coding = route->body ? http_header(request, "Content-Encoding") : NULL;
    if (is_change(http_method(request)) && !is_allowed_page(request))
        refuse_page(request);
    else if (coding && *coding && strcasecmp(coding, "identity") != 0)
        refuse_coding(request, coding);
}
