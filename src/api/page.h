/* What is written into the head of the app's page, at each of its addresses: page.c. On any failure nothing: the app asks itself. */
#ifndef PAGE_H
#define PAGE_H

#include "api_private.h"

void page_add_home(struct http_request *request, struct text *out);
void page_add_profile(struct http_request *request, struct text *out);
void page_add_photo(struct http_request *request, struct text *out);
/* Where this server is, as the client sees it: "https://photos.example". "" for a Host that is none. */
const char *page_origin(struct http_request *request);
/* What a photo is called where it is shown elsewhere: its caption, or whose it is. */
const char *page_title(struct http_request *request, const struct photo *photo);
/* For HTML, in text and in quoted attributes. */
void page_add_escaped(struct text *out, const char *text);

#endif
