/* A real server for a test program: a script of tests/ starts it, and it ends with the program. */
#ifndef SERVER_SCRIPT_H
#define SERVER_SCRIPT_H

/* What the script says after "ready". It is started once; a program has one script. NULL: there is no server, and the
 * running case is skipped, if the script says so, or has failed. Static. */
const char *server_script_get(const char *script);

#endif
