/* Buckets in a folder of the file system:
 *
 *     FOLDER/.lock                     held, with others, while a process serves or works; alone by earlier versions
 *     FOLDER/.lock-admin               held while an admin command writes beside them
 *     FOLDER/.processes/ID             held by the process that chose that id at its start (blob_file_process.c)
 *     FOLDER/photos/.incoming/ID-N     an upload of that process that has not been committed
 *     FOLDER/photos/.parts/ID.KEY/7    the seventh part of an object that was begun in parts; they outlive the process
 *     FOLDER/photos/.parts/ID.KEY      the bytes of an object that grows
 *     FOLDER/photos/5e/ID-comp.webp    an object; 5e is a hash of its key, since ids of one day begin alike
 *
 * A slash in a key is written as '+', which no key has: an object is one file name, so that "a" and "a/b" can both
 * exist and no key can lead anywhere. Every look-up stays beneath the bucket and follows no link: openat2(2). */
#ifndef BLOB_FILE_H
#define BLOB_FILE_H

#include "blob_ops.h"
#include "id.h"

#include <stdatomic.h>
#include <sys/stat.h>

#define INCOMING ".incoming"
#define PARTS    ".parts"
enum { SHARDS = 256, SHARD_SIZE = 3 /* two hex digits and NUL */, TEMPORARY_SIZE = 80 };
enum { PARTS_PATH_SIZE = sizeof PARTS + 1 + 33 + BLOB_KEY_MAX + 1 };
enum { PATH_SIZE = SHARD_SIZE + BLOB_KEY_MAX + 1 };

struct blob_file {
    struct blob blob;
    char *folder;
    int folder_fd, lock_fd;
    int process_fd; /* held; -1 for one that only reads */
    char process[ID_TEXT_SIZE];
    int bucket_fds[BUCKETS];
    atomic_ullong uploads; /* begun so far: names the next temporary */
};

/* ---- What all parts of the back end use ---- */

/* The sentence and the status of an errno value. */
enum status blob_file_fail(const struct blob_file *file, int error, struct text *why);
enum status blob_file_none(enum bucket bucket, const char *key, struct text *why); /* NOT_FOUND */
void blob_file_path(const char *key, char ret_path[static PATH_SIZE]);
void blob_file_name(const char *key, char ret_name[static BLOB_KEY_MAX + 1]); /* slashes written as '+' */
void blob_file_key(char *name);                                               /* and back */
int blob_file_open_beneath(int folder_fd, const char *path, int flags);
/* A new file for a content that is not to be seen yet; its name is to be renamed or removed. -1: errno. */
int blob_file_new_temporary(struct blob_file *file, enum bucket bucket, char ret_name[static TEMPORARY_SIZE]);
/* Copies within the kernel, and without copying where the file system can share; an errno value. ENODATA: `from` is too
 * short. */
int blob_file_copy_bytes(int from, uint64_t offset, int to, uint64_t to_offset, uint64_t size);
/* Renames a temporary file to the object's path. The content is durable before the name is, so that a power cut shows
 * all of it or nothing; an errno value, and then nothing stays. */
int blob_file_put_in_place(const struct blob_file *file, enum bucket bucket, int fd, const char *temporary,
                           const char *path);
/* Makes what happened in the shard of `path` survive a power cut; an errno value. */
int blob_file_sync_shard(const struct blob_file *file, enum bucket bucket, const char *path);

/* This process begins to write here; its temporary files are its own until blob_file_leave, or its death. */
enum status blob_file_enter(struct blob_file *file, struct text *why);
void blob_file_leave(struct blob_file *file);

/* Of what is begun in parts, or grows. False for an id that is none of ours. */
bool blob_file_parts_path(const char *key, const char *id, char ret_path[static PARTS_PATH_SIZE]);
/* Durable, if it isn't there yet; an errno value, as of the next. */
int blob_file_make_parts_folder(int bucket_fd);
int blob_file_sync_folder(int bucket_fd, const char *name);

/* ---- The table's functions, by file ---- */

blob_open_op blob_file_open;
blob_close_op blob_file_close;
blob_sweep_op blob_file_sweep;

blob_put_op blob_file_put;
blob_upload_begin_op blob_file_upload_begin;
blob_upload_commit_op blob_file_upload_commit;
blob_upload_abort_op blob_file_upload_abort;
blob_copy_op blob_file_copy;

blob_parts_begin_op blob_file_parts_begin;
blob_parts_put_op blob_file_parts_put;
blob_parts_complete_op blob_file_parts_complete;
blob_parts_abort_op blob_file_parts_abort;
blob_parts_list_op blob_file_parts_list;

extern const struct blob_growing_ops blob_file_growing;

#endif
