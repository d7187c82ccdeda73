/* Which libheif is too old, and that the server's operator is told. */
#include "check.h"
#include "heif_library.h"

#include <string.h>

static void judges_versions(void)
{
    static const struct {
        uint32_t version; /* as in heif_version.h: a byte each, and one of zero */
        const char *says; /* NULL: nothing */
    } rows[] = {
        {0x010f0100,
         "libheif is 1.15.1, and HEIC photos of iOS 18 and later need 1.19: they will be refused as broken."},
        {0x01120200, "libheif is 1.18.2, and "},
        {0x01130000, NULL},
        {0x01170600, NULL},
        {0x02000000, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text why = {0};
        check_case("%08x", (unsigned)rows[i].version);
        heif_library_judge(rows[i].version, &why);
        CHECK(rows[i].says ? strncmp(text_get(&why), rows[i].says, strlen(rows[i].says)) == 0 : why.length == 0);
    }
}

CHECK_MAIN({"a libheif is judged by its version", judges_versions})
