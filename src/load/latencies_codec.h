/* Histograms as text: HdrHistogram's V2 compressed encoding (zlib) in base64, and logs of them (format version 1.3),
 * which its tools in other languages read. */
#ifndef LATENCIES_CODEC_H
#define LATENCIES_CODEC_H

#include "latencies.h"
#include "status.h"
#include "text.h"

#include <stddef.h>

/* Appends the base64 form. */
void latencies_encode(const struct latencies *latencies, struct text *out);
/* Adds what the base64 form holds to `latencies`. INVALID with a reason when it isn't one, has other limits or another
 * precision than ours, or is damaged; then nothing was added. */
enum status latencies_decode(const char *encoded, size_t length, struct latencies *latencies, struct text *why);

/* The head of a log that began at that moment, and one of its lines: an interval as seconds since then. */
void latencies_log_begin(struct text *out, int64_t begin_ms);
void latencies_log_add(struct text *out, double at_s, double length_s, const struct latencies *latencies);

#endif
