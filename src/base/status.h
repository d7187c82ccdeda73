/* How a function that can fail says so. The sentence for a person travels beside it, in a struct text *why. */
#ifndef STATUS_H
#define STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_INVALID,         /* the caller's input is malformed */
    STATUS_UNAUTHENTICATED, /* nobody said who asks */
    STATUS_FORBIDDEN,       /* who asks may not */
    STATUS_NOT_FOUND,
    STATUS_CONFLICT,      /* the thing is in another state than the caller assumed; a lease was lost */
    STATUS_TOO_LARGE,     /* bytes, pixels or frames over a limit */
    STATUS_UNSUPPORTED,   /* a format or feature that we do not take */
    STATUS_UNPROCESSABLE, /* the right format, but broken: truncated, corrupt */
    STATUS_BUSY,          /* a bounded resource is used up for now; try again */
    STATUS_TOO_MANY,      /* who asks has as many of these as one may have; try again when some are done */
    STATUS_NO_SPACE,      /* the disk or quota is full */
    STATUS_UNAVAILABLE,   /* a back end can't be used for now: read-only, unreachable */
    STATUS_TIMEOUT,
    STATUS_CRASHED, /* a helper process died over the work */
    STATUS_INTERNAL /* a fault of ours */
};

/* The name without its prefix, in lower case, words joined by dashes: "too-large". Static. */
const char *status_name(enum status status);

/* The status for an errno value of a file operation: ENOSPC and EDQUOT are NO_SPACE, EROFS, EACCES and EIO are
 * UNAVAILABLE, ENOENT is NOT_FOUND, ENOMEM, EMFILE and ENFILE are BUSY; anything else is INTERNAL. */
enum status status_from_errno(int error);

#endif
