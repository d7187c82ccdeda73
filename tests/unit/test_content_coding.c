/* RFC 9110 12.5.3, a row a rule. */
#include "check.h"
#include "content_coding.h"

#include <stddef.h>

static void test_brotli(void)
{
    static const struct {
        const char *name, *accept_encoding;
        bool takes;
    } rows[] = {
        {"no header", NULL, false},
        {"an empty header", "", false},
        {"Brotli alone", "br", true},
        {"a browser's list", "gzip, deflate, br, zstd", true},
        {"a list without it", "gzip, deflate", false},
        {"a name that begins so", "brotli", false},
        {"a name that ends so", "xbr", false},
        {"in capitals", "BR", true},
        {"with a weight", "gzip;q=1.0, br;q=0.5", true},
        {"with blanks everywhere", " gzip ; q=1 ,\tbr ; q=0.001 ", true},
        {"refused", "gzip, br;q=0", false},
        {"refused at length", "br;q=0.000, *", false},
        {"whatever there is", "*", true},
        {"nothing else than what is named", "*;q=0", false},
        {"named beside a star that refuses", "*;q=0, br", true},
        {"the plain bytes are liked better", "br;q=0.5, identity", false},
        {"the plain bytes are liked less", "br;q=0.5, identity;q=0.3", true},
        {"the plain bytes are refused", "br;q=0.1, identity;q=0", true},
        {"a weight of more than one", "br;q=1.5", false},
        {"a weight of too many places", "br;q=0.1234", false},
        {"a weight that is no number", "br;q=x", false},
        {"a parameter that is no weight", "br;level=1", false},
        {"empty members", ",, br ,,", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s", rows[i].name);
        CHECK_INT(content_coding_takes_brotli(rows[i].accept_encoding), rows[i].takes);
    }
}

CHECK_MAIN({"whether a client takes Brotli", test_brotli})
