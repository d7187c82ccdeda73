/* The files of resumable uploads (resumable.h). */
#ifndef RESUMABLE_FILE_H
#define RESUMABLE_FILE_H

#include "resumable.h"

/* Made if missing, mode 0700. */
enum status resumable_folder_open(const char *path, int *ret_folder, struct text *why);
/* Durable when it returns. */
enum status resumable_files_create(int folder, const struct resumable *resumable, struct text *why);
/* Strings in the arena. NOT_FOUND without a sentence. */
enum status resumable_info_read(int folder, const struct id *id, struct arena *arena, struct resumable *ret_resumable,
                                struct text *why);
/* Durable when it returns. */
enum status resumable_offset_write(int folder, const struct id *id, uint64_t offset, struct text *why);
/* For reading and writing; -1 when it is not there. */
int resumable_data_open(int folder, const struct id *id);
void resumable_data_remove(int folder, const struct id *id);
void resumable_files_remove(int folder, const struct id *id);
/* Each id that has a file, perhaps more than once. */
void resumable_files_each(int folder, void (*row)(void *context, const struct id *id), void *context);
/* Each id whose bytes are here, once: no photo has been made of them yet. */
void resumable_data_each(int folder, void (*row)(void *context, const struct id *id), void *context);

#endif
