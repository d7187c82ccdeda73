/* A backup: a folder that a person can read.
 *
 *     FOLDER/photos.ndjson     a line for each photo: {"id", "record", "objects"}; the record has the rows of its
 *                              tables, each object its bucket, key, bytes and sha256
 *     FOLDER/sessions.ndjson, verdicts.ndjson    likewise, without objects
 *     FOLDER/buckets/          the objects, as a server keeps them in files (blob_file.h)
 *     FOLDER/manifest.json     written last: how many lines each file has, and its SHA-256. Without it, the backup
 *                              isn't whole */
#ifndef BACKUP_H
#define BACKUP_H

#include "move.h"

/* ---- Making one ---- */

struct backup_writer;
/* The folder is made, or is empty. CONFLICT. */
enum status backup_writer_new(const char *folder, struct backup_writer **ret_writer, struct text *why);
void backup_writer_free(struct backup_writer *writer);
struct record_sink *backup_writer_sink(struct backup_writer *writer);
size_t backup_writer_lines(const struct backup_writer *writer, enum record_kind kind);
/* Makes durable what was written, and then writes the manifest. */
enum status backup_writer_finish(struct backup_writer *writer, const struct store_counts *counts,
                                 const struct mover *mover, struct text *why);

/* ---- Reading one ---- */

struct backup_reader;
/* Looks at all but the objects. UNPROCESSABLE: it isn't whole, or damaged. */
enum status backup_reader_new(const char *folder, struct backup_reader **ret_reader, struct text *why);
void backup_reader_free(struct backup_reader *reader);
/* The records of one kind, from the first on. Borrowed, until the next of these. */
struct record_cursor *backup_reader_cursor(struct backup_reader *reader, enum record_kind kind);
size_t backup_reader_lines(const struct backup_reader *reader, enum record_kind kind);
const uint64_t *backup_reader_executions(const struct backup_reader *reader); /* EXECUTION_STATUSES counts */

#endif
