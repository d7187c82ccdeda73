/* What a worker of the darkroom may say about a photo that is to be inspected: nothing that would let it be published
 * unseen. */
#include "check.h"
#include "darkroom_lies.h"
#include "image_fixture.h"

#include <unistd.h>

static void test_lies(void)
{
    struct darkroom_settings settings = fixture_settings();
    settings.program = DARKROOM_LIAR;
    struct darkroom *darkroom = fixture_open(&settings);
    struct bytes original = sample_read("plain.png");
    int from = memory_file(original.data, original.size), to = memory_file(NULL, 0);
    for (uint32_t i = 0; i < DARKROOM_LIES; i++) {
        const struct darkroom_view_request request = {.short_side = LIE_SIDE,
                                                      .long_side = LIE_SIDE,
                                                      .frames = LIE_FRAMES,
                                                      .jpegs = darkroom_lies[i].is_of_jpegs ? LIE_JPEGS : 0,
                                                      .jpeg_bytes = LIE_BYTES,
                                                      .jpeg_least_side = i};
        struct darkroom_view view = {0};
        TEXT_CLEANUP struct text why = {0};
        check_case("%s: %s", darkroom_lies[i].name,
                   darkroom_lies[i].is_taken ? "taken" : "as if the worker had crashed");
        CHECK_INT(darkroom_inspect(darkroom, &(struct darkroom_original){.file = from}, &request, to, -1, &view, &why),
                  darkroom_lies[i].is_taken ? STATUS_OK : STATUS_CRASHED);
        CHECK((why.length == 0) == darkroom_lies[i].is_taken);
        CHECK_INT(view.frames, darkroom_lies[i].is_taken ? darkroom_lies[i].view.frames : 0);
    }
    close(from);
    close(to);
    bytes_release(&original);
    darkroom_close(darkroom);
}

CHECK_MAIN({"a view is taken only if it shows something, and no more than was asked for", test_lies})
