/* Functions in place of macros and varargs, which Rust can't call. */
#ifndef JK_SHIM_H
#define JK_SHIM_H

#include <httpd.h>
#include <http_log.h>
#include <apr_buckets.h>

/* Logs one line to the error log of a server; level is one of APLOG_*. */
void jk_log_server(int level, const server_rec *server, const char *text);

/* Appends a bucket to a brigade. */
void jk_brigade_append(apr_bucket_brigade *brigade, apr_bucket *bucket);

/* The bucket that ends an answer; null if there is none, or the answer breaks off. */
apr_bucket *jk_brigade_end(apr_bucket_brigade *brigade);

/* The media type that ForceType sets for a request, or null. */
const char *jk_forced_type(const request_rec *request);

/* Whether AllowEncodedSlashes is NoDecode for a request. */
int jk_keeps_encoded_slashes(const request_rec *request);

/* The first bucket of a brigade; null if it is empty. */
apr_bucket *jk_brigade_first(apr_bucket_brigade *brigade);

/* What a bucket is. */
enum jk_bucket_kind {
    JK_BUCKET_DATA,
    JK_BUCKET_END,
    JK_BUCKET_ERROR,
    JK_BUCKET_OTHER
};
int jk_bucket_kind(const apr_bucket *bucket);

/* The status of a bucket of kind JK_BUCKET_ERROR. */
int jk_bucket_error_status(const apr_bucket *bucket);

/* Moves up to *length octets out of a bucket into a buffer, and says how many; without rest the bucket is gone. */
apr_status_t jk_bucket_take(apr_bucket *bucket, char *buffer, apr_size_t *length);

/* Removes a bucket from its brigade and destroys it. */
void jk_bucket_delete(apr_bucket *bucket);

#endif
