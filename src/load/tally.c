#include "tally.h"

#include "latencies_codec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const outcome_names[OUTCOMES] = {
    [OUTCOME_OK] = "ok",           [OUTCOME_STATUS] = "status", [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_CONNECT] = "connect", [OUTCOME_RESET] = "reset",   [OUTCOME_CUT] = "cut",
    [OUTCOME_GARBLED] = "garbled",
};

/* Members of the same meaning in struct and JSON. */
static const struct {
    const char *name;
    size_t offset;
} numbers[] =
    {
        {"started", offsetof(struct tally, started)},
        {"dropped", offsetof(struct tally, dropped)},
        {"bytes", offsetof(struct tally, bytes)},
},
  histograms[] = {
      {"latency", offsetof(struct tally, latency)},
      {"service", offsetof(struct tally, service)},
      {"lag", offsetof(struct tally, lag)},
};
#define COUNT(table)      (sizeof(table) / sizeof(table)[0])
#define MEMBER(tally, at) ((void *)((char *)(tally) + (at)))

const char *outcome_name(enum outcome outcome)
{
    return outcome_names[outcome];
}

void tally_release(struct tally *tally)
{
    latencies_release(&tally->latency);
    latencies_release(&tally->service);
    latencies_release(&tally->lag);
    *tally = (struct tally){0};
}

void tally_clear(struct tally *tally)
{
    struct latencies latency = tally->latency, service = tally->service, lag = tally->lag;
    latencies_clear(&latency);
    latencies_clear(&service);
    latencies_clear(&lag);
    *tally = (struct tally){.latency = latency, .service = service, .lag = lag};
}

void tally_count(struct tally *tally, const struct request_result *result)
{
    tally->outcomes[result->outcome]++;
    tally->bytes += result->bytes;
    bool is_whole = result->outcome == OUTCOME_OK || result->outcome == OUTCOME_STATUS;
    if (is_whole && result->code > 0 && result->code < STATUS_CODES)
        tally->codes[result->code]++;
    if (result->outcome == OUTCOME_OK || result->outcome == OUTCOME_TIMEOUT) {
        latencies_record(&tally->latency, result->done_ns - result->planned_ns);
        latencies_record(&tally->service, result->done_ns - result->sent_ns);
    }
}

void tally_add(struct tally *tally, const struct tally *more)
{
    tally->started += more->started;
    tally->dropped += more->dropped;
    tally->bytes += more->bytes;
    for (size_t i = 0; i < OUTCOMES; i++)
        tally->outcomes[i] += more->outcomes[i];
    for (size_t i = 0; i < STATUS_CODES; i++)
        tally->codes[i] += more->codes[i];
    latencies_add(&tally->latency, &more->latency);
    latencies_add(&tally->service, &more->service);
    latencies_add(&tally->lag, &more->lag);
}

uint64_t tally_ended(const struct tally *tally)
{
    return tally->outcomes[OUTCOME_OK] + tally_failed(tally);
}

uint64_t tally_failed(const struct tally *tally)
{
    uint64_t failed = 0;
    for (size_t i = OUTCOME_OK + 1; i < OUTCOMES; i++)
        failed += tally->outcomes[i];
    return failed;
}

uint64_t tally_unanswered(const struct tally *tally)
{
    return tally_failed(tally) - tally->outcomes[OUTCOME_STATUS];
}

/* ---- JSON ---- */

void tally_add_json(const struct tally *tally, struct text *out)
{
    bool is_first = true;
    for (size_t i = 0; i < COUNT(numbers); i++)
        text_addf(out, "\"%s\":%" PRIu64 ",", numbers[i].name,
                  *(const uint64_t *)((const char *)tally + numbers[i].offset));
    text_addf(out, "\"ok\":%" PRIu64 ",\"failed\":{", tally->outcomes[OUTCOME_OK]);
    for (size_t i = OUTCOME_OK + 1; i < OUTCOMES; i++)
        if (tally->outcomes[i]) {
            text_addf(out, "%s\"%s\":%" PRIu64, is_first ? "" : ",", outcome_names[i], tally->outcomes[i]);
            is_first = false;
        }
    text_add(out, "},\"codes\":{");
    is_first = true;
    for (size_t i = 0; i < STATUS_CODES; i++)
        if (tally->codes[i]) {
            text_addf(out, "%s\"%zu\":%" PRIu64, is_first ? "" : ",", i, tally->codes[i]);
            is_first = false;
        }
    text_addc(out, '}');
    for (size_t i = 0; i < COUNT(histograms); i++) {
        text_addf(out, ",\"%s\":\"", histograms[i].name);
        latencies_encode((const struct latencies *)(const void *)((const char *)tally + histograms[i].offset), out);
        text_addc(out, '"');
    }
}

static bool add_number(const json_t *value, uint64_t *sum)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *sum += (uint64_t)json_integer_value(value);
    return true;
}

static bool read_outcomes(const json_t *failed, struct tally *tally)
{
    size_t known = 0;
    for (size_t i = OUTCOME_OK + 1; i < OUTCOMES; i++) {
        const json_t *value = json_object_get(failed, outcome_names[i]);
        if (value && !add_number(value, &tally->outcomes[i]))
            return false;
        known += value != NULL;
    }
    return json_is_object(failed) && json_object_size(failed) == known;
}

static bool read_codes(json_t *codes, struct tally *tally)
{
    const char *name;
    json_t *value;
    json_object_foreach(codes, name, value)
    {
        char *end;
        long code = strtol(name, &end, 10);
        if (*end || end == name || code <= 0 || code >= STATUS_CODES || !add_number(value, &tally->codes[code]))
            return false;
    }
    return json_is_object(codes);
}

static enum status refuse(const char *member, struct text *why)
{
    text_setf(why, "\"%s\" is missing or malformed", member);
    return STATUS_INVALID;
}

enum status tally_read_json(const json_t *object, struct tally *tally, struct text *why)
{
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (!add_number(json_object_get(object, numbers[i].name), MEMBER(tally, numbers[i].offset)))
            return refuse(numbers[i].name, why);
    if (!add_number(json_object_get(object, "ok"), &tally->outcomes[OUTCOME_OK]))
        return refuse("ok", why);
    if (!read_outcomes(json_object_get(object, "failed"), tally))
        return refuse("failed", why);
    if (!read_codes(json_object_get(object, "codes"), tally))
        return refuse("codes", why);
    for (size_t i = 0; i < COUNT(histograms); i++) {
        const json_t *value = json_object_get(object, histograms[i].name);
        if (!json_is_string(value))
            return refuse(histograms[i].name, why);
        enum status status = latencies_decode(json_string_value(value), json_string_length(value),
                                              MEMBER(tally, histograms[i].offset), why);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
