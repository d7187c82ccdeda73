/* haproxy.cfg. What each line is for stands beside it, in the file as well, because an operator will read it there. */
#include "balancer_private.h"

#include <string.h>

static const char base[] =
    "# Written by cloudphotos fleet at each start of HAProxy. Instances come and go through the socket, not in here.\n"
    "global\n"
    "    stats socket %s mode 600 level admin\n"
    "    maxconn %lld\n"
    "    hard-stop-after 60s\n"
    "\n"
    "defaults\n"
    "    mode http\n"
    "    timeout connect 2s\n"
    "    timeout http-request 10s\n"
    "    timeout client 60s\n"
    "    timeout server 60s\n"
    "    # A burst waits here instead of failing.\n"
    "    timeout queue %lldms\n"
    "    # What an instance that dies had not answered goes to another one, if asking twice does no harm.\n"
    "    retries 3\n"
    "    option redispatch 1\n"
    "    retry-on conn-failure empty-response response-timeout 502 503\n"
    "    http-reuse safe\n"
    "    balance leastconn\n"
    "\n"
    "frontend photos\n"
    "    bind %s%s%s%s\n"
    "    http-request disable-l7-retry unless METH_GET or { method HEAD OPTIONS }\n"
    "    # Who asks, and how, say this balancer and a proxy on this machine before it, and nobody else.\n"
    "    acl by_proxy src 127.0.0.0/8 ::1\n"
    "    acl is_forwarded req.hdr(X-Forwarded-For) -m found\n"
    "    http-request set-header X-Forwarded-For \"%%[req.fhdr(X-Forwarded-For)], %%[src]\" if by_proxy "
    "is_forwarded\n"
    "    http-request set-header X-Forwarded-For %%[src] unless by_proxy is_forwarded\n"
    "    http-request set-header X-Forwarded-Proto %%[ssl_fc,iif(https,http)] unless by_proxy is_forwarded\n"
    "    http-request set-header X-Forwarded-Host %%[req.hdr(host)] unless by_proxy is_forwarded\n"
    "    http-request del-header Forwarded\n"
    "    use_backend streams if METH_GET { path -m end /events }\n"
    "    use_backend uploads if { method POST PUT PATCH }\n"
    "    default_backend requests\n";

static void add_back_end(const struct balancer *balancer, const struct back_end *back_end,
                         const struct balancer_server *servers, size_t count, struct text *out)
{
    text_addf(out, "\nbackend %s\n", back_end->name);
    if (back_end->is_checked)
        text_add(out, "    option httpchk GET /healthcheck\n    http-check expect status 200\n");
    if (back_end->is_bounded)
        text_addf(out, "    timeout server %lldms\n", (long long)balancer->settings.request_timeout_ms);
    text_add(out, back_end->settings);
    for (size_t i = 0; i < count; i++) {
        text_addf(out, "    server %s %s", servers[i].name, servers[i].address);
        back_end_options(balancer, back_end, servers[i].weight, out);
        text_add(out, "\n");
    }
}

void balancer_configuration(const struct balancer *balancer, const struct balancer_server *servers, size_t count,
                            struct text *out)
{
    const struct balancer_settings *settings = &balancer->settings;
    text_addf(out, base, text_get(&balancer->socket), (long long)settings->connections,
              (long long)settings->queue_timeout_ms, settings->listen, settings->certificate ? " ssl crt " : "",
              settings->certificate ? settings->certificate : "", settings->certificate ? " alpn h2,http/1.1" : "");
    for (size_t i = 0; i < BACK_ENDS; i++)
        add_back_end(balancer, &back_ends[i], servers, count, out);
}
