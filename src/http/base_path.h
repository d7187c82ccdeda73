/* The base path: where below its host the whole server is found, when a proxy gives it a part of a site
 * ("/photos-of-us"). Patterns of routes know nothing of it. It is taken off a request's path before a route is looked
 * for, and handlers put it before each path that they send. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "arena.h"
#include "status.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

enum { BASE_PATH_MAX = 200 };

/* What an operator writes, as it is used from then on: "/photos-of-us" also for "/photos-of-us/", "" for "/". INVALID
 * says what is wrong with it. */
enum status base_path_read(const char *words, struct arena *arena, const char **ret_base_path, struct text *why);

/* Where a path stands to the base path: "/a" and "/a?x" are the base path "/a" itself, "/a/b" is below it, "/ab" is
 * outside. */
enum base_path_relation { BASE_PATH_OUTSIDE, BASE_PATH_ITSELF, BASE_PATH_BELOW };
enum base_path_relation base_path_relation(const char *base_path, const char *path, size_t length);

#endif
