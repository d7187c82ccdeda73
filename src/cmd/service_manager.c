#include "service_manager.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool service_manager_tell(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path ? strlen(path) : 0;
    if (length == 0 || length >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') /* an address without a file */
        address.sun_path[0] = '\0';
    int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0)
        return false;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    bool is_told = sendto(socket_fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, size) >= 0;
    (void)close(socket_fd);
    return is_told;
}
