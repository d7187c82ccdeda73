/* What is written into the head of the app's page, at each of its addresses: page.c. On any failure nothing: the app asks itself. */
#ifndef PAGE_H
#define PAGE_H

#include "api_private.h"

void page_add_home(struct http_request *request, struct text *out);
void page_add_profile(struct http_request *request, struct text *out);
void page_add_photo(struct http_request *request, struct text *out);
/* For HTML, in text and in quoted attributes. */
void page_add_escaped(struct text *out, const char *text);

#endif
