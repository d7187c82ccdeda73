/* Cases of other projects for the States Language. They are not part of this one: tests read them where the folder is,
 * and are skipped where it isn't. */
#ifndef ASL_SUITES_H
#define ASL_SUITES_H

#include "json.h"

/* The folder of a suite: below CLOUDPHOTOS_ASL_SUITES, or below ../shared/suites/asl beside the project. NULL: it isn't
 * there. Static. */
const char *asl_suite(const char *name);
/* A file's content; the caller frees it. NULL: it can't be read. */
char *asl_read_file(const char *path);
/* Paths below the folder that end so, sorted: a list of strings. */
json_t *asl_list_files(const char *folder, const char *suffix);

/* The scenarios of a Gherkin file (cucumber.io/docs/gherkin), outlines filled in with their examples:
 * [{"name", "steps": [{"text", "document"}]}]. Steps have lost their Given, When, Then and And. */
json_t *gherkin_read(const char *text);

#endif
