#include "wire.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr header; /* for its alignment */
    char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
};

bool wire_send(int socket, const void *message, size_t size, const int *descriptors, size_t count)
{
    assert(count <= DESCRIPTORS_MAX);
    union control control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (count) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(rights), descriptors, sizeof(int) * count);
    }
    ssize_t sent;
    do {
        sent = sendmsg(socket, &header, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

/* How many descriptors came along, into `found`, which has room for all that a message can carry. */
static size_t take_descriptors(struct msghdr *header, int found[static DESCRIPTORS_MAX])
{
    struct cmsghdr *rights = CMSG_FIRSTHDR(header);
    if (!rights || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    assert(count <= DESCRIPTORS_MAX);
    memcpy(found, CMSG_DATA(rights), sizeof(int) * count);
    return count;
}

bool wire_receive(int socket, void *message, size_t size, int *ret_descriptors, size_t count)
{
    assert(count <= DESCRIPTORS_MAX);
    union control control = {0};
    struct iovec part = {.iov_base = message, .iov_len = size};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t received;
    do {
        received = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0)
        return false;

    int found[DESCRIPTORS_MAX];
    size_t found_count = take_descriptors(&header, found);
    bool complete = (size_t)received == size && !(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
                    && (found_count == count || found_count == 0);
    if (!complete) {
        for (size_t i = 0; i < found_count; i++)
            close(found[i]);
        errno = received == 0 ? 0 : EPROTO;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        ret_descriptors[i] = found_count ? found[i] : -1;
    return true;
}
