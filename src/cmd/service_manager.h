/* Tells systemd, or another service manager with its protocol (sd_notify(3)), what the server is doing: `systemctl
 * start` then waits until it serves, and fails if it doesn't. Without a manager nothing happens. */
#ifndef SERVICE_MANAGER_H
#define SERVICE_MANAGER_H

#include <stdbool.h>

/* "READY=1" or "STOPPING=1". False when there is no manager, so a person started the program. */
bool service_manager_tell(const char *state);

#endif
