/* Where a listing of posts goes on: the last post's time in milliseconds, in hex, then a dash and its id. In the order
 * of capture there is a "t" before it, and a minus before times before 1970, so that a cursor says which order it
 * belongs to. */
#ifndef POST_CURSOR_H
#define POST_CURSOR_H

#include "photos.h"

enum { CURSOR_TEXT_SIZE = 2 + 16 + 1 + ID_TEXT_SIZE };

void cursor_format(const struct post_cursor *cursor, enum post_order order, char ret_text[static CURSOR_TEXT_SIZE]);
/* INVALID for anything that cursor_format did not write. */
enum status cursor_parse(const char *text, struct post_cursor *ret_cursor, enum post_order *ret_order,
                         struct text *why);
/* INVALID for a cursor of another order, too. */
enum status cursor_parse_of(const char *text, enum post_order order, struct post_cursor *ret_cursor, struct text *why);

#endif
