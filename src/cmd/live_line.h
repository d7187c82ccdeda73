/* The line on a terminal that says how a run is going: drawn anew each second, with the figures of the last whole
 * interval. */
#ifndef LIVE_LINE_H
#define LIVE_LINE_H

#include "tally.h"

#include <stdbool.h>

struct live_line {
    bool is_on;      /* stderr is a terminal, and it was not told to be quiet */
    double length_s; /* of the run, as planned */
    int64_t begin_ns;
    int64_t shown_s; /* when it was drawn last; -1: never */
    struct text figures;
};

void live_line_init(struct live_line *line, bool is_quiet, double length_s);
void live_line_release(struct live_line *line);
/* An interval is over. `users` below 0: there are none. */
void live_line_note(struct live_line *line, const struct tally *tally, double interval_s, double users);
/* Draws the line if a second has gone by, or a new interval was noted. To be called several times a second. */
void live_line_draw(struct live_line *line);
/* Makes room for what is printed when the run is over. */
void live_line_clear(struct live_line *line);

/* The line's text, for a terminal of so many columns; 0: any. */
void live_line_write(const struct live_line *line, int64_t elapsed_s, unsigned columns, struct text *out);

#endif
