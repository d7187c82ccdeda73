/* Whether the database that the server begins with is the one of the photos that are there. */
#include "blob_ops.h"
#include "check.h"
#include "data_folder.h"

#include <stdio.h>
#include <string.h>

static enum status fail_to_list(struct blob *blob, enum bucket bucket, blob_key_row *row, void *context,
                                struct text *why)
{
    (void)blob, (void)bucket, (void)row, (void)context;
    text_setf(why, "The bucket is away.");
    return STATUS_UNAVAILABLE;
}

static void put_photo(struct blob *blob)
{
    FILE *file = tmpfile();
    CHECK(file && fputs("pixels", file) >= 0 && fflush(file) == 0);
    CHECK_INT(blob_put(blob, BUCKET_PHOTOS, "0123", fileno(file), 0, 6, NULL), STATUS_OK);
    (void)fclose(file);
}

static void test_missing_database(void)
{
    static const struct {
        const char *what, *buckets;
        bool has_photo, is_away;
        enum status status;
        const char *sentence;
    } cases[] = {
        {"nothing is there yet", "file:photos/buckets", false, false, STATUS_OK, ""},
        {"photos in files", "file:photos/buckets", true, false, STATUS_UNAVAILABLE,
         "there are photos in photos/buckets,"},
        {"photos elsewhere", "s3://holiday?region=x", true, false, STATUS_UNAVAILABLE,
         "there are photos in s3://holiday?region=x,"},
        {"what to do about photos elsewhere", "s3://holiday?region=x", true, false, STATUS_UNAVAILABLE,
         "To start over without these photos, name other buckets."},
        {"it can't be told whether there are photos", "s3://holiday?region=x", true, true, STATUS_UNAVAILABLE,
         "photos in s3://holiday?region=x can't be seen: The bucket is away."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text address TEXT_CLEANUP = {0}, database TEXT_CLEANUP = {0}, reason TEXT_CLEANUP = {0};
        struct blob *blob = NULL;
        check_case("%s", cases[i].what);
        text_setf(&address, "file:%s/buckets-%zu", check_folder(), i);
        text_setf(&database, "sqlite:%s/missing.db", check_folder());
        CHECK_INT(blob_open(text_get(&address), BLOB_OWN, &blob, NULL), STATUS_OK);
        if (cases[i].has_photo)
            put_photo(blob);
        const struct blob_ops *inner = blob->ops;
        struct blob_ops away = *inner;
        away.list = fail_to_list;
        if (cases[i].is_away)
            blob->ops = &away;
        CHECK_INT(data_check_before(text_get(&database), cases[i].buckets, blob, &reason), cases[i].status);
        if (!CHECK(strstr(text_get(&reason), cases[i].sentence)))
            printf("# %s\n", text_get(&reason));
        blob->ops = inner;
        blob_close(blob);
    }
}

CHECK_MAIN({"the database is missing", test_missing_database})
