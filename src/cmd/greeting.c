#include "greeting.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

/* An address that can be opened on this machine: a server on 0.0.0.0 or [::] listens everywhere, but no browser goes
 * there. */
static void add_address(struct text *text, const char *address)
{
    static const struct {
        const char *listen, *open;
    } everywhere[] = {{"0.0.0.0:", "127.0.0.1:"}, {"[::]:", "[::1]:"}};
    for (size_t i = 0; i < sizeof everywhere / sizeof everywhere[0]; i++) {
        size_t length = strlen(everywhere[i].listen);
        if (strncmp(address, everywhere[i].listen, length) == 0) {
            text_addf(text, "%s%s", everywhere[i].open, address + length);
            return;
        }
    }
    text_add(text, address);
}

void greeting_print(const char *address, const char *base_path, const char *data)
{
    TEXT_CLEANUP struct text text = {0};
    add_address(&text, address);
    text_add(&text, base_path);
    const char *open = text_get(&text);
    (void)fprintf(
        stderr,
        "\nCloud Photos is ready. Open it in a browser:\n\n"
        "  http://%s/\n\n"
        "Photos are stored in %s. Press Ctrl-C to stop the server. From another terminal, you can also try:\n\n"
        "  curl -H 'Authorization: ann' -F photo=@PHOTO.jpg http://%s/photos\n"
        "  curl http://%s/uploadStatus/ID\n"
        "  curl 'http://%s/users?username=ann'\n"
        "  curl http://%s/users/ann\n"
        "  curl -O http://%s/buckets/photos/ID-comp.webp\n\n",
        open, data, open, open, open, open, open);
}
