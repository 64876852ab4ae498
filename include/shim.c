#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "shim.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>

extern module AP_MODULE_DECLARE_DATA jk_module;
APLOG_USE_MODULE(jk);

void jk_log_server(int level, const server_rec *server, const char *text)
{
    ap_log_error(APLOG_MARK, level, 0, server, "%s", text);
}

void jk_brigade_append(apr_bucket_brigade *brigade, apr_bucket *bucket)
{
    APR_BRIGADE_INSERT_TAIL(brigade, bucket);
}

#ifdef __GLIBC__
/*
 * Rust's runtime calls this when a thread first touches a thread-local value that has to be dropped at its end. Until
 * then glibc keeps the object with the destructor loaded, and the main thread of httpd's parent has no end: one such
 * value anywhere in a generation, and no restart would load a new build of this module. So values of main threads are
 * not dropped, as their thread ends with the process; others are registered as ever.
 *
 * That is sound. A value that is never dropped is leaked, which Rust allows in safe code, and of values of the main thread
 * it says that they may not be dropped at all (std::thread::LocalKey). When the object is unloaded, its part of the main
 * thread's thread-local memory goes, and all that could reach a value there goes with it: only this object's code knows
 * where it is. The parent starts no threads that could run that code then; a child, which does, keeps the object loaded.
 *
 * Hidden, so that it stands in for glibc's function in this object alone.
 */
__attribute__((visibility("hidden")))
int __cxa_thread_atexit_impl(void (*destroy)(void *), void *value, void *object)
{
    int (*glibc)(void (*)(void *), void *, void *);

    if (getpid() == syscall(SYS_gettid)) {
        return 0;
    }
    *(void **)&glibc = dlsym(RTLD_DEFAULT, "__cxa_thread_atexit_impl");
    return glibc != NULL ? glibc(destroy, value, object) : 0;
}
#endif

const char *jk_forced_type(const request_rec *request)
{
    const core_dir_config *config = ap_get_core_module_config(request->per_dir_config);
    return config->mime_type && strcmp(config->mime_type, "none") ? config->mime_type : NULL;
}

int jk_keeps_encoded_slashes(const request_rec *request)
{
    /* httpd decodes by the server's configuration, whatever section the request is in. */
    const core_dir_config *config = ap_get_core_module_config(request->server->lookup_defaults);
    return config->allow_encoded_slashes && !config->decode_encoded_slashes;
}

apr_bucket *jk_brigade_first(apr_bucket_brigade *brigade)
{
    return APR_BRIGADE_EMPTY(brigade) ? NULL : APR_BRIGADE_FIRST(brigade);
}

apr_bucket *jk_brigade_end(apr_bucket_brigade *brigade)
{
    apr_bucket *bucket = APR_BRIGADE_FIRST(brigade);

    while (bucket != APR_BRIGADE_SENTINEL(brigade) && !AP_BUCKET_IS_ERROR(bucket)) {
        if (APR_BUCKET_IS_EOS(bucket)) {
            return bucket;
        }
        bucket = APR_BUCKET_NEXT(bucket);
    }
    return NULL;
}

int jk_bucket_kind(const apr_bucket *bucket)
{
    if (APR_BUCKET_IS_EOS(bucket)) {
        return JK_BUCKET_END;
    }
    if (AP_BUCKET_IS_ERROR(bucket)) {
        return JK_BUCKET_ERROR;
    }
    return APR_BUCKET_IS_METADATA(bucket) ? JK_BUCKET_OTHER : JK_BUCKET_DATA;
}

int jk_bucket_error_status(const apr_bucket *bucket)
{
    return ((const ap_bucket_error *)bucket->data)->status;
}

apr_status_t jk_bucket_take(apr_bucket *bucket, char *buffer, apr_size_t *length)
{
    const char *data;
    apr_size_t size;
    apr_status_t status = apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ);

    if (status == APR_SUCCESS && size > *length) {
        size = *length;
        status = apr_bucket_split(bucket, size);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    memcpy(buffer, data, size);
    *length = size;
    apr_bucket_delete(bucket);
    return APR_SUCCESS;
}

void jk_bucket_delete(apr_bucket *bucket)
{
    apr_bucket_delete(bucket);
}
