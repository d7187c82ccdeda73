/* What a named proxy says of the client whose request it passes on. */
#include "server.h"

#include "forwarded.h"

#include <arpa/inet.h>
#include <string.h>

struct lines {
    const char *name;
    struct text all; /* of repeated ones, a comma between */
};

static enum MHD_Result add_line(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct lines *lines = context;
    (void)kind;
    if (value && strcasecmp(name, lines->name) == 0) {
        text_add(&lines->all, lines->all.length ? "," : "");
        text_add(&lines->all, value);
    }
    return MHD_YES;
}

/* NULL when absent. */
static const char *read_all(struct http_request *request, const char *name)
{
    struct lines lines = {.name = name};
    (void)MHD_get_connection_values(request->connection->handle, MHD_HEADER_KIND, add_line, &lines);
    const char *copy = lines.all.data ? request_copy(request, lines.all.data, lines.all.length) : NULL;
    text_release(&lines.all);
    return copy;
}

/* Without a setting there is no base path to take off. */
static bool is_base_path(const struct http_request *request, const char *prefix)
{
    const char *base_path = request->server->settings.base_path;
    size_t length = strlen(base_path);
    if (!prefix || !length || strncmp(prefix, base_path, length) != 0)
        return false;
    return !prefix[length] || strcmp(prefix + length, "/") == 0;
}

void who_asks_read(struct http_request *request)
{
    char *client = request_room(request, INET6_ADDRSTRLEN);
    struct forwarded_evidence evidence = {
        .addresses = read_all(request, "X-Forwarded-For"),
        .schemes = read_all(request, "X-Forwarded-Proto"),
        .hosts = read_all(request, "X-Forwarded-Host"),
        .peer = request->connection->peer,
    };
    struct forwarded forwarded;
    forwarded_read(request->server->settings.proxies, &evidence, &forwarded);
    address_write(&forwarded.client, client);
    request->client = client;
    request->scheme = forwarded.scheme;
    request->host = forwarded.host ? request_copy(request, forwarded.host, forwarded.host_length) : NULL;
    request->is_stripped = is_base_path(request, http_header(request, "X-Forwarded-Prefix"));
}
