/* Drives an interpreter in a test: tasks are answered from a script, and time goes on when nothing else does. */
#ifndef ASL_DRIVE_H
#define ASL_DRIVE_H

#include "interpreter.h"

enum { DRIVE_START_MS = 1000000000 };

struct drive {
    struct definition *definition;
    struct interpreter *interpreter;
    struct execution execution;
    struct text data;
    int64_t now_ms;
    /* {"resource": [{"output"} | {"error", "cause"} | {"echo": true}, …]}, each with "seconds" that it takes; borrowed.
     * The last answers all calls beyond it. */
    json_t *answers;
    json_t *calls;   /* {"resource": how many} */
    json_t *inputs;  /* of the tasks, in order */
    json_t *events;  /* [{"ms", "type", "detail"}] since the start */
    bool takes_over; /* after each transition another interpreter goes on from what was kept */
};

/* The data is what the store would keep. */
enum status drive_open(struct drive *drive, const char *definition, const char *data, json_t *answers,
                       struct text *why);
void drive_release(struct drive *drive);
/* Advances once, and answers one task if there is one. False: only time can help, or it has ended. */
bool drive_step(struct drive *drive);
/* To the end; time jumps to when something is due. False: it did not end. */
bool drive_run(struct drive *drive);
/* "1.5 TaskFailed crop Darkroom.Crashed": seconds since the start, type, state or resource, error. */
void drive_line(const json_t *event, struct text *ret_line);

#endif
