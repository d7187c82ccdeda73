/* Buckets in a folder that several processes use at once: servers, workers, and an admin command beside them. */
#include "blob.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Takes the folder as an earlier version of the program does; the descriptor is the lock. */
static int lock_alone(const char *folder)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/.lock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && dprintf(fd, "%d", 4711) == 4);
    return flock(fd, LOCK_EX | LOCK_NB) ? -1 : fd;
}

static void test_alone(void)
{
    struct text why TEXT_CLEANUP = {0};
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    int fd = lock_alone(folder);
    (void)open_folder(folder, STATUS_BUSY, &why);
    CHECK(strstr(text_get(&why), "in use by another process (PID 4711)"));
    CHECK(fd >= 0 && close(fd) == 0);
    struct blob *blob = open_folder(folder, STATUS_OK, &why);
    CHECK_INT(lock_alone(folder), -1);
    blob_close(blob);
}

/* Two processes write at once; a third starts and one ends meanwhile. None loses a file to another. */
static void test_together(void)
{
    struct text why TEXT_CLEANUP = {0};
    char folder[128];
    struct blob_upload *uploads[2][BUCKETS];
    struct blob_object object;
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    struct blob *blobs[2] = {open_folder(folder, STATUS_OK, &why), open_folder(folder, STATUS_OK, &why)};
    for (int i = 0; i < 2; i++)
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            const char *key = i ? "second" : "first";
            CHECK_INT(blob_upload_begin(blobs[i], (enum bucket)bucket, key, &uploads[i][bucket], &why), STATUS_OK);
        }
    blob_close(open_folder(folder, STATUS_OK, &why));
    CHECK_INT(blob_sweep(blobs[0], &why), STATUS_OK);
    CHECK_INT(count_files(folder), 2 * BUCKETS);
    for (int i = 0; i < 2; i++)
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            CHECK_STR(status_name(blob_upload_commit(uploads[i][bucket], &why)), "ok");
            if (CHECK_INT(blob_get(blobs[!i], (enum bucket)bucket, i ? "second" : "first", &object, &why), STATUS_OK))
                blob_object_release(&object);
        }
    blob_close(blobs[0]);
    blob_close(blobs[1]);
    CHECK_INT(count_files(folder), 2 * BUCKETS);
}

static pid_t begin_and_die(const char *folder, bool dies)
{
    struct text why TEXT_CLEANUP = {0};
    int pipes[2];
    char byte;
    CHECK(pipe(pipes) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct blob_upload *upload;
        (void)blob_upload_begin(open_folder(folder, STATUS_OK, &why), BUCKET_PHOTOS, "key", &upload, &why);
        (void)!write(pipes[1], "", 1);
        if (dies)
            (void)raise(9);
        (void)pause();
    }
    CHECK_INT(read(pipes[0], &byte, 1), 1);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    if (dies)
        CHECK_INT(waitpid(child, NULL, 0), child);
    return child;
}

/* Of two other processes one is dead: whoever starts, or sweeps up while it runs, removes what that one left. */
static void test_crash_of_one(void)
{
    struct text why TEXT_CLEANUP = {0};
    for (int starts = 0; starts < 2; starts++) {
        char folder[128];
        (void)snprintf(folder, sizeof folder, "%s", check_folder());
        check_case("%s", starts ? "the next start sweeps up" : "one that runs sweeps up");
        struct blob *blob = starts ? NULL : open_folder(folder, STATUS_OK, &why);
        pid_t living = begin_and_die(folder, false);
        (void)begin_and_die(folder, true);
        CHECK_INT(count_files(folder), 2);
        if (starts)
            blob = open_folder(folder, STATUS_OK, &why);
        else
            CHECK_INT(blob_sweep(blob, &why), STATUS_OK);
        CHECK_INT(count_files(folder), 1);
        CHECK(kill(living, SIGKILL) == 0 && waitpid(living, NULL, 0) == living);
        CHECK_INT(blob_sweep(blob, &why), STATUS_OK);
        CHECK_INT(count_files(folder), 0);
        blob_close(blob);
    }
}

/* Earlier versions named temporary files by a number alone. */
static void test_earlier_leftovers(void)
{
    static const char *const names[] = {"0", "1f", "admin-3"};
    struct text why TEXT_CLEANUP = {0};
    char folder[128], path[192];
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    blob_close(open_folder(folder, STATUS_OK, &why));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/photos/.incoming/%s", folder, names[i]);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        CHECK(fd >= 0 && close(fd) == 0);
    }
    CHECK_INT(count_files(folder), 3);
    blob_close(open_folder(folder, STATUS_OK, &why));
    CHECK_INT(count_files(folder), 0);
}

static struct blob *open_beside(const char *folder, enum status expected, struct text *why)
{
    struct text address TEXT_CLEANUP = {0};
    struct blob *blob = NULL;
    text_addf(&address, "file:%s", folder);
    if (!CHECK_STR(status_name(blob_open(text_get(&address), BLOB_BESIDE, &blob, why)), status_name(expected)))
        printf("# %s\n", text_get(why));
    CHECK(!expected || strstr(text_get(why), folder));
    return blob;
}

/* A server that starts in the middle of an admin command's upload removes its own leftovers alone. */
static void test_beside(void)
{
    struct text why TEXT_CLEANUP = {0};
    char folder[128];
    struct blob_upload *upload = NULL, *other = NULL;
    struct blob_object object;
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    (void)open_beside(folder, STATUS_NOT_FOUND, &why);
    struct blob *owner = open_folder(folder, STATUS_OK, &why), *beside = open_beside(folder, STATUS_OK, &why);
    (void)open_beside(folder, STATUS_BUSY, &why);
    CHECK_INT(blob_upload_begin(beside, BUCKET_PHOTOS, "beside", &upload, &why), STATUS_OK);
    CHECK_INT(blob_upload_begin(owner, BUCKET_PHOTOS, "owner", &other, &why), STATUS_OK);
    blob_upload_abort(other);
    blob_close(owner);
    owner = open_folder(folder, STATUS_OK, &why);
    CHECK_INT(count_files(folder), 1);
    CHECK_INT(blob_upload_commit(upload, &why), STATUS_OK);
    if (CHECK_INT(blob_get(owner, BUCKET_PHOTOS, "beside", &object, &why), STATUS_OK))
        blob_object_release(&object);
    CHECK_INT(blob_delete(beside, BUCKET_PHOTOS, "beside", &why), STATUS_OK);
    CHECK_INT(count_files(folder), 0);
    blob_close(beside);
    blob_close(owner);
}

/* The next of its kind sweeps up without touching what the owner writes; so does the next owner. */
static void test_crash_beside(void)
{
    struct text why TEXT_CLEANUP = {0};
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    for (int round = 0; round < 2; round++) {
        struct blob *owner = open_folder(folder, STATUS_OK, &why);
        struct blob_upload *upload = NULL;
        check_case("%s sweeps up", round == 0 ? "the next admin command" : "the next owner");
        CHECK_INT(blob_upload_begin(owner, BUCKET_PHOTOS, "owner", &upload, &why), STATUS_OK);
        pid_t child = fork();
        if (child == 0) {
            struct blob_upload *half;
            (void)blob_upload_begin(open_beside(folder, STATUS_OK, &why), BUCKET_PHOTOS, "beside", &half, &why);
            (void)raise(9);
        }
        CHECK_INT(waitpid(child, NULL, 0), child);
        CHECK_INT(count_files(folder), 2);
        if (round == 0)
            blob_close(open_beside(folder, STATUS_OK, &why));
        CHECK_INT(count_files(folder), round == 0 ? 1 : 2);
        blob_upload_abort(upload);
        blob_close(owner);
    }
    blob_close(open_folder(folder, STATUS_OK, &why));
    CHECK_INT(count_files(folder), 0);
}

static void test_beside_of_another_user(void)
{
    struct text why TEXT_CLEANUP = {0};
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s", check_folder());
    blob_close(open_folder(folder, STATUS_OK, &why));
    if (geteuid() != 0 || !CHECK(chown(folder, 65534, 65534) == 0))
        return;
    (void)open_beside(folder, STATUS_FORBIDDEN, &why);
    CHECK(strstr(text_get(&why), "65534"));
}

CHECK_MAIN({"a folder that somebody has alone is refused, and the sentence says who", test_alone},
           {"processes write side by side", test_together}, {"what one of several left is removed", test_crash_of_one},
           {"what a crash of an earlier version left is removed", test_earlier_leftovers},
           {"an admin command and servers write side by side", test_beside},
           {"what a crash of an admin command left is removed", test_crash_beside},
           {"an admin command of another user is refused", test_beside_of_another_user})
