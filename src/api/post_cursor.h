/* Where a listing of posts goes on: the last post's time in milliseconds, in hex, then a dash and its id. */
#ifndef POST_CURSOR_H
#define POST_CURSOR_H

#include "store.h"

enum { CURSOR_TEXT_SIZE = 16 + 1 + ID_TEXT_SIZE };

void cursor_format(const struct post_cursor *cursor, char ret_text[static CURSOR_TEXT_SIZE]);
/* INVALID for anything that cursor_format did not write. */
enum status cursor_parse(const char *text, struct post_cursor *ret_cursor, struct text *why);

#endif
