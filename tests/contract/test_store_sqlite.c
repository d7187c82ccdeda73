/* What can happen to a database in a file, and what SQLite lets us see of how it is used. */
#include "small_disk.h"
#include "sqlite_file.h"
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_mode(void)
{
    struct text reason TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE], log[SQLITE_PATH_SIZE + 8];
    struct stat status = {0};
    sqlite_new_path(path);
    (void)snprintf(log, sizeof log, "%s-wal", path);
    struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
    (void)add_published(store, "anna", 1);
    CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
    CHECK(stat(log, &status) == 0 && (status.st_mode & 0777) == 0600);
    store_close(store);
}

/* Writes over the root of every table and index. The schema itself has pages of its own. */
static void damage(const char *path)
{
    enum { PAGE_BYTES = 4096 };
    char junk[PAGE_BYTES];
    sqlite3 *db = NULL;
    sqlite3_stmt *roots = NULL;
    memset(junk, 0x5a, sizeof junk);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0 && sqlite3_open(path, &db) == SQLITE_OK);
    CHECK_INT(sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema", -1, &roots, NULL), SQLITE_OK);
    while (sqlite3_step(roots) == SQLITE_ROW)
        CHECK_INT(pwrite(fd, junk, sizeof junk, (off_t)(sqlite3_column_int(roots, 0) - 1) * PAGE_BYTES), sizeof junk);
    (void)sqlite3_finalize(roots);
    (void)sqlite3_close(db);
    (void)close(fd);
}

static bool ignore_user(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    (void)context, (void)name, (void)name_length, (void)posts_count;
    return true;
}

static void test_damage(void)
{
    struct text reason TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE];
    sqlite_new_path(path);
    struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
    (void)add_published(store, "anna", 1);
    store_close(store);
    damage(path);
    store = sqlite_open_path(path, STATUS_OK, &reason); /* the first page tells nothing of the others */
    struct photo photo = make_photo("bert", 1);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(store_users_search(store, "a", NULL, 9, ignore_user, NULL, why), STATUS_UNAVAILABLE);
        CHECK_STATUS(create_photo(store, &photo, NULL, NULL, why), STATUS_UNAVAILABLE);
        CHECK_STATUS(store_check(store, why), STATUS_UNAVAILABLE);
    }
    store_close(store);

    sqlite_new_path(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK_INT(write(fd, "This is no database, however it is named.", 41), 41);
    (void)close(fd);
    (void)sqlite_open_path(path, STATUS_UNAVAILABLE, &reason);
    CHECK(strstr(text_get(&reason), "damaged"));
}

/* ---- Disks ---- */

static void test_full_disk(void)
{
    struct small_disk disk SMALL_DISK_CLEANUP = {0};
    struct text reason TEXT_CLEANUP = {0}, names TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE];
    if (!small_disk_mount(&disk, 4 << 20))
        return;
    (void)snprintf(path, sizeof path, "%s/store.db", disk.folder);
    struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
    (void)add_published(store, "anna", 1);
    small_disk_fill(&disk);
    uint64_t kept = 1;
    enum status status = STATUS_OK;
    while (!status && kept < 10000) { /* in what is left of the last page */
        struct photo photo = make_photo("anna", 1);
        status = create_photo(store, &photo, NULL, NULL, &reason);
        kept += !status;
    }
    CHECK_STR(status_name(status), "no-space");
    CHECK(strstr(text_get(&reason), path));
    for (int i = 0; i < 3; i++) {
        struct photo photo = make_photo("anna", 1);
        CHECK_STATUS(create_photo(store, &photo, NULL, NULL, why), STATUS_NO_SPACE);
        CHECK_STR(state_of(store, &photo.id), "not-found");
    }
    search_names(store, "a", NULL, 9, &names);
    CHECK_STR(text_get(&names), "anna:1");
    CHECK_INT(counts_of(store, 1).executions[EXECUTION_RUNNING], kept);
    small_disk_empty(&disk);
    (void)add_published(store, "bert", 1);
    CHECK_INT(counts_of(store, 1).executions[EXECUTION_RUNNING], kept + 1);
    store_close(store);
    store = sqlite_open_path(path, STATUS_OK, &reason);
    CHECK_INT(counts_of(store, 1).executions[EXECUTION_RUNNING], kept + 1);
    store_close(store);
}

static void test_read_only(void)
{
    struct small_disk disk SMALL_DISK_CLEANUP = {0};
    struct text reason TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE];
    if (!small_disk_mount(&disk, 4 << 20))
        return;
    (void)snprintf(path, sizeof path, "%s/store.db", disk.folder);
    store_close(sqlite_open_path(path, STATUS_OK, &reason));
    if (!CHECK(small_disk_make_read_only(&disk)))
        return;
    (void)sqlite_open_path(path, STATUS_UNAVAILABLE, &reason);
    (void)snprintf(path, sizeof path, "%s/new.db", disk.folder);
    (void)sqlite_open_path(path, STATUS_UNAVAILABLE, &reason);
    (void)sqlite_open_path("/nowhere/store.db", STATUS_UNAVAILABLE, &reason);
    (void)sqlite_open_path(disk.folder, STATUS_UNAVAILABLE, &reason);
}

/* ---- Another process ---- */

/* Runs in a child that exits with the number of its failed step, 0 for none. */
static void check_child(pid_t child)
{
    int status = -1;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}

static void test_other_process_writes(void)
{
    struct text reason TEXT_CLEANUP = {0}, names TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE], go = 0;
    int pipe_fds[2];
    sqlite_new_path(path);
    CHECK_INT(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid_t child = fork(); /* before a store is open: SQLite's connections can't be taken along */
    if (child == 0) {
        if (read(pipe_fds[0], &go, 1) != 1)
            _exit(1);
        struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
        (void)add_published(store, "bert", 1);
        store_close(store);
        _exit(0);
    }
    struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
    (void)add_published(store, "anna", 1);
    search_names(store, "", NULL, 9, &names); /* holds a snapshot from here */
    CHECK_STR(text_get(&names), "anna:1");
    CHECK_INT(write(pipe_fds[1], "g", 1), 1);
    check_child(child);
    search_names(store, "", NULL, 9, &names);
    CHECK_STR(text_get(&names), "anna:1 bert:1");
    (void)add_published(store, "cleo", 1);
    store_close(store);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

static void test_born_twice(void)
{
    enum { PROCESSES = 6 };
    struct text reason TEXT_CLEANUP = {0}, names TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE];
    pid_t children[PROCESSES];
    int start[2];
    sqlite_new_path(path);
    CHECK_INT(pipe2(start, O_CLOEXEC), 0);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        char end;
        (void)close(start[1]);
        if (read(start[0], &end, 1) != 0) /* all go when the parent closes it */
            _exit(1);
        struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
        if (!store)
            _exit(2);
        (void)add_published(store, "anna", 1);
        store_close(store);
        _exit(0);
    }
    (void)close(start[1]);
    for (int i = 0; i < PROCESSES; i++)
        check_child(children[i]);
    (void)close(start[0]);
    struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
    search_names(store, "", NULL, 9, &names);
    CHECK_STR(text_get(&names), "anna:6");
    store_close(store);
}

/* ---- Crashes ---- */

enum { CHILD_THREADS = 6 };

struct child {
    struct store *store;
    int acknowledged_fd;
};

/* Publishes without end, and tells the id of each photo once it was told that it is kept. */
static void *publish_without_end(void *context)
{
    const struct child *child = context;
    for (;;) {
        struct photo photo = make_photo("anna", 1);
        if (create_photo(child->store, &photo, NULL, NULL, NULL)
            || store_photo_publish(child->store, &photo, NULL, NULL)
            || write(child->acknowledged_fd, photo.id.bytes, ID_BYTES) != ID_BYTES)
            _exit(1);
    }
    return NULL;
}

static pid_t start_child(const char *path, int acknowledged_fd)
{
    pid_t process = fork();
    if (process != 0)
        return process;
    struct text reason = {0};
    struct child child = {sqlite_open_path(path, STATUS_OK, &reason), acknowledged_fd};
    pthread_t thread;
    for (int i = 1; i < CHILD_THREADS; i++)
        if (pthread_create(&thread, NULL, publish_without_end, &child))
            _exit(1);
    (void)publish_without_end(&child);
    _exit(0);
}

static bool add_published_count(void *context, const char *name, size_t name_length, int64_t posts_count)
{
    (void)name, (void)name_length;
    *(int64_t *)context += posts_count;
    return true;
}

static bool add_post_count(void *context, const struct id *id, int64_t created_ms)
{
    (void)id, (void)created_ms;
    ++*(int64_t *)context;
    return true;
}

static void test_kill(void)
{
    struct text reason TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE];
    int64_t acknowledged = 0;
    sqlite_new_path(path);
    for (int round = 0; round < 8; round++) {
        int pipe_fds[2];
        struct id ids[200];
        CHECK_INT(pipe2(pipe_fds, O_CLOEXEC), 0);
        pid_t child = start_child(path, pipe_fds[1]);
        (void)close(pipe_fds[1]);
        size_t wanted = 1 + (size_t)round * 20, count = 0;
        while (count < wanted && read(pipe_fds[0], ids[count].bytes, ID_BYTES) == ID_BYTES)
            count++;
        CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
        CHECK_INT(count, wanted);
        while (count < 200 && read(pipe_fds[0], ids[count].bytes, ID_BYTES) == ID_BYTES)
            count++;
        (void)close(pipe_fds[0]);
        struct store *store = sqlite_open_path(path, STATUS_OK, &reason);
        for (size_t i = 0; i < count; i++) {
            CHECK_STR(state_of(store, &ids[i]), "SUCCESS");
            CHECK_STR(execution_state_of(store, &ids[i]), "RUNNING");
        }
        acknowledged += (int64_t)count;
        int64_t counted = 0, posts = 0;
        CHECK_OK(store_users_search(store, "", NULL, 9, add_published_count, &counted, why));
        CHECK_OK(store_user_posts(store, "anna", NULL, SIZE_MAX, add_post_count, &posts, why));
        CHECK_INT(posts, counted);
        CHECK(posts >= acknowledged);
        store_close(store);
    }
    sqlite_execute(
        path,
        "CREATE TEMP TABLE none (x CHECK (x = 0)); "
        "INSERT INTO none SELECT count(*) FROM photos p LEFT JOIN executions e ON e.id = p.id WHERE e.id IS NULL; "
        "INSERT INTO none SELECT count(*) FROM executions e LEFT JOIN photos p ON e.id = p.id WHERE p.id IS NULL; "
        "INSERT INTO none SELECT (SELECT count(*) FROM executions) - (SELECT sum(executions) FROM counters); "
        "INSERT INTO none SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
}

/* ---- How the log is used ---- */

struct burst {
    struct store *store;
    atomic_bool is_over;
    atomic_int failures;
    const char *data;
    int photos;
};

static void *create_many(void *context)
{
    struct burst *burst = context;
    for (int i = 0; i < burst->photos; i++) {
        struct arena arena ARENA_CLEANUP = {0};
        struct photo photo = make_photo("anna", i), existing;
        struct execution execution = make_execution(&photo);
        bool created;
        execution.data = burst->data;
        if (store_photo_create(burst->store, &photo, NULL, &execution, 0, NULL, &arena, &existing, &created, NULL))
            atomic_fetch_add(&burst->failures, 1);
    }
    return NULL;
}

static void run_burst(struct burst *burst, int count)
{
    pthread_t threads[16];
    for (int i = 0; i < count; i++)
        if (!CHECK_INT(pthread_create(&threads[i], NULL, create_many, burst), 0))
            abort();
    for (int i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&burst->failures), 0);
}

/* Commits in a write-ahead log: frames whose header gives the size of the database after them
 * (sqlite.org/fileformat2.html, "The Write-Ahead Log"). */
static int count_commits(const char *path)
{
    enum { LOG_HEADER = 32, FRAME_HEADER = 24, PAGE = 4096 };
    char log[SQLITE_PATH_SIZE + 8];
    unsigned char header[FRAME_HEADER];
    int commits = 0;
    (void)snprintf(log, sizeof log, "%s-wal", path);
    int fd = open(log, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    for (off_t at = LOG_HEADER; pread(fd, header, sizeof header, at) == FRAME_HEADER; at += FRAME_HEADER + PAGE)
        commits += (header[4] | header[5] | header[6] | header[7]) != 0;
    (void)close(fd);
    return commits;
}

static void test_group_commit(void)
{
    struct text reason TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE];
    sqlite_new_path(path);
    struct burst burst = {.store = sqlite_open_path(path, STATUS_OK, &reason), .photos = 20, .data = "{}"};
    int before = count_commits(path);
    run_burst(&burst, 16);
    int commits = count_commits(path) - before;
    printf("# 320 photos in %d commits\n", commits);
    CHECK(commits >= 20 && commits < 160);
    CHECK_INT(counts_of(burst.store, 0).executions[EXECUTION_RUNNING], 320);
    store_close(burst.store);
}

static void *search_without_end(void *context)
{
    struct burst *burst = context;
    while (!atomic_load(&burst->is_over))
        if (store_check(burst->store, NULL))
            atomic_fetch_add(&burst->failures, 1);
    return NULL;
}

static void test_log_stays_small(void)
{
    struct text reason TEXT_CLEANUP = {0};
    char path[SQLITE_PATH_SIZE], log[SQLITE_PATH_SIZE + 8], data[16384];
    struct stat status = {0};
    pthread_t readers[2];
    memset(data, 'x', sizeof data);
    data[sizeof data - 1] = '\0';
    sqlite_new_path(path);
    (void)snprintf(log, sizeof log, "%s-wal", path);
    struct burst burst = {.store = sqlite_open_path(path, STATUS_OK, &reason), .photos = 250, .data = data};
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&readers[i], NULL, search_without_end, &burst), 0);
    run_burst(&burst, 16); /* 64 MB */
    atomic_store(&burst.is_over, true);
    for (int i = 0; i < 2; i++)
        (void)pthread_join(readers[i], NULL);
    CHECK_INT(atomic_load(&burst.failures), 0);
    CHECK(stat(log, &status) == 0);
    printf("# the log has %lld KB\n", (long long)status.st_size / 1024);
    CHECK(status.st_size < 24 << 20);
    store_close(burst.store);
}

CHECK_MAIN({"nobody else may read the files", test_mode}, {"a damaged file is told", test_damage},
           {"a full disk is told and harms nothing", test_full_disk}, {"a read-only disk is refused", test_read_only},
           {"what another process wrote is seen at once", test_other_process_writes},
           {"processes that make one database at one time share it", test_born_twice},
           {"kill -9 loses nothing that was acknowledged and leaves nothing half", test_kill},
           {"what comes at one time is committed in groups", test_group_commit},
           {"the log does not grow while somebody always reads", test_log_stays_small})
