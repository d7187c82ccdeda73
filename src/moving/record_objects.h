/* Which objects belong to a record. */
#ifndef RECORD_OBJECTS_H
#define RECORD_OBJECTS_H

#include "json.h"
#include "objects.h"

/* A photo's original, its public objects, and their places in quarantine: the bits of a set. */
enum {
    RECORD_OBJECT_ORIGINAL,
    RECORD_OBJECT_PUBLIC,
    RECORD_OBJECT_QUARANTINED = RECORD_OBJECT_PUBLIC + PUBLIC_OBJECTS
};
enum { RECORD_OBJECTS = RECORD_OBJECT_QUARANTINED + PUBLIC_OBJECTS };

enum bucket record_object_name(const struct id *id, unsigned object, char ret_key[static OBJECT_KEY_SIZE]);
/* Those that a photo in this state may have; none where there is no photo. */
unsigned record_objects_wanted(const json_t *record);
/* Whether these are all that it needs. */
bool record_objects_suffice(const json_t *record, unsigned found);

#endif
