/* cloudphotos: finds the sub-command and runs it. */
#include "commands.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {&serve_command, &worker_command,   &fleet_command, &admin_command,
                                                 &load_command,  &simulate_command, &report_command};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out)
{
    (void)fprintf(out, "cloudphotos %s: a photo-sharing server\n\nUsage: cloudphotos COMMAND [OPTIONS]\n\nCommands:\n",
                  CLOUDPHOTOS_VERSION);
    for (size_t i = 0; i < COMMANDS; i++)
        (void)fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    (void)fprintf(out, "\nRun `cloudphotos COMMAND --help` for the options of a command.\n");
}

static bool is_word(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    if (is_word(argv[1], "--help", "-h") || is_word(argv[1], "help", "help")) {
        print_help(stdout);
        return 0;
    }
    if (is_word(argv[1], "--version", "version")) {
        printf("cloudphotos %s\n", CLOUDPHOTOS_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, argv[1]) == 0)
            return commands[i]->run(argc - 1, argv + 1);
    (void)fprintf(stderr, "cloudphotos: there is no command \"%s\" (see cloudphotos --help)\n", argv[1]);
    return 2;
}
