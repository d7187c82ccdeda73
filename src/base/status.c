#include "status.h"

#include <errno.h>

static const char *const names[] = {
    [STATUS_OK] = "ok",
    [STATUS_INVALID] = "invalid",
    [STATUS_UNAUTHENTICATED] = "unauthenticated",
    [STATUS_FORBIDDEN] = "forbidden",
    [STATUS_NOT_FOUND] = "not-found",
    [STATUS_CONFLICT] = "conflict",
    [STATUS_TOO_LARGE] = "too-large",
    [STATUS_UNSUPPORTED] = "unsupported",
    [STATUS_UNPROCESSABLE] = "unprocessable",
    [STATUS_BUSY] = "busy",
    [STATUS_TOO_MANY] = "too-many",
    [STATUS_NO_SPACE] = "no-space",
    [STATUS_UNAVAILABLE] = "unavailable",
    [STATUS_TIMEOUT] = "timeout",
    [STATUS_CRASHED] = "crashed",
    [STATUS_INTERNAL] = "internal",
};

const char *status_name(enum status status)
{
    return names[status];
}

enum status status_from_errno(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return STATUS_NO_SPACE;
    case EROFS:
    case EACCES:
    case EPERM:
    case EIO:
        return STATUS_UNAVAILABLE;
    case ENOENT:
        return STATUS_NOT_FOUND;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
        return STATUS_BUSY;
    default:
        return STATUS_INTERNAL;
    }
}
