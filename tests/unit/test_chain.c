/* Markov chains of users: what is read, what is refused with its line, and where the dice lead. */
#include "chain.h"
#include "check.h"
#include "json_line.h"

#include <math.h>

#define STATE_A       "\"a\": {\"request\": {\"path\": \"/a\"}, \"next\": {\"start\": 1}}"
#define CHAIN(states) "{\n\"start\": \"start\",\n\"states\": {\n" states "\n}\n}"

static enum status parse(const char *json, struct arena *arena, struct chain *ret_chain, struct text *why)
{
    return chain_parse("users.json", json, strlen(json), arena, ret_chain, why);
}

static void bad_chains_are_refused_with_the_line(void)
{
    static const struct {
        const char *says, *json, *where, *why;
    } cases[] = {
        {"shares of 0.9 together", CHAIN("\"start\": {\"next\":\n{\"a\": 0.4, \"start\": 0.5}},\n" STATE_A),
         ":4: ", "add up to 0.9"},
        {"shares of 1.1 together", CHAIN("\"start\": {\n\"next\": {\"a\": 0.6,\n\"start\": 0.5}},\n" STATE_A),
         ":5: ", "1.1"},
        {"an unknown state", CHAIN("\"start\": {\"next\": {\n\"b\": 1}},\n" STATE_A), ":5: ", "no state of that name"},
        {"a negative share", CHAIN("\"start\": {\"next\": {\"a\": 2,\n\"start\": -1}},\n" STATE_A), ":4: ", "0 to 1"},
        {"a state that is never left",
         CHAIN("\"start\": {\"next\": {\"a\": 0.5, \"b\": 0.5}},\n" STATE_A ",\n\"b\": {\"next\": {\"b\": 1}}"),
         ":6: ", "no way leads back"},
        {"two states that only know each other",
         CHAIN("\"start\": {\"next\": {\"b\": 1}},\n\"b\": {\"next\": {\"c\": 1, \"start\": 0}},\n\"c\": {\"next\": "
               "{\"b\": 1}}"),
         ":5: ", "no way leads back"},
        {"a start that is never left", CHAIN("\"start\": {\"next\": {\"start\": 1}},\n" STATE_A), ":4: ", "never left"},
        {"no next", CHAIN("\"start\": {},\n" STATE_A), ":4: ", "\"next\""},
        {"no start", "{\n\"states\": {" STATE_A "}}", ":1: ", "\"start\""},
        {"a start that isn't there", "{\n\"start\": \"b\", \"states\": {" STATE_A "}}", ":2: ", "\"start\""},
        {"a slip of the pen", CHAIN("\"start\": {\"next\": {\"a\": 1},\n\"thnik\": \"1s\"},\n" STATE_A),
         ":5: ", "request, keep"},
        {"a path that isn't one",
         CHAIN("\"start\": {\"next\": {\"a\": 1}},\n\"a\": {\"request\": {\"path\": \"a\"}, \"next\": {\"start\": 1}}"),
         ":5: ", "begins with /"},
        {"an unknown variable",
         CHAIN("\"start\": {\"next\": {\"a\": 1}},\n\"a\": {\"request\":\n{\"path\": \"/${id}\"}, \"next\": "
               "{\"start\": 1}}"),
         ":6: ", "${user}"},
        {"a time that isn't one", CHAIN("\"start\": {\"next\": {\"a\": 1}, \"think\": \"soon\"},\n" STATE_A),
         ":4: ", "\"think\""},
        {"half an again", CHAIN("\"start\": {\"next\": {\"a\": 1},\n\"again\": {\"field\": \"x\"}},\n" STATE_A),
         ":5: ", "\"again\""},
        {"no JSON", "{\n\"start\": }", "line 2", "users.json"},
        {"a list", "[]", ":1: ", "a chain is an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ARENA_CLEANUP struct arena arena = {0};
        TEXT_CLEANUP struct text why = {0};
        static struct chain chain;
        check_case("%s", cases[i].says);
        CHECK_INT(parse(cases[i].json, &arena, &chain, &why), STATUS_INVALID);
        if (!CHECK(strstr(text_get(&why), cases[i].where) != NULL)
            || !CHECK(strstr(text_get(&why), cases[i].why) != NULL))
            CHECK_STR(text_get(&why), "");
    }
}

/* Each transition's share of 100,000 steps within its 99.9 % interval; of those that have none, no step. */
static void steps_follow_the_shares(void)
{
    enum { STEPS = 100000 };
    static struct chain chain;
    static unsigned long steps[CHAIN_STATES][CHAIN_STATES], from[CHAIN_STATES];
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    struct dice dice;
    if (!CHECK_INT(chain_parse("original", original_chain_text, original_chain_length, &arena, &chain, &why),
                   STATUS_OK))
        return;
    dice_init(&dice, 20, 26);
    unsigned state = chain.start;
    for (int i = 0; i < STEPS; i++) {
        unsigned next = chain_next(&chain, state, &dice);
        steps[state][next]++;
        from[state]++;
        state = next;
    }
    for (unsigned a = 0; a < chain.count; a++)
        for (unsigned b = 0; b < chain.count; b++) {
            double share = 0, n = (double)from[a];
            for (size_t k = 0; k < chain.states[a].next_count; k++)
                share += chain.states[a].next[k].state == b ? chain.states[a].next[k].share : 0;
            check_case("%s to %s: %g", chain.states[a].name, chain.states[b].name, share);
            CHECK(n > 1000);
            CHECK(fabs((double)steps[a][b] - n * share) <= 3.2905 * sqrt(n * share * (1 - share)) + 1e-9);
        }
}

static unsigned find(const struct chain *chain, const char *name)
{
    for (unsigned i = 0; i < chain->count; i++)
        if (strcmp(chain->states[i].name, name) == 0)
            return i;
    return CHAIN_STATES - 1;
}

static void the_shipped_chain_is_the_originals(void)
{
    static struct chain chain;
    ARENA_CLEANUP struct arena arena = {0};
    TEXT_CLEANUP struct text why = {0};
    CHECK_INT(chain_parse("original", original_chain_text, original_chain_length, &arena, &chain, &why), STATUS_OK);
    const struct chain_state *start = &chain.states[chain.start],
                             *status = &chain.states[find(&chain, "upload status")];
    const struct chain_state *search = &chain.states[find(&chain, "search somebody")];
    CHECK_INT(start->think_ms, 0);
    CHECK_INT(start->next_count, 3);
    CHECK(start->next[0].share == 0.1 && start->next[1].share == 0.2 && start->next[2].share == 0.7);
    CHECK_STR(chain.states[start->next[0].state].name, "upload");
    CHECK_STR(chain.states[start->next[1].state].name, "search nobody");
    CHECK_INT(search->next[0].state, find(&chain, "profile"));
    CHECK(search->next[0].share == 0.8);
    CHECK_INT(search->if_empty, chain.start);
    CHECK_INT(status->again_ms, 5000);
    CHECK_STR(status->again_while, "PENDING");
    CHECK_INT(search->think_ms, 1000);
}

static void lines_are_found(void)
{
    static const char json[] = "{\"a\": [1, {\"b\": \"}\\\"{\"}],\n \"b\": {\"c\": 1,\n \"a\": {\n\"d\": 2}}}";
    static const struct {
        const char *path[3];
        size_t depth, line;
    } cases[] = {{{"a"}, 1, 1},           {{"b"}, 1, 2},      {{"b", "c"}, 2, 2},
                 {{"b", "a", "d"}, 3, 4}, {{"b", "x"}, 2, 2}, {{"d"}, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_INT(json_line_of(json, cases[i].path, cases[i].depth), cases[i].line);
}

CHECK_MAIN({"a bad chain is refused with the line", bad_chains_are_refused_with_the_line},
           {"the shipped chain is the original's", the_shipped_chain_is_the_originals},
           {"after 100,000 steps each transition's share is within its 99.9 % interval", steps_follow_the_shares},
           {"keys are found in a text", lines_are_found})
