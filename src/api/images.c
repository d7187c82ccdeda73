/* Where browsers find the images: at this server, or where the operator says: a CDN, or the buckets themselves. */
#include "api_private.h"
#include "page.h"

#include <string.h>

void images_open(struct api *api)
{
    const char *const *roots = api->settings.image_roots;
    for (int i = 0; i < BUCKETS; i++)
        if (roots && roots[i])
            text_setf(&api->image_roots[i], "%s", roots[i]);
        else
            text_setf(&api->image_roots[i], "%s/buckets/%s", api->settings.base_path, bucket_policies[i].name);
}

void images_close(struct api *api)
{
    for (int i = 0; i < BUCKETS; i++)
        text_release(&api->image_roots[i]);
}

bool images_are_elsewhere(const struct api *api)
{
    return api->settings.image_roots != NULL;
}

const char *images_root(const struct api *api, enum bucket bucket)
{
    return text_get(&api->image_roots[bucket]);
}

const char *images_absolute_root(struct http_request *request, enum bucket bucket)
{
    const struct api *api = http_context(request);
    if (images_are_elsewhere(api))
        return images_root(api, bucket);
    return arena_printf(http_arena(request), "%s/buckets/%s", page_root(request), bucket_policies[bucket].name);
}

/* ---- For the page ---- */

/* "https://cdn.example" of "https://cdn.example/photos". */
static size_t origin_length(const char *root)
{
    const char *host = strstr(root, "://");
    return host ? (size_t)(host + 3 - root) + strcspn(host + 3, "/") : 0;
}

void images_add_origins(const struct api *api, struct text *out)
{
    const char *one = images_root(api, BUCKET_PHOTOS), *other = images_root(api, BUCKET_THUMBNAILS);
    size_t length = origin_length(one), other_length = origin_length(other);
    if (!images_are_elsewhere(api))
        return;
    text_addf(out, " %.*s", (int)length, one);
    if (length != other_length || memcmp(one, other, length) != 0)
        text_addf(out, " %.*s", (int)other_length, other);
}

void images_add_attributes(const struct api *api, struct text *out)
{
    static const enum bucket buckets[] = {BUCKET_PHOTOS, BUCKET_THUMBNAILS};
    for (size_t i = 0; images_are_elsewhere(api) && i < sizeof buckets / sizeof buckets[0]; i++) {
        text_addf(out, " data-%s=\"", bucket_policies[buckets[i]].name);
        page_add_escaped(out, images_root(api, buckets[i]));
        text_addc(out, '"');
    }
}
