/* A photo is probed when it is uploaded. What was found goes on with its execution, for whoever decodes it. */
#include "check.h"
#include "image_fixture.h"
#include "image_record.h"
#include "tasks.h"
#include "upload.h"

#include <stdio.h>
#include <unistd.h>

enum { SIDE_LESS = 299 };

static const struct image_limits limits = {.pixels = 1 << 20, .frames = 10};

/* The input of the execution that an upload of this file has made. */
static json_t *upload(const struct bytes *file)
{
    char store_address[200], blob_address[200];
    ARENA_CLEANUP struct arena arena = {0};
    struct store *store;
    struct blob *blob;
    struct uploads *uploads;
    struct upload *upload;
    struct photo photo;
    struct execution execution;
    JSON_CLEANUP json_t *data = NULL;
    (void)snprintf(store_address, sizeof store_address, "sqlite:%s/photos.db", check_folder());
    (void)snprintf(blob_address, sizeof blob_address, "file:%s/buckets", check_folder());
    CHECK_INT(store_open(store_address, &store, NULL), STATUS_OK);
    CHECK_INT(blob_open(blob_address, BLOB_OWN, &blob, NULL), STATUS_OK);
    const struct uploads_settings settings = {.store = store, .blob = blob, .max_upload = 1 << 20, .limits = limits};
    const struct photo_description nothing = {0};
    CHECK_INT(uploads_open(&settings, &uploads, NULL), STATUS_OK);
    CHECK_INT(upload_begin(uploads, "anna", NULL, &upload, NULL), STATUS_OK);
    CHECK_INT(upload_write(upload, (const char *)file->data, file->size, NULL), STATUS_OK);
    CHECK_INT(upload_finish(upload, &nothing, &arena, &photo, NULL), STATUS_OK);
    CHECK_INT(store_execution_get(store, &photo.id, &arena, &execution, NULL), STATUS_OK);
    CHECK_INT(json_parse(execution.data, strlen(execution.data), &data, NULL), STATUS_OK);
    uploads_close(uploads);
    blob_close(blob);
    store_close(store);
    return json_incref(json_object_get(data, "input"));
}

static enum status find(const json_t *input, const struct bytes *file, uint32_t side, struct image_info *ret_info)
{
    const struct task_call call = {.input = input};
    struct tasks tasks = {.limits = limits};
    tasks.limits.side = side;
    struct blob_object original = {.fd = memory_file(file->data, file->size), .size = file->size};
    enum status status = task_find_image(&tasks, &call, &original, ret_info, NULL);
    close(original.fd);
    return status;
}

/* Bytes that no prober takes: whoever finds an image in them hasn't looked. */
static void test_record(void)
{
    static const struct {
        const char *name, *changes; /* of the record, or of its part; NULL: there is no record */
        bool is_of_part;
        uint32_t side;
        enum status status;
    } rows[] = {
        {"as it was uploaded", "{}", false, 0, STATUS_OK},
        {"over a limit that was lowered since", "{}", false, SIDE_LESS, STATUS_TOO_LARGE},
        {"without a record", NULL, false, 0, STATUS_UNSUPPORTED},
        {"of other probers", "{\"version\": 0}", false, 0, STATUS_UNSUPPORTED},
        {"of a file of another size", "{\"bytes\": 17}", false, 0, STATUS_UNSUPPORTED},
        {"of an unknown format", "{\"format\": \"bmp\"}", false, 0, STATUS_UNSUPPORTED},
        {"without a width", "{\"width\": null}", false, 0, STATUS_UNSUPPORTED},
        {"with a negative height", "{\"height\": -200}", false, 0, STATUS_UNSUPPORTED},
        {"with a width beyond its type", "{\"width\": 4294967596}", false, 0, STATUS_UNSUPPORTED},
        {"without frames", "{\"frames\": 0}", false, 0, STATUS_UNSUPPORTED},
        {"without a part", "{\"part\": 1}", false, 0, STATUS_UNSUPPORTED},
        {"with a part that ends behind the file", "{\"offset\": 1}", true, 0, STATUS_UNSUPPORTED},
        {"with a part that begins behind the file", "{\"offset\": 99999999}", true, 0, STATUS_UNSUPPORTED},
        {"with a ninth orientation", "{\"orientation\": 9}", true, 0, STATUS_UNSUPPORTED},
        {"that doesn't say whether it is tidy", "{\"untidy\": 0}", true, 0, STATUS_UNSUPPORTED},
    };
    struct bytes file = sample_read("plain.jpg"), others = bytes_copy(&file);
    JSON_CLEANUP json_t *input = upload(&file);
    struct image_info expected = {0};
    memset(others.data, ' ', others.size);
    CHECK_INT(find(NULL, &file, 0, &expected), STATUS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("a photo %s", rows[i].name);
        JSON_CLEANUP json_t *changed = json_deep_copy(input);
        JSON_CLEANUP json_t *changes = json_loads(rows[i].changes ? rows[i].changes : "{}", 0, NULL);
        json_t *record = json_object_get(changed, "image");
        struct image_info info = {0};
        CHECK_INT(json_object_update(rows[i].is_of_part ? json_object_get(record, "part") : record, changes), 0);
        if (!rows[i].changes)
            (void)json_object_del(changed, "image");
        CHECK_INT(find(changed, &others, rows[i].side, &info), rows[i].status);
        if (rows[i].status != STATUS_OK)
            continue;
        CHECK(info.format == IMAGE_JPEG && info.width == expected.width && info.height == expected.height);
        CHECK(info.frames == 1);
        CHECK(info.memory == expected.memory && info.work_ms == expected.work_ms);
        CHECK(info.part.format == IMAGE_JPEG && info.part.offset == 0 && info.part.bytes == file.size);
    }
    bytes_release(&file);
    bytes_release(&others);
}

/* Every member comes back: those of a raw photo's part, too, which an ordinary upload leaves alone. */
static void test_members(void)
{
    const struct image_info raw = {
        .format = IMAGE_RAW,
        .width = 6000,
        .height = 4000,
        .frames = 3,
        .part = {.format = IMAGE_JPEG, .offset = 4096, .bytes = 5000, .orientation = 6, .is_untidy = true},
        .memory = UINT64_C(5) << 30,
        .work_ms = 1234,
    };
    struct image_info read = {0};
    JSON_CLEANUP json_t *record = image_record_make(&raw, 10000);
    CHECK(image_record_read(record, 10000, &read));
    CHECK(read.format == raw.format && read.width == raw.width && read.height == raw.height);
    CHECK(read.frames == raw.frames && read.memory == raw.memory && read.work_ms == raw.work_ms);
    CHECK(read.part.format == raw.part.format && read.part.offset == raw.part.offset);
    CHECK(read.part.bytes == raw.part.bytes && read.part.orientation == raw.part.orientation && read.part.is_untidy);
}

/* The darkroom, too, goes by what it is told: here of a photo that lies on its side. */
static void test_darkroom(void)
{
    static const struct {
        const char *name;
        uint32_t orientation, width, height;
    } rows[] = {{"nothing", 0, 300, 200}, {"another orientation", 6, 200, 300}};
    const struct darkroom_view_request request = {.short_side = 200, .long_side = 1000, .frames = 1};
    struct darkroom_settings settings = fixture_settings();
    struct darkroom *darkroom = fixture_open(&settings);
    struct bytes file = sample_read("plain.jpg");
    struct image_info info = {0};
    int from = memory_file(file.data, file.size), to = memory_file(NULL, 0);
    CHECK_INT(image_probe(from, file.size, &limits, &info, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case("%s is known of the original", rows[i].name);
        struct darkroom_view view = {0};
        info.part.orientation = rows[i].orientation;
        const struct darkroom_original original = {from, rows[i].orientation ? &info : NULL};
        CHECK_INT(darkroom_inspect(darkroom, &original, &request, to, -1, &view, NULL), STATUS_OK);
        CHECK(view.width == rows[i].width && view.height == rows[i].height);
    }
    close(from);
    close(to);
    bytes_release(&file);
    darkroom_close(darkroom);
}

CHECK_MAIN({"what an upload has found isn't looked for again, unless that doesn't hold", test_record},
           {"a record has all that a decoder needs", test_members},
           {"a darkroom goes by what is known of a file", test_darkroom})
