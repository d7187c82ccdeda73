/* The sub-commands: one file each, listed in main.c. */
#ifndef COMMANDS_H
#define COMMANDS_H

struct command {
    const char *name;
    const char *summary; /* one line for `cloudphotos --help` */
    /* argv[0] is the sub-command's name. Returns the exit status: 0 fine, 1 failed, 2 bad usage. */
    int (*run)(int argc, char **argv);
};

extern const struct command serve_command, worker_command, fleet_command, admin_command, load_command, simulate_command,
    report_command;

#endif
