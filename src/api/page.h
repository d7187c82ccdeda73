/* What the app's page is at each of its addresses: page.c. On any failure it is the page as it was built: the app asks
 * itself. */
#ifndef PAGE_H
#define PAGE_H

#include "api_private.h"

struct page {
    unsigned code;     /* of the answer: 200, or 404 where there is nothing to show */
    const char *title; /* as in <title>, not yet escaped; NULL: the app's own */
    struct text head;  /* what comes before the head's end */
};
void page_make_home(struct http_request *request, struct page *page);
void page_make_profile(struct http_request *request, struct page *page);
void page_make_photo(struct http_request *request, struct page *page);
void page_make_missing(struct http_request *request, struct page *page);
/* Where this server is, as the client sees it: "https://photos.example", with the base path; the base path alone where
 * Host is missing or no host. */
const char *page_root(struct http_request *request);
/* What a photo is called where it is shown elsewhere: its caption, or whose it is. */
const char *page_title(struct http_request *request, const struct photo *photo);
/* For HTML, in text and in quoted attributes. */
void page_add_escaped(struct text *out, const char *text);

#endif
