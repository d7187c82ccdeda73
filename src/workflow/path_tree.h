/* A parsed JSONPath: segments, each with selectors. Shared by the files of path*.c alone. */
#ifndef PATH_TREE_H
#define PATH_TREE_H

#include "path.h"

#include <stdint.h>

enum { PATH_NESTING_MAX = 16 /* of filters in filters and of parentheses */ };

enum selector_type { SELECT_NAME, SELECT_INDEX, SELECT_SLICE, SELECT_ALL, SELECT_FILTER };

struct slice {
    bool has_start, has_end;
    int64_t start, end, step;
};

struct filter;
struct selector {
    enum selector_type type;
    const char *name;
    int64_t index; /* below 0: from the end */
    struct slice slice;
    const struct filter *filter;
    struct selector *next;
};

struct segment {
    bool descends; /* ".." before it: applies to the node and to all below it */
    struct selector *selectors;
    struct segment *next;
};

struct path {
    const char *text;
    bool context, reference;
    struct segment *segments;
};

struct path_parser {
    const char *at;
    struct arena *arena;
    struct text *why;
    unsigned nesting;
    enum status status; /* of the first refusal */
};

/* Records why and where; the first time counts. Always false. */
bool path_refuse(struct path_parser *parser, enum status status, const char *reason);
void path_skip_blanks(struct path_parser *parser);
/* Steps over `word` if it stands here. */
bool path_accept(struct path_parser *parser, const char *word);
/* A string in single or double quotes. */
bool path_parse_quoted(struct path_parser *parser, const char **ret_string);
/* What follows "$" or "@": as far as it goes. */
bool path_parse_segments(struct path_parser *parser, struct path *path);

/* Nodes visited in one evaluation are counted, so that "$..*..*" over a large tree ends. */
struct path_evaluation {
    json_t *root;
    size_t visits_left;
};
struct path_matches {
    json_t **nodes; /* borrowed */
    size_t count, capacity;
};
void path_evaluate(struct path_evaluation *evaluation, const struct path *path, json_t *node,
                   struct path_matches *ret_matches);

/* The inside of "?(…)" and whether it holds for a node. */
bool filter_parse(struct path_parser *parser, const struct filter **ret_filter);
bool filter_holds(struct path_evaluation *evaluation, const struct filter *filter, json_t *node);

#endif
