/* Unix-domain sockets for a line and its answer: HAProxy's, and the fleet's own. */
#ifndef UNIX_SOCKET_H
#define UNIX_SOCKET_H

#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

/* Sends the line, and reads all there is until the other side closes, without line breaks at its end. UNAVAILABLE when
 * nobody answers within two seconds; INVALID for a path that is too long. */
enum status unix_socket_ask(const char *path, const char *line, struct text *ret_answer, struct text *why);

/* Only this user can connect. */
enum status unix_socket_listen(const char *path, int backlog, int *ret_fd, struct text *why);
bool unix_socket_set_patience(int fd, int ms);
/* False: it is longer, or didn't come. */
bool unix_socket_read_line(int fd, char *ret_line, size_t size);
/* Without SIGPIPE when nobody listens any more. */
bool unix_socket_send(int fd, const char *bytes, size_t size);

#endif
