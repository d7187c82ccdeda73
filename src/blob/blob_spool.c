#include "blob_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For file systems without O_TMPFILE. */
static int new_named(const char *folder)
{
    TEXT_CLEANUP struct text path = {0};
    text_setf(&path, "%s/cloudphotos-XXXXXX", folder);
    int fd = mkostemp(path.data, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path.data);
    return fd;
}

enum status blob_spool_new(int *ret_fd, struct text *why)
{
    const char *folder = getenv("TMPDIR");
    folder = folder && *folder ? folder : "/var/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
        fd = new_named(folder);
    if (fd >= 0) {
        *ret_fd = fd;
        return STATUS_OK;
    }
    enum status status = status_from_errno(errno);
    text_setf(why, "The folder %s can't take a temporary file: %s. TMPDIR names another one.", folder,
              strerrordesc_np(errno));
    return status == STATUS_NO_SPACE || status == STATUS_BUSY ? status : STATUS_UNAVAILABLE;
}

enum status blob_spool_fail(int error, struct text *why)
{
    text_setf(why, "A temporary file can't be written: %s.", strerrordesc_np(error));
    return status_from_errno(error);
}
