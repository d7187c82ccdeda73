/* The heap of a program whose processes work in a pool: malloc(3), its relatives and pthread_create(3), which the
 * program and all its libraries call. They are the C library's, but for one thing: in a worker an allocation that is
 * refused, be it a thread's stack, ends the process with WORKER_EXIT_MEMORY.
 *
 * Decoders meet a refused allocation in many ways: an error of their own, whose words differ, a C++ exception that
 * becomes abort(3), a NULL that nobody looked at. Seen from here, it is always the same: the photo needs more memory
 * than is allowed. */
#ifndef HEAP_H
#define HEAP_H

/* From now on a refused allocation ends this process. All threads share one heap, because heaps of their own would each
 * take 64 MB of the address space that the limit is on. Nothing of it under a sanitizer, which brings its own heap and
 * has no limit. */
void heap_enter(void);

#endif
