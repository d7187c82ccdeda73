/* cloudphotos admin photos render: makes the medium images of photos that were published before there were any. Works
 * beside a running server, and may be ended and begun again at any time: a photo lacks its medium image until the store
 * has it, and an image that the store doesn't know is replaced by the next run. */
#include "admin.h"
#include "admin_progress.h"
#include "admin_published.h"
#include "blob.h"
#include "disk_space.h"
#include "photos.h"
#include "renditions.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct render {
    struct store *store;
    struct blob *blob;
    struct darkroom *darkroom;
    struct admin_published published;
    atomic_size_t next, made, needless, gone, failed;
    atomic_bool is_full; /* the disk: no more photos are begun */
    struct progress progress;
    pthread_mutex_t print_lock;
};

static bool lacks_medium(const struct photo *photo)
{
    return photo->frames <= 1 && photo->medium.width == 0
           && rendition_medium_side(photo->large.width, photo->large.height) > 0;
}

/* ---- One photo ---- */

static enum status check_room(int file, uint64_t wanted, struct text *why)
{
    if (disk_has_room(file, 0, wanted, false))
        return STATUS_OK;
    text_setf(why, "the disk of the buckets has too little free space");
    return STATUS_NO_SPACE;
}

/* Whether it still is published and lacks a medium image: NOT_FOUND, CONFLICT. */
static enum status check_photo(const struct render *render, const struct id *id, struct text *why)
{
    ARENA_CLEANUP struct arena arena = {0};
    struct photo photo;
    enum status status = store_photo_get(render->store, id, &arena, &photo, why);
    return status == STATUS_OK && (photo.state != PHOTO_SUCCESS || !lacks_medium(&photo)) ? STATUS_CONFLICT : status;
}

/* The image is public before the store knows it. Of a photo that was deleted or withdrawn meanwhile, it goes again at
 * once. */
static enum status publish(struct render *render, const struct id *id, const char *key, struct blob_upload *upload,
                           const struct rendition *medium, struct text *why)
{
    enum status status = check_photo(render, id, why);
    if (status != STATUS_OK) {
        blob_upload_abort(upload);
        return status;
    }
    status = blob_upload_commit(upload, why);
    if (status != STATUS_OK)
        return status;
    status = store_photo_render(render->store, id, medium, why);
    if (status == STATUS_NOT_FOUND || status == STATUS_CONFLICT) {
        enum status removed = blob_delete(render->blob, BUCKET_THUMBNAILS, key, why);
        status = removed == STATUS_OK ? status : removed;
    }
    return status;
}

/* *ret_made is false where the photo needs none: an animation whose frames nobody had counted. */
static enum status make(struct render *render, const struct id *id, const struct blob_object *large, bool *ret_made,
                        struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    struct blob_upload *upload;
    struct darkroom_rendition medium;
    photos_medium_key(id, key);
    enum status status = check_room(large->fd, large->size, why);
    if (status == STATUS_OK)
        status = blob_upload_begin(render->blob, BUCKET_THUMBNAILS, key, &upload, why);
    if (status != STATUS_OK)
        return status;
    status = darkroom_render(render->darkroom, large->fd, blob_upload_fd(upload), &medium, why);
    if (status != STATUS_OK || medium.width == 0) {
        blob_upload_abort(upload);
        return status;
    }
    const struct rendition rendition = {.width = medium.width, .height = medium.height, .bytes = medium.bytes};
    status = publish(render, id, key, upload, &rendition, why);
    *ret_made = status == STATUS_OK;
    return status;
}

static enum status render_one(struct render *render, const struct id *id, bool *ret_made, struct text *why)
{
    char key[OBJECT_KEY_SIZE];
    struct blob_object large;
    photos_large_key(id, key);
    enum status status = check_photo(render, id, why);
    if (status == STATUS_OK)
        status = blob_get_file(render->blob, BUCKET_PHOTOS, key, &large, why);
    if (status == STATUS_NOT_FOUND && check_photo(render, id, NULL) == STATUS_OK)
        return STATUS_UNAVAILABLE; /* the photo is there, its image isn't */
    if (status != STATUS_OK)
        return status;
    status = make(render, id, &large, ret_made, why);
    blob_object_release(&large);
    return status;
}

static void print_failed(struct render *render, const struct id *id, const struct text *why)
{
    char text[ID_TEXT_SIZE];
    id_format(id, text);
    (void)pthread_mutex_lock(&render->print_lock);
    printf("%s  %s\n", text, text_get(why));
    (void)pthread_mutex_unlock(&render->print_lock);
}

static void count_one(struct render *render, const struct id *id)
{
    TEXT_CLEANUP struct text why = {0};
    bool made = false;
    enum status status = render_one(render, id, &made, &why);
    if (status == STATUS_OK) {
        (void)atomic_fetch_add(made ? &render->made : &render->needless, 1);
    } else if (status == STATUS_NOT_FOUND || status == STATUS_CONFLICT) {
        (void)atomic_fetch_add(&render->gone, 1);
    } else if (status == STATUS_NO_SPACE) {
        atomic_store(&render->is_full, true);
    } else {
        (void)atomic_fetch_add(&render->failed, 1);
        print_failed(render, id, &why);
    }
    progress_step(&render->progress, 0);
}

static void *work(void *context)
{
    struct render *render = context;
    for (size_t i;
         !atomic_load(&render->is_full) && (i = atomic_fetch_add(&render->next, 1)) < render->published.count;)
        count_one(render, &render->published.ids[i]);
    return NULL;
}

/* ---- All of them ---- */

static enum status summarise(struct render *render, struct text *why)
{
    size_t made = atomic_load(&render->made), needless = atomic_load(&render->needless);
    size_t gone = atomic_load(&render->gone), failed = atomic_load(&render->failed);
    size_t left = render->published.count - made - needless - gone - failed;
    printf("%zu photos without a medium image: %zu made, %zu don't need one, %zu deleted or changed meanwhile, "
           "%zu failed, %zu left\n",
           render->published.count, made, needless, gone, failed, left);
    if (atomic_load(&render->is_full)) {
        text_setf(why,
                  "the disk of the buckets is full, or its free space is kept back for accepted photos. "
                  "%zu photos are left: make room and run it again",
                  left);
        return STATUS_NO_SPACE;
    }
    if (!failed)
        return STATUS_OK;
    text_setf(why, "%zu photos have no medium image yet; the list above says why. They stay published: run it again",
              failed);
    return STATUS_UNAVAILABLE;
}

static enum status run(const struct admin_settings *settings, struct render *render, struct text *why)
{
    enum status status = blob_open(settings->buckets, BLOB_BESIDE, &render->blob, why);
    if (status == STATUS_OK)
        status = admin_published_list(render->store, lacks_medium, &render->published, why);
    if (status == STATUS_OK)
        status = admin_darkroom_open(settings, &render->darkroom, why);
    if (status != STATUS_OK)
        return status;
    render->progress.total = render->published.count;
    admin_run_threads(work, render, (unsigned)settings->processes);
    progress_end(&render->progress);
    return summarise(render, why);
}

static enum status render_all(const struct admin_settings *settings, struct store *store, struct text *why)
{
    struct render render = {.store = store};
    (void)pthread_mutex_init(&render.print_lock, NULL);
    enum status status = run(settings, &render, why);
    if (render.darkroom)
        darkroom_close(render.darkroom);
    blob_close(render.blob);
    admin_published_release(&render.published);
    (void)pthread_mutex_destroy(&render.print_lock);
    return status;
}

enum status admin_photos(const struct settings_words *words, const struct admin_settings *settings, struct store *store,
                         struct text *why)
{
    const char *verb = words->count > 1 ? words->words[1] : NULL;
    bool is_render = verb && strcmp(verb, "render") == 0;
    if (is_render && words->count == 2)
        return render_all(settings, store, why);
    if (!verb)
        text_setf(why, "name what to do with photos: render (see cloudphotos admin --help)");
    else if (is_render)
        text_setf(why, "\"%s\" is not expected after photos render", words->words[2]);
    else
        text_setf(why, "photos has no sub-command \"%s\"; there is render", verb);
    return STATUS_INVALID;
}
