/* Buckets in a folder: what only a file system can do to them. */
#include "blob.h"
#include "check.h"
#include "small_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Short ways ---- */

static struct blob *open_folder(const char *folder, enum status expected, struct text *why)
{
    struct text address TEXT_CLEANUP = {0};
    struct blob *blob = NULL;
    text_addf(&address, "file:%s", folder);
    if (!CHECK_STR(status_name(blob_open(text_get(&address), BLOB_OWN, &blob, why)), status_name(expected)))
        printf("# %s\n", text_get(why));
    CHECK(!expected || strstr(text_get(why), folder)); /* the sentence names the folder */
    return blob;
}

static enum status put(struct blob *blob, const char *key, size_t size, struct text *why)
{
    static const char zeros[65536];
    struct blob_upload *upload;
    enum status status = blob_upload_begin(blob, BUCKET_PHOTOS, key, &upload, why);
    if (status)
        return status;
    for (size_t done = 0; done < size;) {
        ssize_t written = write(blob_upload_fd(upload), zeros, size - done);
        if (written < 0) {
            status = status_from_errno(errno);
            blob_upload_abort(upload);
            return status;
        }
        done += (size_t)written;
    }
    return blob_upload_commit(upload, why);
}

static size_t files;

static int count_file(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    files += type == FTW_F && strncmp(path + where->base, ".lock", 5) != 0 && !strstr(path, "/.processes/");
    return 0;
}

static size_t count_files(const char *folder)
{
    files = 0;
    CHECK_INT(nftw(folder, count_file, 16, FTW_PHYS), 0);
    return files;
}

/* ---- Crashes ---- */

static void test_crash(void)
{
    struct text why TEXT_CLEANUP = {0};
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    pid_t child = fork();
    if (child == 0) {
        struct blob *blob = open_folder(folder, STATUS_OK, &why);
        struct blob_upload *uploads[20];
        for (int i = 0; i < 20; i++) {
            char key[16];
            (void)snprintf(key, sizeof key, "key-%d", i);
            if (blob_upload_begin(blob, (enum bucket)(i % BUCKETS), key, &uploads[i], &why)
                || write(blob_upload_fd(uploads[i]), "half", 4) != 4)
                _exit(1);
        }
        if (put(blob, "whole", 4, &why))
            _exit(1);
        (void)raise(9);
    }
    int status = 0;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status));
    CHECK_INT(count_files(folder), 21);
    struct blob *blob = open_folder(folder, STATUS_OK, &why);
    CHECK_INT(count_files(folder), 1);
    struct blob_object object;
    if (CHECK_INT(blob_get(blob, BUCKET_PHOTOS, "whole", &object, &why), STATUS_OK))
        blob_object_release(&object);
    blob_close(blob);
}

static void test_failed_uploads_leave_nothing(void)
{
    struct text why TEXT_CLEANUP = {0};
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    struct blob *blob = open_folder(folder, STATUS_OK, &why);
    struct blob_upload *upload;
    if (CHECK_INT(blob_upload_begin(blob, BUCKET_PHOTOS, "key", &upload, &why), STATUS_OK))
        blob_upload_abort(upload);
    CHECK_INT(count_files(folder), 0);
    blob_close(blob);
}

/* ---- Keys ---- */

static void test_keys(void)
{
    char longest[BLOB_KEY_MAX + 2];
    memset(longest, 'k', sizeof longest);
    longest[BLOB_KEY_MAX + 1] = '\0';
    const struct {
        const char *key;
        bool is_valid;
    } cases[] = {
        {"a", true},       {"A-b_c.d", true}, {"a/b/c", true},  {longest + 1, true},    {"..a", false},
        {"a..b", true},    {"a.", true},      {"", false},      {"/", false},           {"/a", false},
        {"a/", false},     {"a//b", false},   {".", false},     {"..", false},          {"../a", false},
        {"a/../b", false}, {"a/.b", false},   {".lock", false}, {".incoming/0", false}, {"a\\b", false},
        {"a b", false},    {"a+b", false},    {"a%2f", false},  {"\xc3\xa4", false},    {longest, false},
        {"a\nb", false},
    };
    struct text why TEXT_CLEANUP = {0};
    struct blob *blob = open_folder(check_folder(), STATUS_OK, &why);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case("the key \"%.20s\" is %s", cases[i].key, cases[i].is_valid ? "taken" : "refused");
        CHECK(blob_key_is_valid(cases[i].key, strlen(cases[i].key)) == cases[i].is_valid);
        enum status expected = cases[i].is_valid ? STATUS_OK : STATUS_INVALID;
        struct blob_object object = {.fd = -1};
        CHECK_INT(put(blob, cases[i].key, 1, &why), expected);
        CHECK_INT(blob_get(blob, BUCKET_PHOTOS, cases[i].key, &object, &why), expected);
        CHECK_INT(blob_delete(blob, BUCKET_PHOTOS, cases[i].key, &why), expected);
        blob_object_release(&object);
    }
    blob_close(blob);
}

static unsigned files_in[256];

static int count_in_shard(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    if (type == FTW_F && where->level == 3)
        files_in[strtoul(path + where->base - 3, NULL, 16) % 256]++; /* "…/5e/key" */
    return 0;
}

static void test_spread(void)
{
    struct text why TEXT_CLEANUP = {0};
    char folder[128];
    unsigned most = 0, all = 0;
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    struct blob *blob = open_folder(folder, STATUS_OK, &why);
    for (int i = 0; i < 256; i++) { /* as ids of one moment: they begin alike */
        char key[64];
        (void)snprintf(key, sizeof key, "0193a5b2c3d40000000000000000%04x-comp.webp", i * 3);
        CHECK_INT(put(blob, key, 1, &why), STATUS_OK);
    }
    blob_close(blob);
    CHECK_INT(nftw(folder, count_in_shard, 16, FTW_PHYS), 0);
    for (int i = 0; i < 256; i++) {
        all += files_in[i];
        most = files_in[i] > most ? files_in[i] : most;
    }
    CHECK_INT(all, 256);
    CHECK(most <= 8);
}

/* The path of the one file in the folder. */
static char found[512];
static int note_path(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    if (type == FTW_F && path[where->base] != '.' && !strstr(path, "/.processes/"))
        (void)snprintf(found, sizeof found, "%s", path);
    return 0;
}

static void test_links(void)
{
    struct text why TEXT_CLEANUP = {0};
    char folder[128], shard[512];
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    struct blob *blob = open_folder(folder, STATUS_OK, &why);
    struct blob_object object;
    CHECK_INT(put(blob, "key", 1, &why), STATUS_OK);
    CHECK_INT(nftw(folder, note_path, 16, FTW_PHYS), 0);
    CHECK(unlink(found) == 0 && symlink("/etc/passwd", found) == 0);
    CHECK_INT(blob_get(blob, BUCKET_PHOTOS, "key", &object, &why), STATUS_NOT_FOUND);
    CHECK(unlink(found) == 0);
    (void)snprintf(shard, sizeof shard, "%s", found);
    *strrchr(shard, '/') = '\0';
    const char *elsewhere = check_folder();
    (void)snprintf(found, sizeof found, "%s/key", elsewhere);
    CHECK(rmdir(shard) == 0 && symlink(elsewhere, shard) == 0);
    int fd = open(found, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
    CHECK_INT(blob_get(blob, BUCKET_PHOTOS, "key", &object, &why), STATUS_NOT_FOUND);
    blob_close(blob);
}

/* ---- Disks ---- */

static void test_full_disk(void)
{
    struct small_disk disk SMALL_DISK_CLEANUP = {0};
    struct text why TEXT_CLEANUP = {0};
    if (!small_disk_mount(&disk, 1 << 20))
        return;
    char folder[160];
    (void)snprintf(folder, sizeof folder, "%s/buckets", disk.folder);
    struct blob *blob = open_folder(folder, STATUS_OK, &why);
    int kept = 0;
    enum status status = STATUS_OK;
    for (; !status && kept < 1000; kept += !status) {
        char key[16];
        (void)snprintf(key, sizeof key, "key-%d", kept);
        status = put(blob, key, 65536, &why);
    }
    CHECK_STR(status_name(status), "no-space");
    CHECK_INT(count_files(folder), kept); /* nothing of the one that failed */
    CHECK_INT(blob_delete(blob, BUCKET_PHOTOS, "key-0", &why), STATUS_OK);
    CHECK_INT(put(blob, "again", 60000, &why), STATUS_OK);
    blob_close(blob);
}

static void test_read_only(void)
{
    struct small_disk disk SMALL_DISK_CLEANUP = {0};
    struct text why TEXT_CLEANUP = {0};
    if (!small_disk_mount(&disk, 1 << 20))
        return;
    char folder[160];
    (void)snprintf(folder, sizeof folder, "%s/buckets", disk.folder);
    struct blob *blob = open_folder(folder, STATUS_OK, &why);
    CHECK_INT(put(blob, "key", 10, &why), STATUS_OK);
    blob_close(blob);
    if (!CHECK(small_disk_make_read_only(&disk)))
        return;
    (void)open_folder(folder, STATUS_UNAVAILABLE, &why);
    (void)snprintf(folder, sizeof folder, "%s/none", disk.folder);
    (void)open_folder(folder, STATUS_UNAVAILABLE, &why);
}

/* For a user whom permissions bind; exits with the number of the step that went otherwise than it should. */
static int use_without_permission(const char *folder)
{
    struct text why TEXT_CLEANUP = {0};
    char incoming[160];
    struct blob_object object;
    (void)snprintf(incoming, sizeof incoming, "%s/photos/.incoming", folder);
    if (getuid() == 0 && (chown(folder, 65534, 65534) || setgid(65534) || setuid(65534)))
        return 1;
    struct blob *blob = open_folder(folder, STATUS_OK, &why);
    if (!blob || put(blob, "key", 10, &why))
        return 2;
    if (chmod(incoming, 0500) || put(blob, "other", 10, &why) != STATUS_UNAVAILABLE || !strstr(text_get(&why), folder))
        return 3;
    if (blob_get(blob, BUCKET_PHOTOS, "key", &object, &why))
        return 4;
    blob_object_release(&object);
    if (chmod(incoming, 0700) || put(blob, "other", 10, &why))
        return 5;
    blob_close(blob);
    return 0;
}

static void test_read_only_later(void)
{
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    char above[128]; /* the test's folder lets nobody else in */
    (void)snprintf(above, sizeof above, "%s", folder);
    *strrchr(above, '/') = '\0';
    CHECK(chmod(above, 0711) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(use_without_permission(folder));
    int status = -1;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(WEXITSTATUS(status), 0);
    CHECK(chmod(above, 0700) == 0);
}

static void test_strange_folders(void)
{
    struct text why TEXT_CLEANUP = {0};
    char file[160];
    (void)snprintf(file, sizeof file, "%s/file", check_folder());
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
    (void)open_folder(file, STATUS_UNAVAILABLE, &why);
    (void)open_folder("/nowhere/at/all", STATUS_UNAVAILABLE, &why);
    struct blob *blob;
    CHECK_INT(blob_open("file:", BLOB_OWN, &blob, &why), STATUS_INVALID);
    CHECK_INT(blob_open("tape:/x", BLOB_OWN, &blob, &why), STATUS_INVALID);
}

static void test_policies(void)
{
    CHECK_INT(bucket_from_name("photos", 6), BUCKET_PHOTOS);
    CHECK_INT(bucket_from_name("site/index.html", 4), BUCKET_SITE);
    CHECK_INT(bucket_from_name("photo", 5), -1);
    CHECK_INT(bucket_from_name("", 0), -1);
    CHECK(!bucket_policies[BUCKET_ORIGINALS].public_read);
    CHECK(bucket_policies[BUCKET_PHOTOS].public_read && bucket_policies[BUCKET_THUMBNAILS].public_read);
}

CHECK_MAIN({"what a crash left is removed at the next start", test_crash},
           {"an aborted upload leaves no file", test_failed_uploads_leave_nothing}, {"keys", test_keys},
           {"no folder gets most of the objects", test_spread}, {"links lead nowhere", test_links},
           {"a full disk is told and harms nothing", test_full_disk}, {"a read-only folder is refused", test_read_only},
           {"a folder that may not be written any more can still be read", test_read_only_later},
           {"what is no folder is refused", test_strange_folders}, {"originals are private", test_policies})
