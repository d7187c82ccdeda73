/* What a data folder holds, and whether database and buckets belong together: a server that began with an empty
 * database beside full buckets would publish nothing of them, and sweep up the originals of photos that were
 * answered. */
#ifndef DATA_FOLDER_H
#define DATA_FOLDER_H

#include "blob.h"
#include "store.h"

/* Where database and images are in the folder, for each address that is NULL. */
void data_default_addresses(const char *folder, struct arena *arena, const char **store, const char **buckets);

/* Before the store is opened, which would make a missing database. UNAVAILABLE, saying what to do: also where the
 * buckets can't be listed, so that nobody knows whether they are empty. */
enum status data_check_before(const char *store, const char *buckets, struct blob *blob, struct text *why);
/* Once it is open: a copy that isn't whole, photos of which it has never heard, or damage as far as that is found
 * within some seconds. *ret_is_whole: all was looked at. */
enum status data_check_after(struct store *store, const char *store_address, const char *buckets, struct blob *blob,
                             bool *ret_is_whole, struct text *why);

#endif
