/* The header of the index of SQLite's write-ahead log. The file format is documented, and so is the way to SQLite's own
 * mapping of it: opening the file here would drop SQLite's locks when closing it. */
#include "sqlite_store.h"

/* Words of 32 bits: "iChange", "mxFrame", the first "aFrameCksum", and, behind both copies of the header,
 * "nBackfill". */
enum { INDEX_BYTES = 32768, STATE_WORD = 2, FRAMES_WORD = 4, SUM_WORD = 6, COPIED_WORD = 24 };

enum status log_header_find(const struct connection *connection, log_header **ret_header, struct text *why)
{
    sqlite3_file *file = NULL;
    void volatile *index = NULL;
    (void)sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (!file || file->pMethods->iVersion < 2 || file->pMethods->xShmMap(file, 0, INDEX_BYTES, 0, &index) != SQLITE_OK
        || !index) {
        text_setf(why, "The index of the write-ahead log of %s can't be mapped.", connection->path);
        return STATUS_INTERNAL;
    }
    *ret_header = index;
    return STATUS_OK;
}

void log_header_read(log_header *header, unsigned long long ret_words[static LOG_HEADER_WORDS])
{
    for (unsigned i = 0; i < LOG_HEADER_WORDS; i++)
        ret_words[i] = atomic_load_explicit(&header[i], memory_order_acquire);
}

bool log_header_equals(log_header *header, const unsigned long long words[static LOG_HEADER_WORDS])
{
    for (unsigned i = 0; i < LOG_HEADER_WORDS; i++)
        if (atomic_load_explicit(&header[i], memory_order_acquire) != words[i])
            return false;
    return true;
}

const volatile atomic_uint *log_header_state_word(log_header *header)
{
    return (const volatile atomic_uint *)header + STATE_WORD;
}

uint32_t log_header_state(log_header *header)
{
    return atomic_load_explicit(log_header_state_word(header), memory_order_acquire);
}

static uint32_t read_word(log_header *header, unsigned word)
{
    return atomic_load_explicit((const volatile atomic_uint *)header + word, memory_order_acquire);
}

/* While somebody commits, both may be of different states: such a version is none that the database ever has. */
uint64_t log_header_version(log_header *header)
{
    return (uint64_t)read_word(header, SUM_WORD) << 32 | log_header_state(header);
}

bool log_header_is_long(log_header *header)
{
    uint32_t frames = read_word(header, FRAMES_WORD);
    return frames >= CHECKPOINT_FRAMES && read_word(header, COPIED_WORD) < frames;
}
