/* Uploads in pieces through several processes that share a store and buckets: resumable.h. */
#include "blob_ops.h"
#include "check.h"
#include "resumable.h"
#include "store_ops.h"
#include "uploads.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A PNG of one pixel. */
static const char photo[] =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDAT"
    "\x78\x9c\x63\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x56\xc7\x2f\x0d\0\0\0\0IEND\xae\x42\x60\x82";
enum { LENGTH = sizeof photo - 1, HALF = 40, PATIENCE_MS = 20000, PAUSE_MS = 20 };

struct process {
    struct store *store;
    struct blob *blob;
    struct uploads *uploads;
    struct resumables *resumables;
};

static bool open_process(struct process *process, const char *folder, enum blob_use use)
{
    TEXT_CLEANUP struct text store = {0}, blob = {0}, why = {0};
    text_addf(&store, "sqlite:%s/store.db", folder);
    text_addf(&blob, "file:%s/buckets", folder);
    *process = (struct process){0};
    enum status status = store_open(text_get(&store), &process->store, &why);
    if (status == STATUS_OK)
        status = blob_open(text_get(&blob), use, &process->blob, &why);
    struct uploads_settings settings = {.store = process->store,
                                        .blob = process->blob,
                                        .max_upload = 1 << 20,
                                        .max_partials = 4,
                                        .max_partials_bytes = 1 << 30,
                                        .disk_reserve = 1,
                                        .limits = {.pixels = 100, .side = 10, .frames = 1}};
    if (status == STATUS_OK)
        status = uploads_open(&settings, &process->uploads, &why);
    if (status == STATUS_OK)
        process->resumables = uploads_resumables(process->uploads);
    if (status != STATUS_OK)
        printf("# %s\n", text_get(&why));
    return status == STATUS_OK;
}

static void close_process(struct process *process)
{
    uploads_close(process->uploads);
    blob_close(process->blob);
    store_close(process->store);
}

static struct id create(const struct process *process)
{
    struct resumable resumable = {.author = "ann", .length = LENGTH};
    CHECK_INT(resumable_create(process->resumables, &resumable, NULL), STATUS_OK);
    return resumable.id;
}

static enum status begin(const struct process *process, const struct id *id, uint64_t offset,
                         struct resumable_piece **ret_piece)
{
    return resumable_piece_begin(process->resumables, id, "ann", offset, UINT64_MAX, ret_piece, NULL);
}

/* The status of what goes wrong first. */
static enum status send(const struct process *process, const struct id *id, uint64_t from, uint64_t to,
                        struct resumable *ret_resumable)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct resumable_piece *piece = NULL;
    enum status status = begin(process, id, from, &piece);
    if (status == STATUS_OK)
        status = resumable_piece_write(piece, photo + from, to - from, NULL);
    if (status == STATUS_OK)
        status = resumable_piece_keep(piece, &arena, ret_resumable, NULL);
    resumable_piece_end(piece, true);
    return status;
}

static enum status look(const struct process *process, const struct id *id, struct resumable *ret_resumable)
{
    ARENA_CLEANUP struct arena arena = {0};
    return resumable_look(process->resumables, id, "ann", &arena, ret_resumable, NULL);
}

static void check_photo(const struct process *process, const struct id *id, const char *expected)
{
    char key[OBJECT_KEY_SIZE], content[LENGTH + 1] = "";
    struct blob_object object;
    size_t count = 0;
    photos_original_key(id, key);
    if (!CHECK_INT(blob_get(process->blob, BUCKET_ORIGINALS, key, &object, NULL), STATUS_OK))
        return;
    CHECK_INT(blob_object_read(&object, 0, content, sizeof content, &count, NULL), STATUS_OK);
    CHECK(count == LENGTH && memcmp(content, expected, LENGTH) == 0);
    blob_object_release(&object);
}

static bool open_both(struct process processes[static 2])
{
    const char *folder = check_folder();
    return CHECK(open_process(&processes[0], folder, BLOB_OWN))
           && CHECK(open_process(&processes[1], folder, BLOB_BESIDE));
}

static void test_turns(void)
{
    struct process both[2];
    struct resumable resumable = {0}, again = {0};
    if (!open_both(both))
        return;
    struct id id = create(&both[0]);
    uint64_t at = 0;
    for (size_t turn = 0; at < LENGTH; turn++) {
        uint64_t to = at + 9 < LENGTH ? at + 9 : LENGTH;
        CHECK_INT(send(&both[turn % 2], &id, at, to, &resumable), STATUS_OK);
        CHECK_INT(resumable.offset, to);
        CHECK_INT(resumable.has_photo, to == LENGTH);
        CHECK_INT(look(&both[(turn + 1) % 2], &id, &again), STATUS_OK);
        CHECK_INT(again.offset, to);
        at = to;
    }
    CHECK(again.has_photo && id_equal(&again.photo, &resumable.photo));
    check_photo(&both[1], &resumable.photo, photo);
    close_process(&both[1]);
    close_process(&both[0]);
}

static void test_one_writer(void)
{
    struct process both[2];
    struct resumable resumable;
    struct resumable_piece *piece, *other;
    if (!open_both(both))
        return;
    struct id id = create(&both[0]);
    CHECK_INT(begin(&both[0], &id, 0, &piece), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(begin(&both[i], &id, 0, &other), STATUS_BUSY);
        CHECK_INT(look(&both[i], &id, &resumable), STATUS_BUSY);
        CHECK_INT(resumable_remove(both[i].resumables, &id, "ann", NULL), STATUS_BUSY);
    }
    check_case("what a cut left is there for the other");
    CHECK_INT(resumable_piece_write(piece, photo, HALF, NULL), STATUS_OK);
    resumable_piece_end(piece, false);
    CHECK_INT(look(&both[1], &id, &resumable), STATUS_OK);
    CHECK_INT(resumable.offset, HALF);
    check_case("what was undone isn't");
    CHECK_INT(begin(&both[1], &id, HALF, &piece), STATUS_OK);
    CHECK_INT(resumable_piece_write(piece, "XXXXX", 5, NULL), STATUS_OK);
    resumable_piece_end(piece, true);
    CHECK_INT(send(&both[0], &id, HALF, LENGTH, &resumable), STATUS_OK);
    check_photo(&both[0], &resumable.photo, photo);
    close_process(&both[1]);
    close_process(&both[0]);
}

static void pause_briefly(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}

static int64_t beyond_first_lease(void *context)
{
    return *(int64_t *)context + SESSION_LEASE_MAX_MS / 2;
}

/* A piece may take as long as its client does. */
static void test_renewed(void)
{
    struct process both[2];
    struct resumable_piece *piece;
    ARENA_CLEANUP struct arena arena = {0};
    if (!open_both(both))
        return;
    struct id id = create(&both[0]);
    int64_t begun_ms = store_now_ms(both[1].store);
    CHECK_INT(begin(&both[0], &id, 0, &piece), STATUS_OK);
    store_set_clock(both[1].store, beyond_first_lease, &begun_ms);
    struct session session = {0};
    for (int waited_ms = 0; !session.is_held && waited_ms < PATIENCE_MS; waited_ms += PAUSE_MS) {
        CHECK_INT(store_session_get(both[1].store, &id, &arena, &session, NULL), STATUS_OK);
        pause_briefly();
    }
    CHECK(session.is_held);
    resumable_piece_end(piece, true);
    CHECK_INT(store_session_get(both[1].store, &id, &arena, &session, NULL), STATUS_OK);
    CHECK(!session.is_held);
    close_process(&both[1]);
    close_process(&both[0]);
}

/* ---- A process that dies, or sleeps for so long that it is taken for dead ---- */

static void tell(int pipe_end, char word)
{
    CHECK_INT(write(pipe_end, &word, 1), 1);
}

static char hear(int pipe_end)
{
    char word = '\0';
    return read(pipe_end, &word, 1) == 1 ? word : '\0';
}

/* Writes the first half of a piece, says so, writes garbage when it is told to, and ends with what it was told. */
static _Noreturn void sleep_on(const char *folder, int from, int to)
{
    struct process process;
    struct resumable_piece *piece;
    struct resumable resumable;
    struct id id;
    ARENA_CLEANUP struct arena arena = {0};
    if (read(from, &id, sizeof id) != sizeof id || !open_process(&process, folder, BLOB_BESIDE)
        || begin(&process, &id, HALF, &piece) != STATUS_OK
        || resumable_piece_write(piece, "garbage", 7, NULL) != STATUS_OK)
        _exit(100);
    tell(to, 'w');
    (void)hear(from);
    (void)resumable_piece_write(piece, "garbage garbage", 15, NULL);
    enum status status = resumable_piece_keep(piece, &arena, &resumable, NULL);
    resumable_piece_end(piece, false);
    _exit((int)status);
}

/* How long it took until nobody held it any more. */
static int wait_until_free(const struct process *process, const struct id *id)
{
    struct resumable resumable = {0};
    int waited_ms = 0;
    while (look(process, id, &resumable) == STATUS_BUSY && waited_ms < PATIENCE_MS) {
        pause_briefly();
        waited_ms += PAUSE_MS;
    }
    CHECK_INT(resumable.offset, HALF);
    return waited_ms;
}

static void test_lost(void)
{
    static const struct {
        const char *says;
        int signal;
    } rows[] = {{"killed", SIGKILL}, {"stopped, and back again later", SIGSTOP}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].says);
        const char *folder = check_folder();
        int there[2] = {0}, back[2] = {0}, ended = 0;
        struct process process;
        struct resumable resumable;
        CHECK(pipe(there) == 0 && pipe(back) == 0);
        pid_t child = fork();
        if (child == 0)
            sleep_on(folder, there[0], back[1]);
        if (!CHECK(open_process(&process, folder, BLOB_OWN)))
            return;
        struct id id = create(&process);
        CHECK_INT(send(&process, &id, 0, HALF, &resumable), STATUS_OK);
        CHECK_INT(write(there[1], &id, sizeof id), sizeof id);
        CHECK_INT(hear(back[0]), 'w');
        CHECK_INT(look(&process, &id, &resumable), STATUS_BUSY);
        CHECK_INT(kill(child, rows[i].signal), 0);
        int waited_ms = wait_until_free(&process, &id);
        CHECK(waited_ms < PATIENCE_MS);
        CHECK_INT(send(&process, &id, HALF, LENGTH - 1, &resumable), STATUS_OK);
        if (rows[i].signal == SIGSTOP) {
            CHECK_INT(kill(child, SIGCONT), 0);
            tell(there[1], 'g');
        }
        CHECK_INT(waitpid(child, &ended, 0), child);
        CHECK(rows[i].signal == SIGKILL || (WIFEXITED(ended) && WEXITSTATUS(ended) == STATUS_BUSY));
        CHECK_INT(send(&process, &id, LENGTH - 1, LENGTH, &resumable), STATUS_OK);
        check_photo(&process, &resumable.photo, photo);
        close_process(&process);
        for (int end = 0; end < 2; end++)
            (void)close(there[end]), (void)close(back[end]);
    }
}

/* ---- A crash between the steps that make the photo ---- */

static void test_whole(void)
{
    struct process process;
    struct resumable resumable;
    ARENA_CLEANUP struct arena arena = {0};
    if (!CHECK(open_process(&process, check_folder(), BLOB_OWN)))
        return;
    struct id id = create(&process);
    struct resumable_piece *piece;
    check_case("all bytes were saved, and nothing was made of them");
    CHECK_INT(begin(&process, &id, 0, &piece), STATUS_OK);
    CHECK_INT(resumable_piece_write(piece, photo, LENGTH, NULL), STATUS_OK);
    resumable_piece_end(piece, false);
    CHECK_INT(look(&process, &id, &resumable), STATUS_OK);
    CHECK(resumable.has_photo);
    check_photo(&process, &resumable.photo, photo);
    check_case("the original was there already, and the photo was not");
    id = create(&process);
    CHECK_INT(begin(&process, &id, 0, &piece), STATUS_OK);
    CHECK_INT(resumable_piece_write(piece, photo, LENGTH, NULL), STATUS_OK);
    resumable_piece_end(piece, false);
    struct session session;
    char key[OBJECT_KEY_SIZE];
    photos_original_key(&id, key);
    CHECK_INT(store_session_get(process.store, &id, &arena, &session, NULL), STATUS_OK);
    CHECK_INT(blob_growing_complete(process.blob, BUCKET_ORIGINALS, key, session.bytes, LENGTH, NULL), STATUS_OK);
    CHECK_INT(look(&process, &id, &resumable), STATUS_OK);
    CHECK(resumable.has_photo);
    check_photo(&process, &resumable.photo, photo);
    check_case("the photo was there already, and the session didn't know it, because an earlier version made it");
    struct session unfinished = session;
    enum session_outcome outcome;
    CHECK_INT(store_session_claim(process.store, &id, "me", 1000, &arena, &session, NULL), STATUS_OK);
    CHECK(session.is_finished);
    CHECK_INT(store_session_remove(process.store, &session, "me", NULL), STATUS_OK);
    CHECK_INT(store_session_create(process.store, &unfinished, NULL, &outcome, NULL), STATUS_OK);
    struct id made = resumable.photo;
    CHECK_INT(look(&process, &id, &resumable), STATUS_OK);
    CHECK(resumable.has_photo && id_equal(&resumable.photo, &made));
    check_photo(&process, &made, photo);
    check_case("nor when the session is removed is the photo's original");
    CHECK_INT(resumable_remove(process.resumables, &id, "ann", NULL), STATUS_OK);
    CHECK_INT(look(&process, &id, &resumable), STATUS_NOT_FOUND);
    check_photo(&process, &made, photo);
    close_process(&process);
}

/* The store does nothing more for sessions once their bytes are there: the photo is made, and its session is
 * finished. */
static enum status fail_to_save(struct store *store, const struct session *session, const char *owner, bool keep_lease,
                                struct session_found *ret_found, struct text *why)
{
    (void)store, (void)session, (void)owner, (void)keep_lease, (void)ret_found;
    text_setf(why, "The store is away.");
    return STATUS_UNAVAILABLE;
}

static void test_finished(void)
{
    struct process process;
    struct resumable resumable;
    ARENA_CLEANUP struct arena arena = {0};
    if (!CHECK(open_process(&process, check_folder(), BLOB_OWN)))
        return;
    const struct store_ops *ops = process.store->ops;
    struct id id = create(&process);
    struct resumable_piece *piece;
    CHECK_INT(begin(&process, &id, 0, &piece), STATUS_OK);
    CHECK_INT(resumable_piece_write(piece, photo, LENGTH, NULL), STATUS_OK);
    resumable_piece_end(piece, false);
    struct store_session_ops sessions = *ops->sessions;
    struct store_ops away = *ops;
    sessions.save = fail_to_save;
    away.sessions = &sessions;
    process.store->ops = &away;
    CHECK_INT(look(&process, &id, &resumable), STATUS_OK);
    process.store->ops = ops;
    CHECK(resumable.has_photo);
    struct session session = {0};
    CHECK_INT(store_session_get(process.store, &id, &arena, &session, NULL), STATUS_OK);
    CHECK(session.is_finished && !session.is_held && !session.bytes);
    CHECK_INT(look(&process, &id, &resumable), STATUS_OK);
    CHECK(resumable.has_photo);
    close_process(&process);
}

static bool count_key(void *context, const char *key, int64_t modified_s)
{
    (void)key, (void)modified_s;
    ++*(int *)context;
    return true;
}

static bool count_parts(void *context, const char *key, const char *id, int64_t begun_s)
{
    (void)key, (void)id, (void)begun_s;
    ++*(int *)context;
    return true;
}

static int count_all(const struct process *process)
{
    int count = 0;
    CHECK_INT(blob_list(process->blob, BUCKET_ORIGINALS, count_key, &count, NULL), STATUS_OK);
    CHECK_INT(blob_parts_list(process->blob, BUCKET_ORIGINALS, count_parts, &count, NULL), STATUS_OK);
    return count;
}

static int64_t tomorrow(void *context)
{
    return *(int64_t *)context + RESUMABLE_LIFE_MS;
}

static enum status fail_to_list(struct blob *blob, enum bucket bucket, blob_parts_row *row, void *context,
                                struct text *why)
{
    (void)blob, (void)bucket, (void)row, (void)context;
    text_setf(why, "The bucket is away.");
    return STATUS_UNAVAILABLE;
}

/* Partly there, whole, and one with a photo, whose original stays. */
static void test_swept(void)
{
    struct process process;
    struct resumable resumable;
    struct resumable_piece *piece;
    if (!CHECK(open_process(&process, check_folder(), BLOB_OWN)))
        return;
    FAILURES_CLEANUP struct failures failures = {0};
    struct id ids[3] = {create(&process), create(&process), create(&process)};
    CHECK_INT(send(&process, &ids[0], 0, HALF, &resumable), STATUS_OK);
    CHECK_INT(begin(&process, &ids[1], 0, &piece), STATUS_OK);
    CHECK_INT(resumable_piece_write(piece, photo, LENGTH, NULL), STATUS_OK);
    resumable_piece_end(piece, false);
    CHECK_INT(send(&process, &ids[2], 0, LENGTH, &resumable), STATUS_OK);
    resumables_sweep(process.resumables, &failures);
    CHECK_INT(count_all(&process), 3);
    int64_t now_ms = store_now_ms(process.store);
    store_set_clock(process.store, tomorrow, &now_ms);
    resumables_sweep(process.resumables, &failures);
    CHECK_INT(count_all(&process), 1);
    check_photo(&process, &resumable.photo, photo);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(look(&process, &ids[i], &resumable), STATUS_NOT_FOUND);
    CHECK_INT(failures.count, 0);
    check_case("a listing that fails is told");
    const struct blob_ops *ops = process.blob->ops;
    struct blob_ops away = *ops;
    away.parts_list = fail_to_list;
    process.blob->ops = &away;
    resumables_sweep(process.resumables, &failures);
    process.blob->ops = ops;
    CHECK_INT(failures.count, 1);
    CHECK_STR(text_get(&failures.first), "The bucket is away.");
    close_process(&process);
}

CHECK_MAIN({"a piece may reach another process than the one before", test_turns},
           {"an upload has one writer among all processes", test_one_writer},
           {"a lease holds for as long as the process lives", test_renewed},
           {"what a dead process held goes on within seconds, from what was acknowledged", test_lost},
           {"what is whole becomes one photo, wherever a crash came", test_whole},
           {"a photo and the end of its session are one change", test_finished},
           {"what has expired is removed, and no photo with it", test_swept})
