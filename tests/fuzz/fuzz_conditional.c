/* Six headers, a line each (an empty one is absent), against an object whose size is the number of bytes. What is sent
 * always lies within the object. */
#include "conditional.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512], *rest = text;
    const char *headers[6] = {0};
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < 6 && rest; i++) {
        const char *line = strsep(&rest, "\n");
        headers[i] = line[0] ? line : NULL;
    }
    struct conditional_request request = {headers[0], headers[1], headers[2], headers[3], headers[4], headers[5]};
    struct conditional_object object = {"\"abc\"", 784111777, size};
    struct conditional_answer answer = conditional_decide(&request, &object);
    switch (answer.code) {
    case 200:
        assert(answer.offset == 0 && answer.size == size);
        break;
    case 206:
        assert(answer.size > 0 && answer.size <= size && answer.offset <= size - answer.size);
        break;
    default:
        assert(answer.code == 304 || answer.code == 412 || answer.code == 416);
    }
    return 0;
}
