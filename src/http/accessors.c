/* What a handler asks of its request. */
#include "server.h"

#include <string.h>
#include <strings.h>

void *http_context(const struct http_request *request)
{
    return request->server->settings.context;
}

struct arena *http_arena(struct http_request *request)
{
    return &request->arena;
}

void http_set_data(struct http_request *request, void *data)
{
    request->data = data;
}

void *http_data(const struct http_request *request)
{
    return request->data;
}

void http_set_caller(struct http_request *request, const void *caller)
{
    request->caller = caller;
}

const void *http_caller(const struct http_request *request)
{
    return request->caller;
}

const char *http_request_id(const struct http_request *request)
{
    return request->id;
}

const char *http_method(const struct http_request *request)
{
    return request->asked_method;
}

bool http_sends_body(const struct http_request *request)
{
    return strcmp(request->method, "HEAD") != 0;
}

const char *http_path(const struct http_request *request)
{
    return request->path;
}

const char *http_host(const struct http_request *request)
{
    return request->host ? request->host : http_header(request, "Host");
}

const char *http_scheme(const struct http_request *request)
{
    return request->scheme;
}

const char *http_parameter(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->parameter_count; i++)
        if (strcmp(request->parameters[i].name, name) == 0)
            return request->parameters[i].value;
    return "";
}

const char *http_header(const struct http_request *request, const char *name)
{
    const char *value = MHD_lookup_connection_value(request->connection->handle, MHD_HEADER_KIND, name);
    size_t length = value ? strlen(value) : 0;
    if (!length || (value[length - 1] != ' ' && value[length - 1] != '\t'))
        return value;
    while (length && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    return request_copy(&request->connection->request, value, length);
}

bool http_content_type_is(const struct http_request *request, const char *type)
{
    const char *value = http_header(request, "Content-Type");
    size_t length = strlen(type);
    return value && strncasecmp(value, type, length) == 0 && strchr("; \t", value[length]);
}

uint64_t http_content_length(const struct http_request *request)
{
    return request->content_length;
}

const char *http_network(struct http_request *request)
{
    char *network = request_room(request, INET6_ADDRSTRLEN);
    network_of(request->client, network);
    return network;
}
