/* What a person at a terminal reads when the server is ready. */
#ifndef GREETING_H
#define GREETING_H

/* To stderr: first the address to open in a browser, then requests to try. `address` is HOST:PORT, as the server
 * listens. */
void greeting_print(const char *address, const char *base_path, const char *data);

#endif
