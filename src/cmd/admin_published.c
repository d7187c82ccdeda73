#include "admin_published.h"
#include "memory.h"

#include <stdlib.h>

enum { PAGE = 1000 };

struct page {
    struct admin_published *published;
    bool (*is_wanted)(const struct photo *photo);
    struct id last;
    size_t rows;
};

static bool add_row(void *context, const struct photo *photo)
{
    struct page *page = context;
    struct admin_published *published = page->published;
    page->last = photo->id;
    page->rows++;
    if (page->is_wanted && !page->is_wanted(photo))
        return true;
    if (published->count == published->room) {
        published->room = published->room ? 2 * published->room : PAGE;
        published->ids = memory_resize(published->ids, published->room * sizeof published->ids[0]);
    }
    published->ids[published->count++] = photo->id;
    return true;
}

/* Page by page: a snapshot of the database is not held for long. */
enum status admin_published_list(struct store *store, bool (*is_wanted)(const struct photo *photo),
                                 struct admin_published *published, struct text *why)
{
    struct page page = {.published = published, .is_wanted = is_wanted};
    bool is_first = true;
    do {
        const struct id after = page.last;
        page.rows = 0;
        enum status status = store_photos_published(store, is_first ? NULL : &after, PAGE, add_row, &page, why);
        if (status != STATUS_OK)
            return status;
        is_first = false;
    } while (page.rows == PAGE);
    return STATUS_OK;
}

void admin_published_release(struct admin_published *published)
{
    free(published->ids);
    *published = (struct admin_published){0};
}
