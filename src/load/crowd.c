#include "crowd.h"

#include "clock.h"
#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ARRIVE_MS = 1000, /* those who come at the same time come within that */ WAKES_IN_A_ROW = 64 };

struct user {
    unsigned number, state;
    unsigned name, somebody; /* among the names */
    bool is_here;
    int64_t wake_ns;
    char *kept; /* what the answer's field held */
    struct text head, body;
    struct request request;
};

struct crowd {
    const struct crowd_settings *settings;
    struct engine *engine;
    struct tally *tallies;
    struct dice dice;
    struct user *users;
    unsigned user_count;   /* the most that there are ever */
    unsigned wanted, here; /* now */
    struct user **heap;    /* those who think, by when they have thought */
    unsigned heap_count;
    uint64_t photo_turn;
    int64_t begin_ns, last_done_ns;
};

/* ---- Who wakes next: a binary heap ---- */

static void push(struct crowd *crowd, struct user *user, int64_t wake_ns)
{
    unsigned at = crowd->heap_count++;
    user->wake_ns = wake_ns;
    for (unsigned parent; at > 0 && crowd->heap[parent = (at - 1) / 2]->wake_ns > wake_ns; at = parent)
        crowd->heap[at] = crowd->heap[parent];
    crowd->heap[at] = user;
}

static struct user *pop(struct crowd *crowd)
{
    struct user *first = crowd->heap[0], *last = crowd->heap[--crowd->heap_count];
    unsigned at = 0;
    for (unsigned child; (child = 2 * at + 1) < crowd->heap_count; at = child) {
        if (child + 1 < crowd->heap_count && crowd->heap[child + 1]->wake_ns < crowd->heap[child]->wake_ns)
            child++;
        if (crowd->heap[child]->wake_ns >= last->wake_ns)
            break;
        crowd->heap[at] = crowd->heap[child];
    }
    if (crowd->heap_count > 0)
        crowd->heap[at] = last;
    return first;
}

/* ---- Requests ---- */

static void add_nobody(struct crowd *crowd, struct text *out)
{
    text_addf(out, "%s%08x", crowd->settings->nobody, (unsigned)(dice_bits(&crowd->dice) >> 32));
}

static void expand(struct crowd *crowd, const struct user *user, const char *template, struct text *out)
{
    for (const char *at; (at = strstr(template, "${")); template = strchr(at, '}') + 1) {
        text_append(out, template, (size_t)(at - template));
        if (strncmp(at, "${user}", 7) == 0)
            text_add(out, crowd->settings->names[user->name]);
        else if (strncmp(at, "${somebody}", 11) == 0)
            text_add(out, crowd->settings->names[user->somebody]);
        else if (strncmp(at, "${nobody}", 9) == 0)
            add_nobody(crowd, out);
        else if (user->kept)
            text_add(out, user->kept);
    }
    text_add(out, template);
}

static const struct request_body *choose_photo(struct crowd *crowd, unsigned state)
{
    const struct request_bodies *bodies = &crowd->settings->photos[state];
    return bodies->count ? &bodies->rows[crowd->photo_turn++ % bodies->count] : NULL;
}

static void build(struct crowd *crowd, struct user *user)
{
    const struct chain_request *template = &crowd->settings->chain->states[user->state].request;
    const struct request_body *photo = choose_photo(crowd, user->state);
    struct text headers[CHAIN_HEADERS] = {0};
    TEXT_CLEANUP struct text path = {0};
    const char *lines[CHAIN_HEADERS];
    struct request_form form = {.method = template->method, .headers = lines, .header_count = template->header_count};
    expand(crowd, user, template->path, &path);
    for (size_t i = 0; i < template->header_count; i++) {
        text_addf(&headers[i], "%s: ", template->headers[i].name);
        expand(crowd, user, template->headers[i].value, &headers[i]);
        lines[i] = text_get(&headers[i]);
    }
    form.content_type = photo ? crowd->settings->photos[user->state].content_type : NULL;
    text_clear(&user->head);
    text_clear(&user->body);
    if (template->body)
        expand(crowd, user, template->body, &user->body);
    size_t body_length = photo ? photo->length : user->body.length;
    request_add_head(&form, crowd->settings->target, text_get(&path), body_length, &user->head);
    user->request = (struct request){
        .target = crowd->settings->target,
        .head = user->head.data,
        .head_length = user->head.length,
        .body = photo ? photo->data : user->body.data,
        .body_length = body_length,
        .is_head = strcmp(template->method, "HEAD") == 0,
    };
    for (size_t i = 0; i < template->header_count; i++)
        text_release(&headers[i]);
}

/* ---- Ways through the chain ---- */

static void enter(struct crowd *crowd, struct user *user, unsigned state, int64_t think_ms)
{
    user->state = state;
    push(crowd, user, clock_monotonic_ns() + think_ms * 1000000);
}

static void enter_next(struct crowd *crowd, struct user *user, unsigned state)
{
    if (state == crowd->settings->chain->start)
        user->somebody = (unsigned)dice_below(&crowd->dice, crowd->settings->name_count);
    enter(crowd, user, state, crowd->settings->chain->states[state].think_ms);
}

static void keep_field(struct user *user, const struct chain_state *state, const json_t *answer)
{
    const char *value = json_string_value(json_object_get(answer, state->keep));
    bool is_safe = value && !strpbrk(value, " \t\r\n"); /* it goes into paths and headers */
    free(user->kept);
    user->kept = memory_copy_string(is_safe ? value : "");
}

/* What comes after an answer of 200. */
static void go_on(struct crowd *crowd, struct user *user, const struct text *body)
{
    const struct chain_state *state = &crowd->settings->chain->states[user->state];
    bool reads = state->keep || state->again_field || state->if_empty >= 0;
    JSON_CLEANUP json_t *answer = reads && body->length ? json_loadb(body->data, body->length, 0, NULL) : NULL;
    if (state->keep)
        keep_field(user, state, answer);
    const char *value = state->again_field ? json_string_value(json_object_get(answer, state->again_field)) : NULL;
    if (value && strcmp(value, state->again_while) == 0)
        enter(crowd, user, user->state, state->again_ms);
    else if (state->if_empty >= 0 && json_is_array(answer) && json_array_size(answer) == 0)
        enter_next(crowd, user, (unsigned)state->if_empty);
    else
        enter_next(crowd, user, chain_next(crowd->settings->chain, user->state, &crowd->dice));
}

static void handle_done(void *context, void *data, const struct request_result *result, const struct text *body)
{
    struct crowd *crowd = context;
    struct user *user = data;
    crowd->last_done_ns = result->done_ns;
    tally_count(&crowd->tallies[user->state], result);
    if (result->outcome == OUTCOME_OK)
        go_on(crowd, user, body);
    else
        enter_next(crowd, user, crowd->settings->chain->start);
}

static void wake(struct crowd *crowd, struct user *user)
{
    const struct chain_state *state = &crowd->settings->chain->states[user->state];
    struct tally *tally = &crowd->tallies[user->state];
    int64_t sent_ns;
    if (user->number >= crowd->wanted) { /* goes home */
        user->is_here = false;
        crowd->here--;
        return;
    }
    if (!state->has_request) {
        enter_next(crowd, user, chain_next(crowd->settings->chain, user->state, &crowd->dice));
        return;
    }
    build(crowd, user);
    unsigned number = user->state;
    if (engine_start(crowd->engine, &user->request, user->wake_ns, user, &sent_ns) != STATUS_OK) {
        tally->dropped++;
        enter(crowd, user, crowd->settings->chain->start, ARRIVE_MS);
        return;
    }
    crowd->tallies[number].started++;
    latencies_record(&crowd->tallies[number].lag, sent_ns - user->wake_ns);
}

/* As many users as the schedule wants; who is too many goes when awake. */
static void invite(struct crowd *crowd, unsigned wanted)
{
    crowd->wanted = wanted;
    for (unsigned i = 0; i < wanted; i++) {
        struct user *user = &crowd->users[i];
        if (user->is_here)
            continue;
        user->is_here = true;
        crowd->here++;
        user->number = i;
        user->name = i % (unsigned)crowd->settings->name_count;
        user->somebody = (unsigned)dice_below(&crowd->dice, crowd->settings->name_count);
        enter(crowd, user, crowd->settings->chain->start, (int64_t)dice_below(&crowd->dice, ARRIVE_MS));
    }
}

/* ---- The run ---- */

static void wake_due(struct crowd *crowd)
{
    int64_t now = clock_monotonic_ns();
    for (int i = 0; i < WAKES_IN_A_ROW && crowd->heap_count > 0 && crowd->heap[0]->wake_ns <= now; i++)
        wake(crowd, pop(crowd));
}

static void end_interval(struct crowd *crowd, const struct crowd_hooks *hooks, int64_t *index)
{
    hooks->interval(hooks->context, (*index)++, crowd->tallies, crowd->here);
    for (size_t i = 0; i < crowd->settings->chain->count; i++)
        tally_clear(&crowd->tallies[i]);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How often it looks how many users are wanted, and whether to stop. */
static const int64_t look_ns = 100000000;

static void live(struct crowd *crowd, const struct crowd_hooks *hooks)
{
    const struct crowd_settings *settings = crowd->settings;
    int64_t end_ns = crowd->begin_ns + (int64_t)(schedule_length(settings->users) * 1e9);
    int64_t interval_end = crowd->begin_ns + settings->interval_ns, index = 0, look_at = 0;
    bool is_over = false;
    while (!is_over || engine_busy(crowd->engine) > 0) {
        int64_t now = clock_monotonic_ns();
        is_over = is_over || now >= end_ns || hooks->should_stop(hooks->context);
        if (!is_over && now >= look_at) {
            look_at = now + look_ns;
            invite(crowd, (unsigned)lround(schedule_value(settings->users, (double)(now - crowd->begin_ns) / 1e9)));
        }
        if (!is_over)
            wake_due(crowd);
        for (; clock_monotonic_ns() >= interval_end; interval_end += settings->interval_ns)
            end_interval(crowd, hooks, &index);
        int64_t until = earlier(earlier(interval_end, look_at), end_ns > now ? end_ns : interval_end);
        if (!is_over && crowd->heap_count > 0)
            until = earlier(until, crowd->heap[0]->wake_ns);
        engine_wait(crowd->engine, is_over ? interval_end : until);
    }
    end_interval(crowd, hooks, &index);
}

static double cpu_seconds(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void release(struct crowd *crowd)
{
    engine_free(crowd->engine);
    for (unsigned i = 0; i < crowd->user_count; i++) {
        free(crowd->users[i].kept);
        text_release(&crowd->users[i].head);
        text_release(&crowd->users[i].body);
    }
    for (size_t i = 0; i < crowd->settings->chain->count; i++)
        tally_release(&crowd->tallies[i]);
    free(crowd->tallies);
    free(crowd->users);
    free(crowd->heap);
}

enum status crowd_run(const struct crowd_settings *settings, const struct crowd_hooks *hooks,
                      struct crowd_outcome *ret_outcome, struct text *why)
{
    unsigned most = (unsigned)ceil(schedule_highest(settings->users));
    double cpu_before = cpu_seconds();
    struct crowd crowd = {
        .settings = settings,
        .tallies = NEW_ARRAY(settings->chain->count, struct tally),
        .users = NEW_ARRAY(most, struct user),
        .user_count = most,
        .heap = NEW_ARRAY(most, struct user *),
    };
    const struct engine_settings engine = {.timeout_ns = settings->timeout_ns,
                                           .connections = settings->connections,
                                           .places = 1,
                                           .keeps_bodies = true,
                                           .done = handle_done,
                                           .context = &crowd};
    dice_init(&crowd.dice, settings->seed, 0);
    crowd.engine = engine_new(&engine);
    if (crowd.engine) {
        crowd.begin_ns = crowd.last_done_ns = clock_monotonic_ns();
        live(&crowd, hooks);
        *ret_outcome = (struct crowd_outcome){.elapsed_s = (double)(crowd.last_done_ns - crowd.begin_ns) / 1e9,
                                              .cpu_s = cpu_seconds() - cpu_before};
    } else {
        text_setf(why, "there are too few file descriptors for a simulation");
    }
    enum status status = crowd.engine ? STATUS_OK : STATUS_UNAVAILABLE;
    release(&crowd);
    return status;
}
