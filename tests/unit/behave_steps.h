/* The steps of behave-asl's scenarios: each tells a definition, where it stands, what its resources answer, and what
 * one execution of a state then brings. Our interpreter runs on where nothing waits, so what is asked for is looked up
 * in its history. */
#ifndef BEHAVE_STEPS_H
#define BEHAVE_STEPS_H

#include "asl_drive.h"

struct world {
    json_t *definition;   /* NULL: it is not even JSON */
    json_t *input, *data; /* of the execution, of the state */
    json_t *answers, *wanted_input;
    const char *state; /* where it stands; NULL: at the start */
    int64_t retries;
    struct drive drive;
    bool loaded;
    enum status status;   /* of loading */
    struct text why;      /* what was refused */
    size_t executed;      /* how often a state was */
    struct text mismatch; /* "": all as the scenario says */
    const char *unknown;  /* a step that we do not know */
};

void world_init(struct world *world);
void world_release(struct world *world);
/* A step as gherkin_read gives it. What the arena takes lives as long as the world. */
void world_take_step(struct world *world, json_t *step, struct arena *arena);

#endif
