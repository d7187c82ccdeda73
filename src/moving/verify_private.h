/* What the files of verify share. */
#ifndef VERIFY_PRIVATE_H
#define VERIFY_PRIVATE_H

#include "objects.h"
#include "parallel.h"
#include "verify.h"

#include <pthread.h>
#include <stdatomic.h>

enum { VERIFY_PAGE = 500 };

struct verify {
    const struct verify_settings *settings;
    unsigned threads;
    pthread_mutex_t found_lock;
    atomic_size_t photos, objects, in_progress, to_clean_up, differences, repaired;
};

/* What is compared of a photo. */
struct verified_photo {
    struct id id;
    bool is_there, is_deleted; /* a deleted one is there until it is purged */
    enum photo_state state;
    int64_t updated_ms;
    uint64_t original_bytes;
    struct rendition renditions[PUBLIC_OBJECTS];
    bool has_sum;
    uint8_t sha256[SHA256_BYTES];
};
struct verified_photo verified_photo_of(const struct photo *photo, bool is_deleted);
/* As it is now. */
enum status verify_look_up(struct verify *verify, const struct id *id, struct verified_photo *ret_photo,
                           struct text *why);
bool verified_photo_equal(const struct verified_photo *one, const struct verified_photo *other);
/* It was published once, and then withdrawn until a person decides: its images may be in quarantine. */
bool verified_photo_is_withdrawn(const struct verified_photo *photo);
/* Whether its execution is RUNNING. */
enum status verify_is_under_way(struct verify *verify, const struct id *id, bool *ret_is, struct text *why);

bool verify_is_recent(struct verify *verify, int64_t changed_ms);
/* Takes `difference` with the sentence in `sentence`. */
void verify_report(struct verify *verify, struct difference difference, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum status verify_photos(struct verify *verify, struct text *why);
enum status verify_objects(struct verify *verify, struct text *why);

#endif
