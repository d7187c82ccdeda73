/* Sorted chunks of a few cache lines each. Finding one is a binary search over the beginnings of their first names,
 * which lie side by side, for every chunk that is looked into is a miss of the cache; and before that over every 64th
 * of them, which are so few that they stay in the cache. Finding in a chunk is a walk. A chunk that overflows is
 * split. */
#include "names.h"

#include "memory.h"

#include <assert.h>
#include <endian.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { STRIDE = 64, CACHE_LINE = 64 };
enum { CHUNK_BYTES = 510, ENTRY_HEAD = 1 + sizeof(uint32_t), ENTRY_MAX = ENTRY_HEAD + AUTHOR_NAME_MAX + 1 };

/* Entries, one after the other: a byte for the length of the name, the count of posts, the name, a NUL. */
struct chunk {
    uint16_t used; /* 0 only in the first, of an empty list */
    unsigned char bytes[CHUNK_BYTES];
};

struct place {
    uint64_t begins; /* key_of the chunk's first name */
    struct chunk *chunk;
};

struct names_list {
    struct place *places;
    struct place *milestones; /* copies of places 0, STRIDE, 2 STRIDE, … */
    size_t count, capacity;
};

struct names {
    pthread_rwlock_t lock;
    struct names_list *list;
    uint64_t state;
    bool is_whole; /* equal to the database at `state` */
};

struct entry {
    const char *name;
    size_t length;
    uint32_t posts;
};

static struct entry entry_at(const unsigned char *bytes)
{
    struct entry entry = {.name = (const char *)bytes + ENTRY_HEAD, .length = bytes[0]};
    memcpy(&entry.posts, bytes + 1, sizeof entry.posts);
    return entry;
}

static size_t entry_size(size_t length)
{
    return ENTRY_HEAD + length + 1;
}

static void set_posts(struct chunk *chunk, size_t at, uint32_t posts)
{
    memcpy(chunk->bytes + at + 1, &posts, sizeof posts);
}

static int compare(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

/* The first eight bytes as a number, in whose order they are. Names of one key are compared whole. */
static uint64_t key_of(const char *name, size_t length)
{
    uint64_t key = 0;
    memcpy(&key, name, length < sizeof key ? length : sizeof key);
    return be64toh(key);
}

/* ---- The list ---- */

/* After the places from this one on have changed. */
static void note_places(struct names_list *list, size_t index)
{
    for (size_t i = (index + STRIDE - 1) / STRIDE; i * STRIDE < list->count; i++)
        list->milestones[i] = list->places[i * STRIDE];
}

/* After the chunk's first entry may have changed. */
static void note_first(struct names_list *list, size_t index)
{
    struct entry first = entry_at(list->places[index].chunk->bytes);
    list->places[index].begins = list->places[index].chunk->used ? key_of(first.name, first.length) : 0;
    if (index % STRIDE == 0)
        list->milestones[index / STRIDE] = list->places[index];
}

static void set_capacity(struct names_list *list, size_t capacity)
{
    list->capacity = capacity;
    list->places = memory_resize(list->places, capacity * sizeof *list->places);
    list->milestones = memory_resize(list->milestones, capacity / STRIDE * sizeof *list->milestones);
}

static void insert_chunk(struct names_list *list, size_t index)
{
    if (list->count == list->capacity)
        set_capacity(list, list->capacity * 2);
    memmove(list->places + index + 1, list->places + index, (list->count - index) * sizeof *list->places);
    list->places[index] = (struct place){.chunk = NEW(struct chunk)};
    list->count++;
    note_places(list, index);
}

struct names_list *names_list_new(void)
{
    struct names_list *list = NEW(struct names_list);
    set_capacity(list, STRIDE);
    insert_chunk(list, 0);
    return list;
}

void names_list_free(struct names_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->places[i].chunk);
    free(list->places);
    free(list->milestones);
    free(list);
}

static bool begins_after(const struct place *place, uint64_t key, const char *name, size_t length)
{
    if (place->begins != key)
        return place->begins > key;
    struct entry first = entry_at(place->chunk->bytes);
    return compare(first.name, first.length, name, length) > 0;
}

/* The last place that begins with the name or before it, or the first of all. */
static size_t find_place(const struct place *places, size_t count, const char *name, size_t length)
{
    uint64_t key = key_of(name, length);
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (!begins_after(&places[middle], key, name, length))
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The chunk in which a name is, or would be. */
static size_t find_chunk(const struct names_list *list, const char *name, size_t length)
{
    size_t first = STRIDE * find_place(list->milestones, (list->count + STRIDE - 1) / STRIDE, name, length);
    size_t count = list->count - first < STRIDE ? list->count - first : STRIDE;
    /* All that the search may look at, at once rather than one after the other. */
    for (size_t i = 0; i < count; i += CACHE_LINE / sizeof *list->places)
        __builtin_prefetch(list->places + first + i);
    return first + find_place(list->places + first, count, name, length);
}

/* Where the first entry is that is the name or comes after it; chunk->used when none is. */
static size_t find_entry(const struct chunk *chunk, const char *name, size_t length)
{
    size_t at = 0;
    while (at < chunk->used) {
        struct entry entry = entry_at(chunk->bytes + at);
        if (compare(entry.name, entry.length, name, length) >= 0)
            break;
        at += entry_size(entry.length);
    }
    return at;
}

static void put_entry(struct chunk *chunk, size_t at, const char *name, size_t length, uint32_t posts)
{
    size_t size = entry_size(length);
    memmove(chunk->bytes + at + size, chunk->bytes + at, chunk->used - at);
    chunk->bytes[at] = (unsigned char)length;
    set_posts(chunk, at, posts);
    memcpy(chunk->bytes + at + ENTRY_HEAD, name, length);
    chunk->bytes[at + size - 1] = '\0';
    chunk->used = (uint16_t)(chunk->used + size);
}

/* Moves the later half of a chunk's entries into a new one behind it. */
static void split(struct names_list *list, size_t index)
{
    insert_chunk(list, index + 1);
    struct chunk *chunk = list->places[index].chunk, *next = list->places[index + 1].chunk;
    size_t at = 0;
    while (at < chunk->used / 2u)
        at += entry_size(chunk->bytes[at]);
    next->used = (uint16_t)(chunk->used - at);
    memcpy(next->bytes, chunk->bytes + at, next->used);
    chunk->used = (uint16_t)at;
    note_first(list, index + 1);
}

static void insert(struct names_list *list, const char *name, size_t length, uint32_t posts)
{
    size_t index = find_chunk(list, name, length);
    if (list->places[index].chunk->used + entry_size(length) > CHUNK_BYTES) {
        split(list, index);
        index = find_chunk(list, name, length);
    }
    struct chunk *chunk = list->places[index].chunk;
    put_entry(chunk, find_entry(chunk, name, length), name, length, posts);
    note_first(list, index);
}

static void take_out(struct names_list *list, size_t index, size_t at)
{
    struct chunk *chunk = list->places[index].chunk;
    size_t size = entry_size(chunk->bytes[at]);
    memmove(chunk->bytes + at, chunk->bytes + at + size, chunk->used - at - size);
    chunk->used = (uint16_t)(chunk->used - size);
    if (chunk->used || list->count == 1) {
        note_first(list, index);
        return;
    }
    free(chunk);
    memmove(list->places + index, list->places + index + 1, (--list->count - index) * sizeof *list->places);
    note_places(list, index);
}

bool names_list_append(struct names_list *list, const char *name, size_t length, int64_t posts)
{
    struct chunk *last = list->places[list->count - 1].chunk;
    if (length > AUTHOR_NAME_MAX || posts < 0 || posts > UINT32_MAX)
        return false;
    if (last->used + entry_size(length) > CHUNK_BYTES) {
        insert_chunk(list, list->count);
        last = list->places[list->count - 1].chunk;
    }
    put_entry(last, last->used, name, length, (uint32_t)posts);
    note_first(list, list->count - 1);
    return true;
}

/* ---- Following the database ---- */

static_assert(CHUNK_BYTES / 2 > ENTRY_MAX, "either half of a split chunk has room for any entry");

struct names *names_new(void)
{
    struct names *names = NEW(struct names);
    pthread_rwlockattr_t attributes;
    (void)pthread_rwlockattr_init(&attributes);
    /* Else searches that overlap without end would keep a commit waiting. */
    (void)pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(&names->lock, &attributes);
    (void)pthread_rwlockattr_destroy(&attributes);
    names->list = names_list_new();
    return names;
}

void names_free(struct names *names)
{
    (void)pthread_rwlock_destroy(&names->lock);
    names_list_free(names->list);
    free(names);
}

void names_swap(struct names *names, struct names_list *list, uint64_t state)
{
    (void)pthread_rwlock_wrlock(&names->lock);
    struct names_list *old = names->list;
    names->list = list;
    names->state = state;
    names->is_whole = true;
    (void)pthread_rwlock_unlock(&names->lock);
    names_list_free(old);
}

static void change(struct names_list *list, const struct name_change *change)
{
    size_t length = strlen(change->name), index = find_chunk(list, change->name, length);
    struct chunk *chunk = list->places[index].chunk;
    size_t at = find_entry(chunk, change->name, length);
    struct entry entry = {0};
    if (at < chunk->used)
        entry = entry_at(chunk->bytes + at);
    bool is_there = entry.name && compare(entry.name, entry.length, change->name, length) == 0;
    int64_t posts = (is_there ? entry.posts : 0) + (int64_t)change->posts;
    if (!is_there && posts > 0)
        insert(list, change->name, length, (uint32_t)posts);
    else if (is_there && posts > 0)
        set_posts(chunk, at, (uint32_t)posts);
    else if (is_there)
        take_out(list, index, at);
}

void names_follow(struct names *names, const struct name_change *changes, size_t count, uint64_t from, uint64_t to)
{
    (void)pthread_rwlock_wrlock(&names->lock);
    names->is_whole =
        names->is_whole && names->state == from && ((uint32_t)to == (uint32_t)from + 1 || (to == from && !count));
    for (size_t i = 0; names->is_whole && i < count; i++)
        change(names->list, &changes[i]);
    names->state = to;
    (void)pthread_rwlock_unlock(&names->lock);
}

bool names_are_at(struct names *names, uint64_t state)
{
    (void)pthread_rwlock_rdlock(&names->lock);
    bool are_at = names->is_whole && names->state == state;
    (void)pthread_rwlock_unlock(&names->lock);
    return are_at;
}

/* ---- Searching ---- */

/* Copies the entries that a search finds, because its rows may take their time and nobody shall wait for them. */
static void copy_entries(const struct names_list *list, const char *prefix, const char *from, size_t from_length,
                         size_t limit, struct text *ret_entries)
{
    size_t prefix_length = strlen(prefix), index = find_chunk(list, from, from_length);
    size_t at = find_entry(list->places[index].chunk, from, from_length);
    bool goes_on = true;
    for (; goes_on && index < list->count; index++, at = 0) {
        const struct chunk *chunk = list->places[index].chunk;
        size_t begin = at;
        while (goes_on && at < chunk->used) {
            struct entry entry = entry_at(chunk->bytes + at);
            goes_on = limit-- > 0 && entry.length >= prefix_length && memcmp(entry.name, prefix, prefix_length) == 0;
            if (goes_on)
                at += entry_size(entry.length);
        }
        text_append(ret_entries, (const char *)chunk->bytes + begin, at - begin);
    }
}

bool names_search(struct names *names, uint64_t state, const char *prefix, const char *from, size_t from_length,
                  size_t limit, store_user_row *row, void *context)
{
    TEXT_CLEANUP struct text entries = {0};
    text_reserve(&entries, CHUNK_BYTES);
    (void)pthread_rwlock_rdlock(&names->lock);
    bool are_at = names->is_whole && names->state == state;
    if (are_at)
        copy_entries(names->list, prefix, from, from_length, limit, &entries);
    (void)pthread_rwlock_unlock(&names->lock);
    for (size_t at = 0; at < entries.length;) {
        struct entry entry = entry_at((const unsigned char *)entries.data + at);
        if (!row(context, entry.name, entry.length, entry.posts))
            break;
        at += entry_size(entry.length);
    }
    return are_at;
}
