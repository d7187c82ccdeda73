/* cloudphotos worker: works on photos that `cloudphotos serve` takes, as another process on the same data folder. */
#include "commands.h"
#include "serve.h"

static int run_worker(int argc, char **argv)
{
    struct serve_settings settings = {.is_worker = true, .workers = WORKERS_BY_CORES};
    return serve_run(&worker_table, &settings, argc, argv);
}

const struct command worker_command = {
    .name = "worker",
    .summary = "works on photos that other processes take",
    .run = run_worker,
};
