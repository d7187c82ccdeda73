/* The tables of routes say of each what docs/openapi.yaml says: who has to name himself. */
#include "api.h"
#include "check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the document: "POST /photos\n" for each operation with an entry `security`, the same without. */
struct document {
    struct text secured, open;
};

static void end_operation(struct document *document, const char *path, const char *method, bool is_secured)
{
    if (method[0])
        text_addf(is_secured ? &document->secured : &document->open, "%s %s\n", method, path);
}

/* A document as ours is: paths are indented by two blanks, their methods by four, what is said of these by six. */
static void read_document(struct document *document)
{
    char line[4096], path[200] = "", method[20] = "";
    bool is_secured = false;
    FILE *file = fopen(OPENAPI, "r");
    if (!CHECK(file != NULL))
        return;
    while (fgets(line, sizeof line, file) && strncmp(line, "components:", 11) != 0) {
        size_t indent = strspn(line, " ");
        const char *name = line + indent;
        size_t length = strcspn(name, ":");
        if (indent <= 4 && *name != '#' && *name != '\n') {
            end_operation(document, path, method, is_secured);
            method[0] = '\0';
        }
        if (indent == 2)
            (void)snprintf(path, sizeof path, "%.*s", (int)length, name);
        if (indent == 4) {
            is_secured = false;
            (void)snprintf(method, sizeof method, "%.*s", (int)length, name);
            for (char *c = method; *c; c++)
                *c = (char)toupper((unsigned char)*c);
        }
        if (indent == 6 && strncmp(name, "security:", 9) == 0)
            is_secured = true;
    }
    end_operation(document, path, method, is_secured);
    (void)fclose(file);
}

static bool has_line(const struct text *text, const char *line)
{
    return strstr(text_get(text), line) != NULL;
}

static void test_callers(void)
{
    struct document document = {0};
    unsigned secured = 0;
    read_document(&document);
    for (const struct http_route *const *table = api_tables; *table; table++)
        for (const struct http_route *route = *table; route->method; route++) {
            if (strcmp(route->method, "*") == 0) /* what no operation of the document names is refused to all */
                continue;
            TEXT_CLEANUP struct text line = {0};
            text_addf(&line, "%s %s\n", route->method, route->pattern);
            char *rest = strstr(line.data, "*}"); /* {key*} is {key} there */
            if (rest)
                memmove(rest, rest + 1, strlen(rest));
            check_case("%s %s", route->method, route->pattern);
            bool is_required = route->needs_caller == HTTP_CALLER_REQUIRED;
            secured += is_required;
            CHECK(has_line(is_required ? &document.secured : &document.open, text_get(&line)));
        }
    check_case("there are such routes");
    CHECK_INT(secured, 8);
    text_release(&document.secured);
    text_release(&document.open);
}

/* What changes something waits for a disk; what needs a caller will ask for sessions. */
static void test_waits(void)
{
    for (const struct http_route *const *table = api_tables; *table; table++)
        for (const struct http_route *route = *table; route->method; route++) {
            bool is_change = strcmp(route->method, "PATCH") == 0 || strcmp(route->method, "DELETE") == 0;
            check_case("%s %s", route->method, route->pattern);
            CHECK(route->needs_caller == HTTP_CALLER_NO || route->run != HTTP_INLINE);
            CHECK(!is_change || route->run == HTTP_POOL || route->run == HTTP_WHOLE);
        }
}

CHECK_MAIN({"a route needs a caller where the document says so", test_callers},
           {"a route that needs a caller or changes something may wait", test_waits})
