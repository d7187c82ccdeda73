/* A client of raw sockets for the tests of the HTTP server: it sends what it is told, byte for byte. Every wait ends
 * after ten seconds at the latest, and then fails the check that waited. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include "check.h"
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct client {
    int fd;
    struct text received; /* and not yet taken */
};

static inline uint16_t server_port(const struct http_server *server)
{
    return (uint16_t)strtoul(strrchr(http_server_address(server), ':') + 1, NULL, 10);
}

static inline struct client client_open_port(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct timeval limit = {.tv_sec = 10};
    (void)setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(client.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(client.fd, (struct sockaddr *)&to, sizeof to) != 0) {
        (void)close(client.fd);
        client.fd = -1;
    }
    return client;
}

static inline struct client client_open(const struct http_server *server)
{
    return client_open_port(server_port(server));
}

static inline void client_close(struct client *client)
{
    if (client->fd >= 0)
        (void)close(client->fd);
    client->fd = -1;
    text_release(&client->received);
}

/* False when the server has closed the connection. */
static inline bool client_send_bytes(struct client *client, const char *data, size_t size)
{
    while (size) {
        ssize_t sent = send(client->fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static inline bool client_send(struct client *client, const char *text)
{
    return client_send_bytes(client, text, strlen(text));
}

/* False at the end of the connection. */
static inline bool client_receive(struct client *client)
{
    char buffer[16384];
    ssize_t size = recv(client->fd, buffer, sizeof buffer, 0);
    bool in_time = size >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    CHECK(in_time);
    if (size <= 0)
        return false;
    text_append(&client->received, buffer, (size_t)size);
    return true;
}

static inline const char *client_receive_all(struct client *client)
{
    while (client_receive(client))
        ;
    return text_get(&client->received);
}

/* Waits until `text` was received. */
static inline bool client_wait_for(struct client *client, const char *text)
{
    while (!client->received.data || !strstr(client->received.data, text))
        if (!client_receive(client))
            return false;
    return true;
}

static inline void client_drop(struct client *client, size_t size)
{
    client->received.length -= size;
    memmove(client->received.data, client->received.data + size, client->received.length + 1);
}

struct answer {
    unsigned code; /* 0: the connection ended before a whole answer came */
    struct text head, body;
};

static inline void answer_release(struct answer *answer)
{
    text_release(&answer->head);
    text_release(&answer->body);
}
#define ANSWER_CLEANUP __attribute__((cleanup(answer_release)))

/* The value of a header in a buffer of the thread; "" when absent. */
static inline const char *answer_header(const struct answer *answer, const char *name)
{
    static _Thread_local char value[512];
    size_t length = strlen(name);
    for (const char *line = text_get(&answer->head); line && *line; line = strstr(line, "\r\n")) {
        line += strspn(line, "\r\n");
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(line + length + 2, "\r"), line + length + 2);
            return value;
        }
    }
    return "";
}

/* Takes one answer with a Content-Length from the connection; `has_body` is false for HEAD. */
static inline struct answer client_read_answer(struct client *client, bool has_body)
{
    struct answer answer = {0};
    if (!client_wait_for(client, "\r\n\r\n"))
        return answer;
    size_t head = (size_t)(strstr(client->received.data, "\r\n\r\n") - client->received.data) + 4;
    text_append(&answer.head, client->received.data, head);
    client_drop(client, head);
    size_t size = has_body ? strtoul(answer_header(&answer, "Content-Length"), NULL, 10) : 0;
    while (client->received.length < size)
        if (!client_receive(client))
            return answer;
    text_append(&answer.body, text_get(&client->received), size);
    client_drop(client, size);
    answer.code = (unsigned)strtoul(text_get(&answer.head) + strlen("HTTP/1.1 "), NULL, 10);
    return answer;
}

/* Sends a request and takes its answer. */
static inline struct answer client_ask(struct client *client, const char *request)
{
    (void)client_send(client, request);
    return client_read_answer(client, strncmp(request, "HEAD", 4) != 0);
}

/* Has the server closed the connection? Waits for it. */
static inline bool client_is_closed(struct client *client)
{
    return !client_receive(client);
}

#endif
