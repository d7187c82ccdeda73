/* The frame of every test program in C. A program is a list of tests; a test that walks a table opens a case a row.
 * Output is TAP (testanything.org): one line a test, or a case where a test has cases. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct check_test {
    const char *name; /* the behaviour: "a prefix finds names in byte order" */
    void (*run)(void);
};

/* With words on the command line, only tests whose name contains one of them. Returns the exit status. */
int check_main(const struct check_test *tests, size_t count, int argc, char **argv);
#define CHECK_MAIN(...)                                                                                                \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        static const struct check_test tests[] = {__VA_ARGS__};                                                        \
        return check_main(tests, sizeof tests / sizeof tests[0], argc, argv);                                          \
    }

/* Begins a case of the running test; the one before ends here. */
void check_case(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Marks the running case (or test) as skipped, with the reason. */
void check_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A failed check is printed and counted; the test goes on. Each returns whether it held. */
bool check_true(bool held, const char *expression, const char *file, int line);
bool check_integer(long long actual, long long expected, const char *expression, const char *file, int line);
bool check_string(const char *actual, const char *expected, const char *expression, const char *file, int line);

#define CHECK(condition)         check_true((condition), #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, value) check_integer((long long)(actual), (long long)(value), #actual, __FILE__, __LINE__)
#define CHECK_STR(actual, value) check_string((actual), (value), #actual, __FILE__, __LINE__)

/* A new empty folder that is removed, with all in it, when the program ends. Static. */
const char *check_folder(void);

#endif
