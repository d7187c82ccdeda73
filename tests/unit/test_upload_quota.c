#include "check.h"
#include "upload_quota.h"

#include <stddef.h>

enum { MB = 1 << 20 };
static const struct upload_quota_limits limits = {
    .uploads_each = 3, .bytes = 20 * MB, .bytes_author = 8 * MB, .bytes_network = 12 * MB};

static struct id id_of(size_t number)
{
    return (struct id){.bytes = {[0] = (uint8_t)(number >> 8), [ID_BYTES - 1] = (uint8_t)number}};
}

static void test_limits(void)
{
    static const struct {
        const char *says, *author, *network;
        uint64_t length;
        enum upload_quota_verdict verdict;
    } rows[] = {
        {"a first", "ann", "1.1.1.1", 1, UPLOAD_QUOTA_TAKEN},
        {"small ones count as a megabyte", "ann", "1.1.1.1", 8 * MB, UPLOAD_QUOTA_AUTHOR_FULL},
        {"as much as an author may have", "ann", "1.1.1.1", 7 * MB, UPLOAD_QUOTA_TAKEN},
        {"one byte more", "ann", "2.2.2.2", 1, UPLOAD_QUOTA_AUTHOR_FULL},
        {"the same network, more than it may have", "bob", "1.1.1.1", 4 * MB + 1, UPLOAD_QUOTA_NETWORK_FULL},
        {"as much as it may have", "bob", "1.1.1.1", 4 * MB, UPLOAD_QUOTA_TAKEN},
        {"another author there", "cy", "1.1.1.1", 1, UPLOAD_QUOTA_NETWORK_FULL},
        {"another network", "cy", "2.2.2.2", 5 * MB, UPLOAD_QUOTA_TAKEN},
        {"many small ones", "cy", "2.2.2.2", 1, UPLOAD_QUOTA_TAKEN},
        {"one more than an author may have", "bob", "3.3.3.3", 1, UPLOAD_QUOTA_TAKEN},
        {"the last byte of all", "dee", "3.3.3.3", MB, UPLOAD_QUOTA_TAKEN},
        {"one more", "eve", "4.4.4.4", 1, UPLOAD_QUOTA_FULL},
    };
    struct upload_quota *quota = upload_quota_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct id id = id_of(i);
        check_case("%s", rows[i].says);
        CHECK_INT(upload_quota_add(quota, &id, rows[i].author, rows[i].network, rows[i].length, &limits),
                  rows[i].verdict);
    }
    check_case("what ends gives all back, once");
    struct id first = id_of(0), second = id_of(2), again = id_of(100);
    upload_quota_remove(quota, &second);
    upload_quota_remove(quota, &second);
    CHECK_INT(upload_quota_add(quota, &again, "ann", "1.1.1.1", 7 * MB, &limits), UPLOAD_QUOTA_TAKEN);
    upload_quota_remove(quota, &first);
    upload_quota_free(quota);
}

static void test_number(void)
{
    struct upload_quota *quota = upload_quota_new();
    struct id ids[4] = {id_of(1), id_of(2), id_of(3), id_of(4)};
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(upload_quota_add(quota, &ids[i], "ann", "1.1.1.1", 1, &limits), UPLOAD_QUOTA_TAKEN);
    CHECK_INT(upload_quota_add(quota, &ids[3], "ann", "1.1.1.1", 1, &limits), UPLOAD_QUOTA_MANY);
    upload_quota_remove(quota, &ids[0]);
    CHECK_INT(upload_quota_add(quota, &ids[3], "ann", "1.1.1.1", 1, &limits), UPLOAD_QUOTA_TAKEN);
    upload_quota_free(quota);
}

/* What an earlier process began is there, whatever the limits are now, and counts. */
static void test_found(void)
{
    struct upload_quota *quota = upload_quota_new();
    struct id found = id_of(1), next = id_of(2);
    CHECK_INT(upload_quota_add(quota, &found, "ann", NULL, 100 * MB, NULL), UPLOAD_QUOTA_TAKEN);
    CHECK_INT(upload_quota_add(quota, &next, "bob", "1.1.1.1", 1, &limits), UPLOAD_QUOTA_FULL);
    upload_quota_remove(quota, &found);
    CHECK_INT(upload_quota_add(quota, &next, "bob", "1.1.1.1", 1, &limits), UPLOAD_QUOTA_TAKEN);
    upload_quota_free(quota);
}

CHECK_MAIN({"an author, a network and all have so many bytes", test_limits}, {"an author has so many", test_number},
           {"what is found at the start counts", test_found})
