/* The promises of blob.h, on files. */
#include "blob_cases.h"

static void test_files(void)
{
    TEXT_CLEANUP struct text address = {0};
    text_addf(&address, "file:%s", check_folder());
    blob_run_cases("file", text_get(&address));
}

static void test_none_yet(void)
{
    static const enum blob_use uses[] = {BLOB_READ, BLOB_BESIDE};
    TEXT_CLEANUP struct text address = {0};
    struct blob *blob;
    text_addf(&address, "file:%s/nowhere", check_folder());
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        CHECK_STATUS(blob_open(text_get(&address), uses[i], &blob, why), STATUS_NOT_FOUND);
}

static void test_no_urls(void)
{
    TEXT_CLEANUP struct text address = {0}, url = {0};
    struct blob *blob;
    text_addf(&address, "file:%s", check_folder());
    if (!CHECK_INT(blob_open(text_get(&address), BLOB_OWN, &blob, NULL), STATUS_OK))
        return;
    const struct blob_presigned get = {.method = BLOB_METHOD_GET, .seconds = 60};
    CHECK_STATUS(blob_presign(blob, BUCKET_PHOTOS, "key", &get, &url, why), STATUS_UNSUPPORTED);
    CHECK_STATUS(blob_presign(blob, BUCKET_PHOTOS, "/key", &get, &url, why), STATUS_INVALID);
    blob_close(blob);
}

CHECK_MAIN({"buckets", test_files}, {"where there are no buckets yet, none are read", test_none_yet},
           {"files have no URLs of their own", test_no_urls})
