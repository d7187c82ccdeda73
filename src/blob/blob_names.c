/* What buckets there are, which keys they take, and what a key says about its object. */
#include "blob.h"

#include <string.h>

/* Rendered images never change under their key; the files of a web app may. */
#define UNCHANGING "public, max-age=31536000, immutable"

const struct bucket_policy bucket_policies[BUCKETS] = {
    [BUCKET_ORIGINALS] = {.name = "originals", .public_read = false},
    [BUCKET_PHOTOS] = {.name = "photos", .public_read = true, .cache_control = UNCHANGING},
    [BUCKET_THUMBNAILS] = {.name = "thumbnails", .public_read = true, .cache_control = UNCHANGING},
    [BUCKET_SITE] = {.name = "site", .public_read = true, .cache_control = "public, max-age=60"},
};

int bucket_from_name(const char *name, size_t length)
{
    for (int i = 0; i < BUCKETS; i++)
        if (strlen(bucket_policies[i].name) == length && memcmp(bucket_policies[i].name, name, length) == 0)
            return i;
    return -1;
}

static bool is_key_character(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
           || (character >= '0' && character <= '9') || character == '.' || character == '_' || character == '-';
}

bool blob_key_is_valid(const char *key, size_t length)
{
    if (length == 0 || length > BLOB_KEY_MAX)
        return false;
    bool at_part_start = true;
    for (size_t i = 0; i < length; i++) {
        if (at_part_start && (key[i] == '/' || key[i] == '.'))
            return false;
        if (key[i] != '/' && !is_key_character(key[i]))
            return false;
        at_part_start = key[i] == '/';
    }
    return !at_part_start;
}

static const struct {
    const char *suffix, *type;
} content_types[] = {
    {".webp", "image/webp"},
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".ico", "image/vnd.microsoft.icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

const char *blob_content_type(const char *key)
{
    const char *suffix = strrchr(key, '.');
    for (size_t i = 0; suffix && i < sizeof content_types / sizeof content_types[0]; i++)
        if (strcmp(suffix, content_types[i].suffix) == 0)
            return content_types[i].type;
    return "application/octet-stream";
}
