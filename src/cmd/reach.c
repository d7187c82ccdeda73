#include "reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* Goes by numbers: a name such as 127.example.org can lead anywhere. */
static bool is_loopback(const char *listen)
{
    char host[INET_ADDRSTRLEN] = "";
    struct in_addr address;
    size_t length = strcspn(listen, ":");
    if (strncmp(listen, "[::1]:", 6) == 0 || strncmp(listen, "localhost:", 10) == 0)
        return true;
    if (length >= sizeof host)
        return false;
    memcpy(host, listen, length);
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* There are no passwords: anyone who can reach this server can act as any user. */
enum status reach_check_login(const char *listen, bool open_login, struct text *why)
{
    if (open_login || is_loopback(listen))
        return STATUS_OK;
    text_setf(why,
              "--listen %s would let other machines in, and there are no passwords: "
              "anyone who can reach this server could act as any user. "
              "Listen on 127.0.0.1 or [::1], or add --open-login if that is what you want.",
              listen);
    return STATUS_INVALID;
}

enum status reach_read_origins(const struct settings_list *list, struct arena *arena, struct origin_list *ret_origins,
                               struct text *why)
{
    TEXT_CLEANUP struct text reason = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < list->count && status == STATUS_OK; i++)
        status = origin_list_add(ret_origins, list->values[i], arena, &reason);
    if (status != STATUS_OK)
        text_setf(why, "--allow-origin: %s", text_get(&reason));
    return status;
}

enum status reach_read_proxies(const struct settings_list *list, struct proxy_list *ret_proxies, struct text *why)
{
    TEXT_CLEANUP struct text reason = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < list->count && status == STATUS_OK; i++)
        status = proxy_list_add(ret_proxies, list->values[i], &reason);
    if (status != STATUS_OK)
        text_setf(why, "--trusted-proxy: %s", text_get(&reason));
    return status;
}

enum status reach_read_base_path(const char *words, struct arena *arena, const char **ret_base_path, struct text *why)
{
    TEXT_CLEANUP struct text reason = {0};
    enum status status = base_path_read(words, arena, ret_base_path, &reason);
    if (status != STATUS_OK)
        text_setf(why, "--base-path: %s", text_get(&reason));
    return status;
}
