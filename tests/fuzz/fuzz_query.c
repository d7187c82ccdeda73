/* The target of a request: it is refused, or its path, query and route are well formed. */
#include "fuzz.h"
#include "server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void handle(struct http_request *request)
{
    (void)request;
}

static const struct http_route table[] = {
    {.method = "GET", .pattern = "/users", .run = HTTP_INLINE, .handle = handle},
    {.method = "GET", .pattern = "/users/{name}", .run = HTTP_INLINE, .handle = handle},
    {.method = "POST", .pattern = "/users/{name}/{other}", .run = HTTP_INLINE, .handle = handle},
    {.method = "GET", .pattern = "/objects/{bucket}/{key*}", .run = HTTP_INLINE, .handle = handle},
    {0},
};

static void check_request(struct http_server *server, struct http_request *request)
{
    TEXT_CLEANUP struct text why = {0};
    int64_t limit = 0;
    size_t raw = strlen(request->target);
    if (target_parse(request))
        return;
    assert(strlen(request->path) <= raw && (request->path[0] == '/' || strcmp(request->path, "*") == 0));
    const char *prefix = http_query(request, "username");
    assert(!prefix || strlen(prefix) <= raw);
    if (http_query_integer(request, "limit", 1, 100, 20, &limit, &why) == STATUS_OK)
        assert(limit >= 1 && limit <= 100);
    else
        assert(why.length);
    routes_match(server->routes, request);
    assert(!request->route == (request->answer.code != 0));
    for (size_t i = 0; request->route && i < request->parameter_count; i++)
        assert(strstr(request->path, request->parameters[i].value));
    if (request->answer.response)
        MHD_destroy_response(request->answer.response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_route *const tables[] = {table, NULL};
    static struct http_server server;
    if (!server.routes)
        server.routes = routes_new(tables);
    struct connection *connection = calloc(1, sizeof *connection);
    char *target = calloc(1, size + 1);
    assert(connection && target);
    memcpy(target, data, size);
    connection->request.connection = connection;
    connection->request.server = &server;
    connection->request.last_header = &connection->request.headers;
    connection->request.method = connection->request.asked_method = "GET";
    connection->request.target = target;
    check_request(&server, &connection->request);
    arena_release(&connection->request.arena);
    free(target);
    free(connection);
    return 0;
}
