/* What the owner of a refused photo reads: always a sentence of the table, whatever was the cause. */
#include "check.h"
#include "reasons.h"
#include "refusal.h"

static void test_labels(void)
{
    static const struct {
        const char *name, *parent;
        double confidence;
        const char *sentence;
    } rows[] = {
        {"Weapons", "Violence", 94.4, "Not published: this photo appears to show a weapon (94% confidence)."},
        {"Weapon Violence", "Violence", 50, "Not published: this photo appears to show a weapon (50% confidence)."},
        {"Graphic Violence", "Violence", 81,
         "Not published: this photo appears to show an injury or violence (81% confidence)."},
        {"Blood & Gore", "Graphic Violence", 66,
         "Not published: this photo appears to show an injury or violence (66% confidence)."},
        {"Explicit Nudity", "Explicit", 99.6, "Not published: this photo appears to show nudity (100% confidence)."},
        {"Exposed Female Nipple", "Explicit Nudity", 87.5,
         "Not published: this photo appears to show nudity (88% confidence)."},
        {"Sex Toys", "Explicit", 60, "Not published: this photo appears to show \"Sex Toys\" (60% confidence)."},
        {"Drugs & Tobacco", "", 70, "Not published: this photo appears to show \"Drugs & Tobacco\" (70% confidence)."},
        {"Unseen Frames", "", 100,
         "Not published: this animation has too many different frames to check. Send a shorter one."},
        {"Kittens", "Animals", 51, "Not published: this photo appears to show \"Kittens\" (51% confidence)."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEXT_CLEANUP struct text sentence = {0};
        struct moderation_label label =
            moderation_label_make(rows[i].name, rows[i].parent, rows[i].confidence, MODERATION_REFUSE);
        struct reason_found found;
        refusal_of_label(&sentence, &label);
        CHECK_STR(text_get(&sentence), rows[i].sentence);
        CHECK(reason_find(text_get(&sentence), &found));
    }
}

static void test_failures(void)
{
    static const char incomplete[] = "This JPEG is incomplete. Export or copy it again.";
    static const struct {
        const char *error, *cause, *code;
    } rows[] = {
        {"Photo.Broken", incomplete, "image-incomplete"},
        {"Darkroom.Crashed", incomplete, "image-incomplete"},
        {"Moderation.Refused", "Not published: this photo appears to show a weapon (94% confidence).", "shows-weapon"},
        {"Photo.Broken", "The PNG is broken: libpng read error.", "image-unreadable"},
        {"Photo.Unsupported", "", "image-unreadable"},
        {"Photo.Gone", "There is no object 0123 in the bucket originals.", "server-lost-file"},
        {"Darkroom.Crashed", "The process that developed the photo ended by signal 31 (Bad system call).",
         "image-crashes"},
        {"Darkroom.Timeout", "The photo took longer than 20 seconds to be developed.", "image-needs-time"},
        {"Moderation.Refused", "Refused: Weapons, 94 % sure", "refused-by-reviewer"},
        {"Storage.NoSpace", "The disk that holds the folder /srv is full.", "server-gave-up"},
        {"Task.Lost", "", "server-gave-up"},
        {"Moderation.Crashed", "", "moderation-failed"},
        {"", "", "server-gave-up"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s: %s", rows[i].error, rows[i].cause);
        TEXT_CLEANUP struct text sentence = {0};
        struct reason_found found;
        refusal_of_failure(&sentence, rows[i].error, rows[i].cause);
        CHECK(reason_find(text_get(&sentence), &found));
        CHECK_STR(reason_code(found.reason), rows[i].code);
    }
}

CHECK_MAIN({"a label is told in words, with how sure that is", test_labels},
           {"a failure is told in words of the table", test_failures})
