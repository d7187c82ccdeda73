#include "digest.h"

#include <assert.h>
#include <openssl/evp.h>

/* OpenSSL fails here only for want of memory, which ends the process elsewhere too. */
static EVP_MD_CTX *context_of(struct digest *digest)
{
    return (EVP_MD_CTX *)digest;
}

struct digest *digest_new(enum digest_kind kind)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int begun = context && EVP_DigestInit_ex(context, kind == DIGEST_SHA1 ? EVP_sha1() : EVP_sha256(), NULL);
    assert(begun);
    return (struct digest *)context;
}

void digest_free(struct digest *digest)
{
    EVP_MD_CTX_free(context_of(digest));
}

void digest_add(struct digest *digest, const void *bytes, size_t size)
{
    int added = EVP_DigestUpdate(context_of(digest), bytes, size);
    assert(added);
}

size_t digest_finish(struct digest *digest, uint8_t ret_bytes[static DIGEST_BYTES_MAX])
{
    unsigned size = 0;
    int finished = EVP_DigestFinal_ex(context_of(digest), ret_bytes, &size);
    assert(finished);
    return size;
}
