#include "partials.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

struct partial {
    struct partial *next;
    struct id id;
    char *author;
};

static struct partial **find(struct partials *partials, const struct id *id)
{
    struct partial **link = &partials->first;
    while (*link && !id_equal(&(*link)->id, id))
        link = &(*link)->next;
    return link;
}

unsigned partials_count(const struct partials *partials, const char *author)
{
    unsigned count = 0;
    for (const struct partial *partial = partials->first; partial; partial = partial->next)
        count += strcmp(partial->author, author) == 0;
    return count;
}

void partials_add(struct partials *partials, const struct id *id, const char *author)
{
    struct partial *partial = NEW(struct partial);
    *partial = (struct partial){.next = partials->first, .id = *id, .author = memory_copy_string(author)};
    partials->first = partial;
}

void partials_remove(struct partials *partials, const struct id *id)
{
    struct partial **link = find(partials, id), *partial = *link;
    if (!partial)
        return;
    *link = partial->next;
    free(partial->author);
    free(partial);
}

void partials_release(struct partials *partials)
{
    for (struct partial *partial = partials->first, *next; partial; partial = next) {
        next = partial->next;
        free(partial->author);
        free(partial);
    }
    partials->first = NULL;
}
