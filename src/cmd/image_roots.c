#include "image_roots.h"

#include "arena.h"
#include "origin.h"

#include <string.h>

static const char placeholder[] = "{bucket}";

/* Its root goes into pages and a Content-Security-Policy: so it has no character that means something there. */
static bool is_plain(const char *url)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%/:[]";
    return strspn(url, allowed) == strlen(url);
}

static bool is_url(const char *url)
{
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    return scheme && is_plain(url) && origin_is_host(url + scheme, strcspn(url + scheme, "/"));
}

static const char *make_root(const char *words, const char *bucket, struct arena *arena)
{
    const char *mark = strstr(words, placeholder);
    size_t length = strlen(words);
    while (length && words[length - 1] == '/')
        length--;
    if (!mark)
        return arena_printf(arena, "%.*s/%s", (int)length, words, bucket);
    const char *rest = mark + sizeof placeholder - 1;
    return arena_printf(arena, "%.*s%s%.*s", (int)(mark - words), words, bucket, (int)(words + length - rest), rest);
}

enum status image_roots_read(const char *words, struct arena *arena, struct image_roots *ret_images, struct text *why)
{
    *ret_images = (struct image_roots){.arena = arena};
    if (!words)
        return STATUS_OK;
    ret_images->are_buckets = strcmp(words, "buckets") == 0;
    for (int i = 0; !ret_images->are_buckets && i < BUCKETS; i++) {
        ret_images->roots[i] = make_root(words, bucket_policies[i].name, arena);
        if (is_url(ret_images->roots[i]))
            continue;
        text_setf(why,
                  "--images-url: \"%s\" is neither the word buckets nor a URL as https://cdn.example/images or "
                  "https://{bucket}.cdn.example, without a user, a query or a fragment",
                  words);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status image_roots_find(struct blob *blob, struct image_roots *images, struct text *why)
{
    for (int i = 0; images->are_buckets && i < BUCKETS; i++) {
        TEXT_CLEANUP struct text url = {0};
        if (blob_public_url(blob, (enum bucket)i, &url, NULL) != STATUS_OK) {
            text_setf(why, "--images-url buckets: browsers can't reach buckets that are files. Leave the setting out, "
                           "or name the URL of a CDN that gets them from this server");
            return STATUS_INVALID;
        }
        images->roots[i] = arena_copy_string(images->arena, text_get(&url));
    }
    return STATUS_OK;
}
