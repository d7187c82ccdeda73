/* Something that can't be reached: who tries, and for how long. */
#include "check.h"
#include "clock.h"
#include "outage.h"

enum { PATIENCE_MS = 1000 };
static const int64_t MS_NS = 1000000;

/* From now on; rounded, because time goes on meanwhile. */
static int64_t patience_ms(struct outage *outage)
{
    return (outage_patience(outage) - clock_monotonic_ns() + 50 * MS_NS) / (100 * MS_NS) * 100;
}

static void test_patience(void)
{
    struct outage outage;
    bool is_probe = true;
    outage_init(&outage, PATIENCE_MS);
    check_case("without one, each may try for as long as patience lasts");
    CHECK_INT(patience_ms(&outage), PATIENCE_MS);
    CHECK(outage_may_try(&outage, &is_probe) && !is_probe);
    check_case("in one, what the others have waited counts");
    outage_note(&outage, false, false, clock_monotonic_ns() - 600 * MS_NS);
    outage_note(&outage, false, false, clock_monotonic_ns());
    CHECK_INT(patience_ms(&outage), 400);
    CHECK(outage_may_try(&outage, &is_probe) && !is_probe);
    check_case("it ends when somebody reaches it");
    outage_note(&outage, true, false, clock_monotonic_ns());
    CHECK_INT(patience_ms(&outage), PATIENCE_MS);
    outage_release(&outage);
}

static void test_probes(void)
{
    struct outage outage;
    bool is_probe = false, is_second = true;
    outage_init(&outage, PATIENCE_MS);
    outage_note(&outage, false, false, clock_monotonic_ns() - 2 * PATIENCE_MS * MS_NS);
    check_case("in a long one, one tries, and the next one waits a moment for what he finds");
    CHECK(outage_patience(&outage) < clock_monotonic_ns());
    CHECK(outage_may_try(&outage, &is_probe) && is_probe);
    int64_t begun_ns = clock_monotonic_ns();
    CHECK(!outage_may_try(&outage, &is_second) && !is_second);
    CHECK(clock_monotonic_ns() - begun_ns >= 100 * MS_NS);
    check_case("then another may");
    outage_note(&outage, false, is_probe, clock_monotonic_ns());
    CHECK(outage_may_try(&outage, &is_probe) && is_probe);
    check_case("and all, when he has reached it");
    outage_note(&outage, true, is_probe, clock_monotonic_ns());
    CHECK(outage_may_try(&outage, &is_probe) && !is_probe);
    CHECK(outage_may_try(&outage, &is_probe) && !is_probe);
    outage_release(&outage);
}

CHECK_MAIN({"how long is tried", test_patience}, {"who tries", test_probes})
