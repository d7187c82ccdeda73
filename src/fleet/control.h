/* The socket through which `cloudphotos fleet status`, `drain` and `rolling-restart` talk to the fleet that runs. Only
 * its user can open it. A line comes, an answer goes, and the connection ends. */
#ifndef CONTROL_H
#define CONTROL_H

#include "fleet.h"

struct control;
/* RUN/fleet.sock. An earlier one is removed: the lock of the run folder says that nobody has it. */
enum status control_open(const char *run_folder, struct control **ret_control, struct text *why);
void control_close(struct control *control);
/* For poll(2). */
int control_fd(const struct control *control);
/* Answers one client, if one waits. */
void control_serve(struct control *control, struct fleet *fleet);

/* The other side. OK: the answer is in *ret_answer. UNAVAILABLE: no fleet runs there. Otherwise the fleet's refusal. */
enum status control_ask(const char *run_folder, const char *command, struct text *ret_answer, struct text *why);

#endif
