/* Many at once. */
#include "blob_cases.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 12 };

struct crowd {
    struct blob *blob;
    atomic_int failures, next;
};

static void *commit_same_key(void *context)
{
    struct crowd *crowd = context;
    char data[1000];
    memset(data, 'a' + atomic_fetch_add(&crowd->next, 1), sizeof data);
    for (int i = 0; i < ROUNDS; i++)
        if (put(crowd->blob, BUCKET_PHOTOS, BLOB_CASE_KEY, data, sizeof data, NULL))
            atomic_fetch_add(&crowd->failures, 1);
    return NULL;
}

static void test_same_key(struct blob *blob, const char *address)
{
    (void)address;
    pthread_t threads[THREADS];
    struct crowd crowd = {.blob = blob};
    struct text content TEXT_CLEANUP = {0};
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, commit_same_key, &crowd), 0);
    for (int i = 0; i < 10 * ROUNDS; i++) {
        const char *data = content_of(blob, BUCKET_PHOTOS, BLOB_CASE_KEY, &content);
        bool is_refused = strcmp(data, "not-found") == 0
                          || (!blob_has_files(blob) && strcmp(data, "conflict") == 0); /* replaced while it was read */
        CHECK(is_refused || (strlen(data) == 1000 && strspn(data, (char[]){data[0], 0}) == 1000));
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&crowd.failures), 0);
    CHECK_INT(count_keys(blob, BUCKET_PHOTOS), 1);
}

static void *put_and_delete(void *context)
{
    struct crowd *crowd = context;
    int number = atomic_fetch_add(&crowd->next, 1);
    for (int i = 0; i < ROUNDS; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "moving-%d-%d", number, i);
        if (put(crowd->blob, BUCKET_PHOTOS, key, "x", 1, NULL) || blob_delete(crowd->blob, BUCKET_PHOTOS, key, NULL))
            atomic_fetch_add(&crowd->failures, 1);
    }
    return NULL;
}

static bool count_still(void *context, const char *key, int64_t modified_s)
{
    (void)modified_s;
    *(size_t *)context += strncmp(key, "still-", 6) == 0;
    return true;
}

static void test_list_while_writing(struct blob *blob, const char *address)
{
    (void)address;
    pthread_t threads[THREADS];
    struct crowd crowd = {.blob = blob};
    for (int i = 0; i < 50; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "still-%d", i);
        CHECK_OK(put(blob, BUCKET_PHOTOS, key, "x", 1, why));
    }
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, put_and_delete, &crowd), 0);
    for (int i = 0; i < 10; i++) {
        size_t still = 0;
        CHECK_OK(blob_list(blob, BUCKET_PHOTOS, count_still, &still, why));
        CHECK_INT(still, 50);
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&crowd.failures), 0);
    CHECK_INT(count_keys(blob, BUCKET_PHOTOS), 50);
}

const struct blob_case blob_crowd_cases[] = {
    {"of many commits to one key each is whole", test_same_key},
    {"listing while others write finds what stays", test_list_while_writing},
    {0},
};
