/* A slow store, without a clock: what is asked of it waits until the test lets it pass. One at a time. */
#ifndef STORE_GATE_H
#define STORE_GATE_H

#include "store.h"

enum gate {
    GATE_REQUESTS, /* what requests ask; what threads of our own do passes */
    GATE_RELEASE   /* store_execution_release alone */
};

/* From now on calls wait; and the store counts as one on another machine. */
void store_gate_close(struct store *store, enum gate gate);
/* What a call does at the gate: for the tables of other back ends. */
void store_gate_wait(void);
/* A descriptor that is readable while calls have come that store_gate_take wasn't told of yet. */
int store_gate_fd(void);
/* Waits for the next call, ten seconds at most. */
bool store_gate_take(void);
/* Lets one call pass. */
void store_gate_pass(void);
/* Lets all pass, from now on, too. */
void store_gate_open(void);

#endif
