/* Whether something may be written to a store and buckets: they are empty, or hold an earlier part of the same copy.
 * That is what the object COPY_MARK in the bucket of originals tells, until the copy is whole. */
#ifndef DESTINATION_H
#define DESTINATION_H

#include "blob.h"
#include "store.h"

#define COPY_MARK "copy-not-whole-yet"

/* CONFLICT: there is something in them. */
enum status destination_check_empty(struct store *store, struct blob *blob, struct text *why);
/* Empty ones get the mark. `source`: what is copied, in one line. CONFLICT: there is something else in them. */
enum status destination_begin_copy(struct store *store, struct blob *blob, const char *source, struct text *why);
/* The copy is whole, and is continued no more. */
enum status destination_end_copy(struct blob *blob, struct text *why);
/* For whoever is about to serve what is in these buckets, of this address: UNAVAILABLE while they are part of a copy
 * that isn't whole. */
enum status destination_check_whole(struct blob *blob, const char *address, struct text *why);

#endif
