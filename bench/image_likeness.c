/* image_likeness: each line on standard input, "ORIGINAL<tab>WEBP", is answered by the mean structural similarity of
 * the WebP to the original shrunk to its size. */
#include "image_ssim.h"

#include <stdio.h>
#include <string.h>
#include <vips/vips.h>

int main(int argc, char **argv)
{
    static char line[16384];
    if (argc != 1 || VIPS_INIT(argv[0]))
        return 2;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *webp = line;
        const char *original = strsep(&webp, "\t");
        if (!webp)
            return 2;
        struct luma developed = luma_read(webp, NULL), best = luma_read(original, &developed);
        (void)printf("%.6f\n", luma_compare(&developed, &best));
        (void)fflush(stdout);
        luma_release(&developed);
        luma_release(&best);
    }
    vips_shutdown();
    return 0;
}
