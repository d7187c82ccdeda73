/* Two processes at one photo: one of them has lost its lease and hasn't noticed. Whatever comes first, a published
 * photo has its images, and a refused or deleted one has none. */
#include "blob_ops.h"
#include "clock.h"
#include "image_fixture.h"
#include "store_fixture.h"
#include "tasks.h"

#include <stdio.h>
#include <unistd.h>

enum { LEASE_MS = 2000 };

/* What both share, and what the other one does when the first has come to its first write to a bucket. */
static struct {
    struct store *store;
    struct blob *blob;
    const struct blob_ops *ops; /* of the bucket itself */
    struct photo photo;
    struct execution_claim claim; /* of the first */
    void (*meanwhile)(void);
} scene;

static void meanwhile(void)
{
    void (*act)(void) = scene.meanwhile;
    scene.meanwhile = NULL;
    if (act)
        act();
}

static enum status put_later(struct blob_upload *upload, struct text *why)
{
    meanwhile();
    return scene.ops->upload_commit(upload, why);
}

static enum status copy_later(struct blob *blob, enum bucket from, const char *key, enum bucket to, const char *to_key,
                              struct text *why)
{
    meanwhile();
    return scene.ops->copy(blob, from, key, to, to_key, why);
}

static enum status delete_later(struct blob *blob, enum bucket bucket, const char *const *keys, size_t count,
                                struct text *why)
{
    meanwhile();
    return scene.ops->delete (blob, bucket, keys, count, why);
}

static void put(enum bucket bucket, void (*make_key)(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]),
                const struct bytes *file)
{
    char key[OBJECT_KEY_SIZE];
    int fd = memory_file(file->data, file->size);
    make_key(&scene.photo.id, key);
    CHECK_OK(blob_put(scene.blob, bucket, key, fd, 0, file->size, why));
    close(fd);
}

/* "large medium thumbnail ", and then what is in quarantine: "(large medium thumbnail )". */
static void list_those(bool in_quarantine, struct text *out)
{
    for (size_t i = 0; i < PUBLIC_OBJECTS; i++) {
        char key[OBJECT_KEY_SIZE];
        struct blob_object object;
        enum bucket bucket = in_quarantine ? BUCKET_ORIGINALS : public_objects[i].bucket;
        public_objects[i].make_key(&scene.photo.id, key);
        if (blob_get(scene.blob, bucket, key, &object, NULL) == STATUS_OK) {
            text_addf(out, "%s ", public_objects[i].name);
            blob_object_release(&object);
        }
    }
}

static void list_images(struct text *out)
{
    struct text hidden TEXT_CLEANUP = {0};
    list_those(false, out);
    list_those(true, &hidden);
    if (hidden.length)
        text_addf(out, "(%s)", text_get(&hidden));
}

/* ---- What the other process does ---- */

static void reject(void)
{
    CHECK_OK(store_photo_reject(scene.store, &scene.photo.id, "It was refused.", NULL, NULL, why));
    CHECK_OK(photos_remove_renditions(scene.blob, &scene.photo.id, why));
}

static void publish(void)
{
    struct photo photo = scene.photo;
    photo.large = photo.medium = photo.thumbnail = (struct rendition){100, 100, 1000};
    CHECK_STATUS(store_photo_publish(scene.store, &photo, NULL, why), STATUS_OK);
}

/* It comes too late, and leaves the photo as it is. */
static void publish_too_late(void)
{
    CHECK_STATUS(store_photo_publish(scene.store, &scene.photo, NULL, why), STATUS_CONFLICT);
}

static void delete (void)
{
    CHECK_OK(store_photo_delete(scene.store, &scene.photo.id, "anna", why));
    CHECK_OK(photos_remove_renditions(scene.blob, &scene.photo.id, why));
}

/* It has taken the execution over, because the first one's lease has ended. */
static struct execution take_over(struct arena *arena)
{
    struct execution execution;
    CHECK(claim_one(scene.store, "you", scene.photo.created_ms + 2 * LEASE_MS, LEASE_MS, arena, &execution));
    CHECK(id_equal(&execution.id, &scene.photo.id));
    return execution;
}

static void end(struct execution *execution)
{
    execution->status = EXECUTION_SUCCEEDED;
    execution->updated_ms = execution->due_ms = store_now_ms(scene.store);
    CHECK_OK(store_execution_save(scene.store, "you", execution, NULL, 0, false, why));
}

/* As an operator's `moderation rescan` does it, and the server then. */
static void publish_and_withdraw(void)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution = take_over(&arena);
    publish();
    end(&execution);
    CHECK_OK(photos_withdraw(scene.store, &scene.photo, "[]", "{}", why));
    CHECK_OK(photos_quarantine(scene.blob, &scene.photo.id, why));
}

static void publish_withdraw_and_approve(void)
{
    publish_and_withdraw();
    CHECK_OK(store_photo_decide(scene.store, &scene.photo.id, REVIEW_APPROVED, why));
}

static void only_take_over(void)
{
    struct arena arena ARENA_CLEANUP = {0};
    (void)take_over(&arena);
}

static void refuse_by_person(void)
{
    CHECK_OK(store_photo_hold(scene.store, &scene.photo.id, NULL, why));
    CHECK_OK(store_photo_decide(scene.store, &scene.photo.id, REVIEW_REFUSED, why));
}

/* The images of what was withdrawn are public again, and it died before it could tidy up. */
static void publish_again(void)
{
    CHECK_OK(photos_leave_quarantine(scene.blob, &scene.photo.id, why));
    publish();
}

/* ---- The scenes ---- */

static const struct {
    const char *what;
    void (*task)(void *context, const struct task_call *call, struct task_outcome *outcome);
    bool is_withdrawn;    /* its images are in quarantine; else they are public already, or the task makes them */
    void (*before)(void); /* the task begins, which its process doesn't know */
    void (*meanwhile)(void);
    const char *error, *state, *images;
} scenes[] = {
    {"images made", task_resize, false, NULL, NULL, "", "PENDING", "large thumbnail "},
    {"images made while it is published", task_resize, false, NULL, publish, "", "SUCCESS", "large thumbnail "},
    {"images made while it is refused", task_resize, false, NULL, reject, "Photo.Refused", "ERROR", ""},
    {"images made while it is deleted", task_resize, false, NULL, delete, "Photo.Gone", "not-found", ""},
    {"images brought back", task_resize, true, NULL, NULL, "", "PENDING",
     "large medium thumbnail (large medium thumbnail )"},
    {"images brought back while it is refused", task_resize, true, NULL, reject, "Photo.Refused", "ERROR",
     "(large medium thumbnail )"},
    {"images brought back while it is deleted", task_resize, true, NULL, delete, "Photo.Gone", "not-found",
     "(large medium thumbnail )"},
    {"refused", task_reject, false, NULL, NULL, "", "ERROR", ""},
    {"refused while it is published", task_reject, false, NULL, publish_too_late, "", "ERROR", ""},
    {"refused while it is deleted", task_reject, false, NULL, delete, "", "not-found", ""},
    {"refused after it was published", task_reject, false, publish, NULL, "", "SUCCESS", "large medium thumbnail "},
    {"refused after it came back", task_reject, true, publish_again, NULL, "", "SUCCESS", "large medium thumbnail "},
    {"refused though another has it", task_reject, false, only_take_over, NULL, "", "PENDING",
     "large medium thumbnail "},
    {"published", task_publish, false, NULL, NULL, "", "SUCCESS", "large medium thumbnail "},
    {"published again", task_publish, true, publish_again, NULL, "", "SUCCESS", "large medium thumbnail "},
    {"published though it was withdrawn", task_publish, false, publish_and_withdraw, NULL, "Photo.Refused", "PENDING",
     "(large medium thumbnail )"},
    {"published though it is to come back", task_publish, false, publish_withdraw_and_approve, NULL, "Photo.Refused",
     "PENDING", "(large medium thumbnail )"},
    {"published though a person has refused it", task_publish, false, refuse_by_person, NULL, "Photo.Refused",
     "PENDING", "large medium thumbnail "},
    {"published though another has it", task_publish, false, only_take_over, NULL, "Photo.Refused", "PENDING",
     "large medium thumbnail "},
};
enum { SCENES = sizeof scenes / sizeof scenes[0] };

static void run_task(size_t number, struct darkroom *darkroom)
{
    struct tasks tasks = {.store = scene.store,
                          .blob = scene.blob,
                          .darkroom = darkroom,
                          .limits = {.pixels = 1 << 20, .frames = 10},
                          .turns = turns_new(1, NULL)};
    char id[ID_TEXT_SIZE];
    struct task_outcome outcome = {0};
    struct text images TEXT_CLEANUP = {0};
    id_format(&scene.photo.id, id);
    JSON_CLEANUP json_t *input =
        json_pack("{s:s, s:s, s:b, s:{s:s, s:s}}", "photo_id", id, "author", "anna", "withdrawn",
                  scenes[number].is_withdrawn, "error", "Error", "Photo.Broken", "Cause", "It is broken.");
    const struct task_call call = {.execution_id = &scene.photo.id, .claim = &scene.claim, .input = input};
    decoded_cache_init(&tasks.decoded);
    if (scenes[number].before)
        scenes[number].before();
    scene.meanwhile = scenes[number].meanwhile;
    scenes[number].task(&tasks, &call, &outcome);
    CHECK(scene.meanwhile == NULL);
    list_images(&images);
    CHECK_STR(text_get(&outcome.error), scenes[number].error);
    CHECK_STR(state_of(scene.store, &scene.photo.id), scenes[number].state);
    CHECK_STR(text_get(&images), scenes[number].images);
    json_decref(outcome.output);
    text_release(&outcome.error);
    text_release(&outcome.cause);
    decoded_cache_release(&tasks.decoded);
    turns_free(tasks.turns);
}

static void claim(void)
{
    struct arena arena ARENA_CLEANUP = {0};
    struct execution execution = {0};
    CHECK(claim_one(scene.store, "me", scene.photo.created_ms, LEASE_MS, &arena, &execution));
    CHECK(id_equal(&execution.id, &scene.photo.id));
    scene.claim = (struct execution_claim){"me", execution.version};
}

static void set_scene(size_t number)
{
    struct bytes original = sample_read("plain.jpg");
    scene.photo = make_photo("anna", clock_now_ms());
    CHECK_OK(create_photo(scene.store, &scene.photo, NULL, NULL, why));
    claim();
    put(BUCKET_ORIGINALS, photos_original_key, &original);
    if (scenes[number].is_withdrawn || scenes[number].task != task_resize)
        for (size_t i = 0; i < PUBLIC_OBJECTS; i++)
            put(public_objects[i].bucket, public_objects[i].make_key, &original);
    if (scenes[number].is_withdrawn)
        CHECK_OK(photos_quarantine(scene.blob, &scene.photo.id, why));
    bytes_release(&original);
}

static void play(struct store *store, const char *address)
{
    static unsigned run;
    struct blob_ops ops;
    struct text folder TEXT_CLEANUP = {0};
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    (void)address;
    text_setf(&folder, "file:%s/buckets-%u", check_folder(), run++);
    scene.store = store;
    CHECK_OK(blob_open(text_get(&folder), BLOB_OWN, &scene.blob, why));
    ops = *scene.blob->ops;
    ops.upload_commit = put_later;
    ops.copy = copy_later;
    ops.delete = delete_later;
    for (size_t i = 0; i < SCENES; i++) {
        check_case("a photo: %s", scenes[i].what);
        set_scene(i);
        scene.ops = scene.blob->ops;
        scene.blob->ops = &ops;
        run_task(i, darkroom);
        scene.blob->ops = scene.ops;
        (void)store_photo_delete(store, &scene.photo.id, "anna", NULL); /* its execution is in nobody's way then */
    }
    blob_close(scene.blob);
    darkroom_close(darkroom);
}

static void test_lost_lease(void)
{
    static const struct store_case cases[] = {{"a photo has images when it is published, and only then", play}};
    store_run(cases, sizeof cases / sizeof cases[0]);
}

CHECK_MAIN({"whoever lost its lease leaves nothing behind", test_lost_lease})
