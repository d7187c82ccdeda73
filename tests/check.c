#include "check.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LABEL_SIZE = 400 };

static struct {
    const char *test;
    char label[LABEL_SIZE]; /* of the case; "" while a test has none */
    char skipped[LABEL_SIZE];
    bool failed;
    unsigned number, failures, cases;
} running;

static void report(void)
{
    if (running.label[0] == '\0' && running.cases)
        return;
    printf("%s %u - %s%s%s", running.failed ? "not ok" : "ok", ++running.number, running.test,
           running.label[0] ? ": " : "", running.label);
    if (running.skipped[0])
        printf(" # SKIP %s", running.skipped);
    printf("\n");
    (void)fflush(stdout);
    running.failures += running.failed;
    running.failed = false;
    running.skipped[0] = running.label[0] = '\0';
}

void check_case(const char *format, ...)
{
    if (running.cases || running.failed)
        report();
    running.cases++;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(running.label, sizeof running.label, format, arguments);
    va_end(arguments);
    for (char *c = running.label; *c; c++)
        if (*c == '\n' || *c == '#')
            *c = ' ';
}

void check_skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(running.skipped, sizeof running.skipped, format, arguments);
    va_end(arguments);
}

bool check_true(bool held, const char *expression, const char *file, int line)
{
    if (!held) {
        running.failed = true;
        printf("# %s:%d: not true: %s\n", file, line, expression);
    }
    return held;
}

bool check_integer(long long actual, long long expected, const char *expression, const char *file, int line)
{
    if (actual != expected) {
        running.failed = true;
        printf("# %s:%d: %s is %lld, not %lld\n", file, line, expression, actual, expected);
    }
    return actual == expected;
}

bool check_string(const char *actual, const char *expected, const char *expression, const char *file, int line)
{
    bool held = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;
    if (!held) {
        running.failed = true;
        printf("# %s:%d: %s is \"%s\", not \"%s\"\n", file, line, expression, actual ? actual : "(null)",
               expected ? expected : "(null)");
    }
    return held;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static char folder[64];
static pid_t folder_owner;

static void remove_folder(void)
{
    if (folder_owner == getpid()) /* a forked child leaves it to its parent */
        (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *check_folder(void)
{
    static unsigned count;
    static char path[96];
    if (!folder[0]) {
        (void)snprintf(folder, sizeof folder, "/tmp/cloudphotos-test-XXXXXX");
        if (!mkdtemp(folder))
            abort();
        folder_owner = getpid();
        (void)atexit(remove_folder);
    }
    (void)snprintf(path, sizeof path, "%s/%u", folder, ++count);
    if (mkdir(path, 0700) != 0)
        abort();
    return path;
}

static bool is_selected(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]))
            return true;
    return argc < 2;
}

int check_main(const struct check_test *tests, size_t count, int argc, char **argv)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_selected(tests[i].name, argc, argv))
            continue;
        running.test = tests[i].name;
        running.cases = 0;
        tests[i].run();
        report();
    }
    printf("1..%u\n", running.number);
    return running.failures > 0;
}
