/* The objects of a photo: how they are named, and what is done with all of them. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "blob.h"
#include "id.h"

enum { OBJECT_KEY_SIZE = 48 };
void photos_original_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);
void photos_large_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);
void photos_medium_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);
void photos_thumbnail_key(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);

/* The public objects of a photo. Not every photo has a medium one (renditions.h); those of earlier versions have
 * none. */
enum { OBJECT_LARGE, OBJECT_MEDIUM, OBJECT_THUMBNAIL, PUBLIC_OBJECTS };
extern const struct public_object {
    const char *name; /* in the output of the task "resize" */
    enum bucket bucket;
    void (*make_key)(const struct id *id, char ret_key[static OBJECT_KEY_SIZE]);
} public_objects[PUBLIC_OBJECTS];

/* Removes all public objects. */
enum status photos_remove_renditions(struct blob *blob, const struct id *id, struct text *why);
/* Of a photo that was withdrawn: moves what is public to where nobody can read it. */
enum status photos_quarantine(struct blob *blob, const struct id *id, struct text *why);
/* Copies it back; NOT_FOUND when it is not there: the medium one may be missing. */
enum status photos_leave_quarantine(struct blob *blob, const struct id *id, struct text *why);
enum status photos_remove_quarantined(struct blob *blob, const struct id *id, struct text *why);

#endif
