/* The names of all users and how many photos each has published, in byte order, in memory: what a search by prefix
 * walks through. It copies the table "users" of a database at one state, follows this process's own commits, and knows
 * when it has fallen behind another's: then it serves nobody until it is loaded again. A state is the database's
 * version: each commit of any process makes its lower 32 bits greater by one. About 16 bytes a name. */
#ifndef NAMES_H
#define NAMES_H

#include "store.h"

struct names;
struct names_list; /* sorted; being loaded */

struct name_change {
    char name[AUTHOR_NAME_MAX + 1];
    int posts; /* more of them; fewer when negative */
};

struct names *names_new(void); /* serves nobody yet */
void names_free(struct names *names);

/* A new content: append every name, in byte order, then swap it in, which takes the list. */
struct names_list *names_list_new(void);
void names_list_free(struct names_list *list);
/* False when there is no place for such a name or count. */
bool names_list_append(struct names_list *list, const char *name, size_t length, int64_t posts);
void names_swap(struct names *names, struct names_list *list, uint64_t state);

/* The commit that led from one state to the other made these changes. */
void names_follow(struct names *names, const struct name_change *changes, size_t count, uint64_t from, uint64_t to);
bool names_are_at(struct names *names, uint64_t state);

/* As store_users_search, from `from` on; false, and no row, when the names are not those of this state. Rows keep
 * nobody waiting: they are given what was copied. */
bool names_search(struct names *names, uint64_t state, const char *prefix, const char *from, size_t from_length,
                  size_t limit, store_user_row *row, void *context);

#endif
