/* A fuzz target is one file with this one function. It feeds the bytes to a parser and asserts what must hold whatever
 * they are; a crash, a report of a sanitizer or a failed assert is a find. Always returns 0. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
