#include "admin_move.h"

#include "parallel.h"
#include "verify.h"

#include <stdio.h>

enum { PAGE = 1000 };

static void step(void *context)
{
    struct admin_move *move = context;
    if (atomic_load(&move->progress.done) < move->progress.total)
        progress_step(&move->progress, 0);
}

static void print_lost(void *context, const struct id *photo, const char *sentence)
{
    char text[ID_TEXT_SIZE];
    (void)context;
    id_format(photo, text);
    printf("%s  %s\n", text, sentence);
}

void admin_move_init(struct admin_move *move, struct store *from_store, struct blob *from, struct blob *to,
                     size_t photos)
{
    unsigned reading = parallel_threads(from_store, from), writing = parallel_threads(NULL, to);
    *move = (struct admin_move){.mover = {.from_store = from_store,
                                          .from = from,
                                          .to = to,
                                          .threads = reading > writing ? reading : writing,
                                          .step = step,
                                          .lost = print_lost,
                                          .context = move},
                                .progress = {.total = photos}};
}

enum status admin_move_end(struct admin_move *move, struct text *why)
{
    size_t lost = atomic_load(&move->mover.lost_count);
    progress_end(&move->progress);
    if (!lost)
        return STATUS_OK;
    text_setf(why, "%zu photos lacked objects at the source; cloudphotos admin verify names these objects", lost);
    return STATUS_UNAVAILABLE;
}

struct count {
    struct id next;
    size_t page, all;
};

static bool count_photo(void *context, const struct photo *photo, bool is_deleted)
{
    struct count *count = context;
    (void)is_deleted;
    count->next = photo->id;
    count->page++;
    return true;
}

enum status admin_count_photos(struct store *store, size_t *ret_count, struct text *why)
{
    struct count count = {.all = 0};
    enum status status = STATUS_OK;
    do {
        count.page = 0;
        status = store_photos_from(store, &count.next, PAGE, count_photo, &count, why);
        count.all += count.page;
    } while (status == STATUS_OK && count.page == PAGE && next_id(&count.next));
    *ret_count = count.all;
    return status;
}

static void print_difference(void *context, const struct difference *difference)
{
    (void)context;
    if (!difference->is_repaired)
        printf("%s  %s\n", difference->key, difference->sentence);
}

enum status admin_move_verify(struct store *store, struct blob *blob, bool repair, struct text *why)
{
    struct verify_counts counts;
    const struct verify_settings settings = {.store = store, .blob = blob, .repair = repair, .found = print_difference};
    enum status status = verify_run(&settings, &counts, why);
    size_t left = status == STATUS_OK ? counts.differences - counts.repaired : 0;
    if (!left)
        return status;
    text_setf(why, "the destination has %zu differences between photos and objects, which the list names", left);
    return STATUS_CONFLICT;
}
