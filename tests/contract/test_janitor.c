/* The janitor: what it removes is judged by its age alone, and one works at a time for all processes. */
/* long: several processes clean up one store and its buckets, and all cases share them */
#include "blob_ops.h"
#include "clock.h"
#include "janitor.h"
#include "store_fixture.h"
#include "store_ops.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS, LEASE_MS = 3000 };
#define PATIENCE_NS INT64_C(30000000000)

/* What processes share. */
struct shared {
    const char *address;
    struct store *store;
    struct blob *blob;
    struct photos *photos;
};

/* How many rounds have ended, and how often there was none because another janitor had the lease. */
static struct {
    const struct store_named_lease_ops *leases; /* of the store itself */
    pthread_mutex_t lock;
    pthread_cond_t change;
    unsigned count;
    bool is_full; /* the store's disk: nobody can take a lease */
} over = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static void count_over(void)
{
    (void)pthread_mutex_lock(&over.lock);
    over.count++;
    (void)pthread_cond_broadcast(&over.change);
    (void)pthread_mutex_unlock(&over.lock);
}

static enum status take_lease(struct store *store, const char *name, const char *owner, int64_t lease_ms,
                              bool *ret_taken, struct text *why)
{
    if (over.is_full) {
        text_setf(why, "The disk is full.");
        return STATUS_NO_SPACE;
    }
    enum status status = over.leases->take(store, name, owner, lease_ms, ret_taken, why);
    if (status != STATUS_OK || !*ret_taken)
        count_over();
    return status;
}

static enum status give_lease_back(struct store *store, const char *name, const char *owner, struct text *why)
{
    enum status status = over.leases->give_back(store, name, owner, why);
    count_over();
    return status;
}

/* Returns how many there are, once there are so many, or it has taken too long. */
static unsigned await_over(unsigned least)
{
    int64_t until_ns = clock_monotonic_ns() + PATIENCE_NS;
    (void)pthread_mutex_lock(&over.lock);
    while (over.count < least && clock_wait(&over.change, &over.lock, until_ns))
        ;
    unsigned count = over.count;
    (void)pthread_mutex_unlock(&over.lock);
    return count;
}

/* A process that cleans up, and stands in its round until it is let go on. */
struct process {
    struct store *store;
    struct store_ops ops; /* of that, with the leases above */
    struct photos *photos;
    struct janitor *janitor;
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool is_held; /* in its round */
    bool may_go_on;
    unsigned rounds, over_before;
    struct text trouble;
};

static bool open_shared(struct shared *shared, struct store *store, const char *address)
{
    static unsigned number;
    struct text folder TEXT_CLEANUP = {0}, why TEXT_CLEANUP = {0};
    text_setf(&folder, "file:%s/buckets-%u", check_folder(), number++);
    *shared = (struct shared){.address = address, .store = store};
    if (!CHECK_INT(blob_open(text_get(&folder), BLOB_OWN, &shared->blob, &why), STATUS_OK))
        return false;
    shared->photos = photos_new(store, shared->blob);
    set_now(clock_now_ms());
    return true;
}

static void close_shared(struct shared *shared)
{
    photos_free(shared->photos);
    blob_close(shared->blob);
}

static void put_original(const struct shared *shared, const char *key)
{
    FILE *file = tmpfile();
    CHECK(file && fputs("pixels", file) >= 0 && fflush(file) == 0);
    CHECK_OK(blob_put(shared->blob, BUCKET_ORIGINALS, key, fileno(file), 0, 6, why));
    (void)fclose(file);
}

static void put_images(const struct shared *shared, const struct id *id)
{
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        char key[OBJECT_KEY_SIZE];
        FILE *file = tmpfile();
        public_objects[i].make_key(id, key);
        CHECK(file && fputs("pixels", file) >= 0 && fflush(file) == 0);
        CHECK_OK(blob_put(shared->blob, public_objects[i].bucket, key, fileno(file), 0, 6, why));
        (void)fclose(file);
    }
}

static size_t count_images(const struct shared *shared, const struct id *id)
{
    size_t count = 0;
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        char key[OBJECT_KEY_SIZE];
        struct blob_object object;
        public_objects[i].make_key(id, key);
        if (blob_get(shared->blob, public_objects[i].bucket, key, &object, NULL) != STATUS_OK)
            continue;
        blob_object_release(&object);
        count++;
    }
    return count;
}

static bool has_original(const struct shared *shared, const char *key)
{
    struct blob_object object;
    bool is_there = blob_get(shared->blob, BUCKET_ORIGINALS, key, &object, NULL) == STATUS_OK;
    if (is_there)
        blob_object_release(&object);
    return is_there;
}

/* In its round, on its thread. */
static void wait_in_round(void *context, struct failures *failures)
{
    (void)failures;
    struct process *process = context;
    (void)pthread_mutex_lock(&process->lock);
    process->rounds++;
    process->is_held = true;
    (void)pthread_cond_broadcast(&process->change);
    while (!process->may_go_on)
        (void)pthread_cond_wait(&process->change, &process->lock);
    process->is_held = false;
    (void)pthread_mutex_unlock(&process->lock);
}

static const struct store_named_lease_ops counted_leases = {.take = take_lease, .give_back = give_lease_back};

static void hear_trouble(void *context, const char *sentence)
{
    struct process *process = context;
    (void)pthread_mutex_lock(&process->lock);
    text_setf(&process->trouble, "%s", sentence);
    (void)pthread_mutex_unlock(&process->lock);
}

static bool start(struct process *process, const struct shared *shared, bool may_go_on)
{
    struct text why TEXT_CLEANUP = {0};
    *process =
        (struct process){.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER, .may_go_on = may_go_on};
    if (!CHECK_INT(store_open(shared->address, &process->store, &why), STATUS_OK))
        return false;
    use_test_clock(process->store);
    process->ops = *process->store->ops;
    over.leases = process->ops.named_leases;
    process->ops.named_leases = &counted_leases;
    process->store->ops = &process->ops;
    process->over_before = await_over(0);
    process->photos = photos_new(process->store, shared->blob);
    const struct janitor_settings settings = {
        .photos = process->photos,
        .store = process->store,
        .blob = shared->blob,
        .history_ms = DAY_MS,
        .keep_failed_ms = DAY_MS,
        .clean_up = wait_in_round,
        .trouble = hear_trouble,
        .context = process,
    };
    return CHECK_INT(janitor_open(&settings, &process->janitor, &why), STATUS_OK);
}

static void await_round(struct process *process)
{
    (void)pthread_mutex_lock(&process->lock);
    while (!process->is_held)
        (void)pthread_cond_wait(&process->change, &process->lock);
    (void)pthread_mutex_unlock(&process->lock);
}

/* Of the last that has ended. */
static uint64_t last_failures;
static char last_trouble[256];

static void close_process(struct process *process)
{
    janitor_close(process->janitor);
    last_failures = photos_get_failures(process->photos);
    (void)snprintf(last_trouble, sizeof last_trouble, "%s", text_get(&process->trouble));
    text_release(&process->trouble);
    photos_free(process->photos);
    store_close(process->store);
}

/* After the first round, if it may have one. Returns how many there were. */
static unsigned end(struct process *process)
{
    (void)pthread_mutex_lock(&process->lock);
    process->may_go_on = true;
    (void)pthread_cond_broadcast(&process->change);
    (void)pthread_mutex_unlock(&process->lock);
    (void)await_over(process->over_before + 1);
    close_process(process);
    return process->rounds;
}

static unsigned clean_up(const struct shared *shared)
{
    struct process process;
    return start(&process, shared, true) ? end(&process) : 0;
}

/* ---- What it removes ---- */

static void make_nothing(struct store *store, const struct photo *photo)
{
    (void)store, (void)photo;
}

static void make_pending(struct store *store, const struct photo *photo)
{
    CHECK_OK(create_photo(store, photo, NULL, NULL, why));
}

/* An upload in pieces whose bytes are all there, and whose photo can't be made yet. */
static void make_session(struct store *store, const struct photo *photo)
{
    enum session_outcome outcome;
    const struct session session = {.id = photo->id,
                                    .author = photo->author,
                                    .length = 6,
                                    .offset = 6,
                                    .bytes = "",
                                    .expires_ms = photo->created_ms + DAY_MS};
    CHECK_OK(store_session_create(store, &session, NULL, &outcome, why));
}

static void make_published(struct store *store, const struct photo *photo)
{
    struct photo published = *photo;
    make_pending(store, photo);
    published.large = published.thumbnail = (struct rendition){100, 100, 1000};
    CHECK_OK(store_photo_publish(store, &published, NULL, why));
}

static void make_failed(struct store *store, const struct photo *photo)
{
    make_pending(store, photo);
    CHECK_OK(store_photo_reject(store, &photo->id, "It is no photo.", NULL, NULL, why));
}

static void make_deleted(struct store *store, const struct photo *photo)
{
    make_pending(store, photo);
    CHECK_OK(store_photo_delete(store, &photo->id, photo->author, why));
}

static void test_ages(struct store *store, const char *address)
{
    static const struct {
        const char *what;
        void (*make)(struct store *store, const struct photo *photo);
        int64_t age_ms;
        bool is_kept;
    } cases[] = {
        {"no photo, as it is while its upload commits", make_nothing, 0, true},
        {"no photo for a day, as when its author has too many", make_nothing, DAY_MS + HOUR_MS - MINUTE_MS, true},
        {"no photo for longer than an upload may last", make_nothing, DAY_MS + HOUR_MS + MINUTE_MS, false},
        {"no photo, but an upload that waits for it", make_session, DAY_MS + HOUR_MS + MINUTE_MS, true},
        {"no photo, and the bucket's clock is ahead", make_nothing, -5 * MINUTE_MS, true},
        {"a photo that is not done, however old", make_pending, 1000LL * DAY_MS, true},
        {"a published photo", make_published, 0, false},
        {"a photo that has failed", make_failed, DAY_MS - MINUTE_MS, true},
        {"a photo that failed long ago", make_failed, DAY_MS + MINUTE_MS, false},
        {"a deleted photo", make_deleted, 0, false},
    };
    struct shared shared;
    if (!open_shared(&shared, store, address))
        return;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t now_ms = clock_now_ms();
        struct photo photo = make_photo("anna", now_ms);
        char key[OBJECT_KEY_SIZE];
        set_now(now_ms);
        photos_original_key(&photo.id, key);
        put_original(&shared, key);
        cases[i].make(store, &photo);
        set_now(now_ms + cases[i].age_ms);
        CHECK_INT(clean_up(&shared), 1);
        if (!CHECK_INT(has_original(&shared, key), cases[i].is_kept))
            printf("# an original of %s\n", cases[i].what);
    }
    close_shared(&shared);
}

/* ---- A bucket that fails, and the end ---- */

static enum status fail_to_get(struct blob *blob, enum bucket bucket, const char *key, struct blob_object *ret_object,
                               struct text *why)
{
    (void)blob, (void)bucket, (void)key, (void)ret_object;
    text_setf(why, "The bucket is away.");
    return STATUS_UNAVAILABLE;
}

static size_t count_deleted(struct store *store)
{
    struct deleted_photo deleted[8];
    size_t count = 0;
    CHECK_OK(store_photos_deleted(store, NULL, deleted, 8, &count, why));
    return count;
}

/* So long after everything above that deleted photos may be forgotten. */
static void set_later(void)
{
    set_now(clock_now_ms() + DELETED_FOR_S * 1000LL);
}

static struct id stuck;
static const struct blob_ops *whole; /* those of the bucket itself */

static enum status fail_to_delete(struct blob *blob, enum bucket bucket, const char *const *keys, size_t count,
                                  struct text *why)
{
    char id[ID_TEXT_SIZE];
    id_format(&stuck, id);
    if (strncmp(keys[0], id, ID_TEXT_SIZE - 1) != 0)
        return whole->delete (blob, bucket, keys, count, why);
    text_setf(why, "The bucket is broken here.");
    return STATUS_UNAVAILABLE;
}

/* Where the objects of the photo that comes first can't be removed, the other one is forgotten all the same. */
static void test_stuck(struct store *store, const char *address)
{
    struct shared shared;
    if (!open_shared(&shared, store, address))
        return;
    struct photo photos[] = {make_photo("anna", clock_now_ms()), make_photo("anna", clock_now_ms())};
    make_deleted(store, &photos[0]);
    make_deleted(store, &photos[1]);
    stuck = photos[memcmp(&photos[0].id, &photos[1].id, sizeof stuck) > 0].id;
    whole = shared.blob->ops;
    struct blob_ops broken = *whole;
    broken.delete = fail_to_delete;
    shared.blob->ops = &broken;
    set_later();
    CHECK_INT(clean_up(&shared), 1);
    shared.blob->ops = whole;
    CHECK_INT(count_deleted(store), 1);
    CHECK_INT(last_failures, 1);
    CHECK_STR(last_trouble, "Cleaning up failed in 1 of its steps and is tried again within 10 minutes: "
                            "The bucket is broken here.");
    CHECK_INT(clean_up(&shared), 1);
    CHECK_INT(count_deleted(store), 0);
    CHECK_INT(last_failures, 0);
    CHECK_STR(last_trouble, "");
    close_shared(&shared);
}

/* Where it can't be told whether a deleted photo has copies in quarantine, the photo isn't forgotten. */
static void test_quarantine_away(struct store *store, const char *address)
{
    struct shared shared;
    if (!open_shared(&shared, store, address))
        return;
    struct photo photo = make_photo("anna", clock_now_ms());
    const struct blob_ops *ops = shared.blob->ops;
    struct blob_ops away = *ops;
    char key[OBJECT_KEY_SIZE];
    photos_large_key(&photo.id, key);
    put_original(&shared, key);
    make_deleted(store, &photo);
    away.get = fail_to_get;
    shared.blob->ops = &away;
    set_later();
    CHECK_INT(clean_up(&shared), 1);
    shared.blob->ops = ops;
    CHECK(has_original(&shared, key));
    CHECK_INT(count_deleted(store), 1);
    CHECK_INT(clean_up(&shared), 1);
    CHECK(!has_original(&shared, key));
    CHECK_INT(count_deleted(store), 0);
    close_shared(&shared);
}

/* A process that was stopped has lost its lease, and makes an image public after the photo was deleted; then it
 * dies. */
static void test_late_image(struct store *store, const char *address)
{
    struct shared shared;
    if (!open_shared(&shared, store, address))
        return;
    int64_t now_ms = clock_now_ms();
    struct photo photo = make_photo("anna", now_ms);
    set_now(now_ms);
    make_pending(store, &photo);
    CHECK_OK(photos_delete(shared.photos, &photo.id, "anna", why));
    for (int minutes = 1; minutes < 60; minutes += 29) {
        check_case("%d minutes after it was deleted", minutes);
        put_images(&shared, &photo.id);
        set_now(now_ms + minutes * MINUTE_MS);
        CHECK_INT(clean_up(&shared), 1);
        CHECK_INT(count_images(&shared, &photo.id), 0);
        CHECK_INT(count_deleted(store), 1);
        CHECK_STATUS(store_photo_get(store, &photo.id, &(struct arena){0}, &photo, why), STATUS_NOT_FOUND);
    }
    check_case("then it is forgotten");
    put_images(&shared, &photo.id);
    set_now(now_ms + HOUR_MS);
    CHECK_INT(clean_up(&shared), 1);
    CHECK_INT(count_images(&shared, &photo.id), 0);
    CHECK_INT(count_deleted(store), 0);
    close_shared(&shared);
}

/* More than are listed at once, none of which is to be forgotten yet. */
static void test_many_deleted(struct store *store, const char *address)
{
    enum { MANY = 250 };
    struct shared shared;
    if (!open_shared(&shared, store, address))
        return;
    struct photo photo;
    for (int i = 0; i < MANY; i++) {
        photo = make_photo("anna", clock_now_ms());
        make_deleted(store, &photo);
    }
    put_images(&shared, &photo.id);
    CHECK_INT(clean_up(&shared), 1);
    CHECK_INT(count_images(&shared, &photo.id), 0);
    CHECK_INT(count_deleted(store), 8);
    set_later();
    CHECK_INT(clean_up(&shared), 1);
    CHECK_INT(count_deleted(store), 0);
    close_shared(&shared);
}

static struct {
    sem_t has_begun;
    bool was_ended;
} listing;

/* For ever, but for a janitor that doesn't end it. */
static enum status list_for_ever(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context,
                                 struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    struct id id = id_new();
    int64_t until_ns = clock_monotonic_ns() + INT64_C(10000000000);
    (void)blob, (void)bucket, (void)why;
    photos_original_key(&id, key);
    (void)sem_post(&listing.has_begun);
    while (!listing.was_ended && clock_monotonic_ns() < until_ns)
        listing.was_ended = !row(context, key, 0);
    return STATUS_OK;
}

static void test_close(struct store *store, const char *address)
{
    struct shared shared;
    struct process process;
    if (!open_shared(&shared, store, address))
        return;
    const struct blob_ops *ops = shared.blob->ops;
    struct blob_ops endless = *ops;
    (void)sem_init(&listing.has_begun, 0, 0);
    listing.was_ended = false;
    endless.list = list_for_ever;
    shared.blob->ops = &endless;
    if (start(&process, &shared, true)) {
        (void)sem_wait(&listing.has_begun);
        close_process(&process);
        CHECK(listing.was_ended);
    }
    shared.blob->ops = ops;
    close_shared(&shared);
}

/* ---- One at a time ---- */

static void test_one_at_a_time(struct store *store, const char *address)
{
    struct shared shared;
    struct process first;
    if (!open_shared(&shared, store, address) || !start(&first, &shared, false))
        return;
    await_round(&first);
    CHECK_INT(clean_up(&shared), 0);
    CHECK_INT(end(&first), 1);
    CHECK_INT(clean_up(&shared), 1);
    close_shared(&shared);
}

/* The first doesn't come back for so long that it counts as dead; what it does then harms nobody. */
static void test_dead(struct store *store, const char *address)
{
    struct shared shared;
    struct process first;
    if (!open_shared(&shared, store, address) || !start(&first, &shared, false))
        return;
    await_round(&first);
    set_now(clock_now_ms() + LEASE_MS + MINUTE_MS / 2);
    CHECK_INT(clean_up(&shared), 1);
    CHECK_INT(end(&first), 1);
    CHECK_INT(clean_up(&shared), 1);
    close_shared(&shared);
}

/* Where no lease can be written, a round makes room all the same. */
static void test_full_disk(struct store *store, const char *address)
{
    struct shared shared;
    if (!open_shared(&shared, store, address))
        return;
    struct photo photo = make_photo("anna", clock_now_ms());
    make_deleted(store, &photo);
    set_later();
    over.is_full = true;
    CHECK_INT(clean_up(&shared), 1);
    over.is_full = false;
    CHECK_INT(count_deleted(store), 0);
    close_shared(&shared);
}

static void test_janitors(void)
{
    static const struct store_case cases[] = {
        {"originals are removed by their age", test_ages},
        {"a deleted photo is forgotten when its copies in quarantine are gone", test_quarantine_away},
        {"a deleted photo whose objects can't be removed keeps no other one", test_stuck},
        {"images that come after a photo was deleted are removed, too", test_late_image},
        {"of many that were deleted each is looked at", test_many_deleted},
        {"a janitor that is closed ends its round", test_close},
        {"one janitor works at a time for all processes", test_one_at_a_time},
        {"a janitor that died is followed by another", test_dead},
        {"a full disk is cleaned up without a lease", test_full_disk},
    };
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"janitors", test_janitors})
