/* The three headers of a proxy, a line each, and whom the operator names in a fourth. A client is never made of
 * nothing: it is the peer, or an address that stands in the first header; nothing but a named proxy's word reaches
 * further. */
#include "forwarded.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

static bool stands_in(const char *addresses, const struct in6_addr *client)
{
    size_t length = strlen(addresses);
    struct in6_addr found;
    for (size_t i = 0; i < length; i++)
        for (size_t size = 1; size < INET6_ADDRSTRLEN && i + size <= length; size++)
            if (address_read(addresses + i, size, &found) && memcmp(&found, client, sizeof found) == 0)
                return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256], *rest = text;
    const char *lines[4] = {0};
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < 4 && rest; i++)
        lines[i] = strsep(&rest, "\n");
    struct proxy_list list = {0};
    struct forwarded_evidence evidence = {.addresses = lines[0], .schemes = lines[1], .hosts = lines[2]};
    struct forwarded forwarded;
    assert(proxy_list_add(&list, "10.0.0.1", NULL) == STATUS_OK);
    if (lines[3])
        (void)proxy_list_add(&list, lines[3], NULL);
    assert(address_read("10.0.0.1", strlen("10.0.0.1"), &evidence.peer));
    forwarded_read(&list, &evidence, &forwarded);
    bool is_peer = memcmp(&forwarded.client, &evidence.peer, sizeof evidence.peer) == 0;
    assert(is_peer || (lines[0] && stands_in(lines[0], &forwarded.client)));
    assert(!forwarded.scheme || strcmp(forwarded.scheme, "http") == 0 || strcmp(forwarded.scheme, "https") == 0);
    for (size_t i = 0; i < forwarded.host_length; i++)
        assert(!strchr(" \"'<>/@,", forwarded.host[i]));
    return 0;
}
