/* From where the server can be reached, and what it believes of it: its settings, read before anything is opened. */
#ifndef REACH_H
#define REACH_H

#include "base_path.h"
#include "origin.h"
#include "proxies.h"
#include "settings.h"

/* Each returns INVALID for what makes no sense; the sentence names the setting. */
enum status reach_check_login(const char *listen, bool open_login, struct text *why);
enum status reach_read_origins(const struct settings_list *list, struct arena *arena, struct origin_list *ret_origins,
                               struct text *why);
enum status reach_read_proxies(const struct settings_list *list, struct proxy_list *ret_proxies, struct text *why);
enum status reach_read_base_path(const char *words, struct arena *arena, const char **ret_base_path, struct text *why);

#endif
