#include "answer_thief.h"

#include "check.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* False when it has ended, or was cut. */
static bool pass_on(struct thief *thief, int from, int to, int server)
{
    char bytes[65536];
    ssize_t size = recv(from, bytes, sizeof bytes, 0);
    if (size <= 0 || send(to, bytes, (size_t)size, MSG_NOSIGNAL) != size)
        return false;
    if (to == server)
        atomic_fetch_add(&thief->trips, 1);
    if (to != server || !memmem(bytes, (size_t)size, "COMMIT", 7) || atomic_load(&thief->to_steal) == 0)
        return true;
    atomic_fetch_sub(&thief->to_steal, 1);
    atomic_fetch_add(&thief->stolen, 1);
    CHECK(recv(server, bytes, sizeof bytes, 0) > 0); /* it has committed */
    return false;
}

static void serve_one(struct thief *thief, int client)
{
    int server = connect_to(thief->server_port);
    bool goes_on = true;
    while (goes_on && !atomic_load(&thief->is_over)) {
        struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        if (poll(fds, 2, 100) <= 0)
            continue;
        if (fds[0].revents)
            goes_on = pass_on(thief, client, server, server);
        if (goes_on && fds[1].revents)
            goes_on = pass_on(thief, server, client, server);
    }
    (void)close(server);
    (void)close(client);
}

static void *steal(void *context)
{
    struct thief *thief = context;
    while (!atomic_load(&thief->is_over)) {
        struct pollfd fd = {.fd = thief->listener, .events = POLLIN};
        if (poll(&fd, 1, 100) > 0)
            serve_one(thief, accept(thief->listener, NULL, NULL));
    }
    return NULL;
}

static void open_thief(struct thief *thief, const char *address)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    thief->server_port = (uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10);
    thief->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(thief->listener, (struct sockaddr *)&own, size), 0);
    CHECK_INT(listen(thief->listener, 16), 0);
    CHECK_INT(getsockname(thief->listener, (struct sockaddr *)&own, &size), 0);
    thief->port = ntohs(own.sin_port);
}

struct store *thief_open(struct thief *thief, pthread_t *ret_thread, const char *address)
{
    TEXT_CLEANUP struct text through = {0}, reason = {0};
    struct store *store = NULL;
    open_thief(thief, address);
    CHECK_INT(pthread_create(ret_thread, NULL, steal, thief), 0);
    text_addf(&through, "postgresql://test@127.0.0.1:%u%s", thief->port, strrchr(address, '/'));
    CHECK_INT(store_open(text_get(&through), &store, &reason), STATUS_OK);
    return store;
}

void thief_close(struct thief *thief, pthread_t thread, struct store *store)
{
    store_close(store);
    atomic_store(&thief->is_over, true);
    (void)pthread_join(thread, NULL);
    (void)close(thief->listener);
}
