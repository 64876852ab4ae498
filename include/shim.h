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

/* The media type that ForceType sets for a request, or null. */
const char *jk_forced_type(const request_rec *request);

/* Whether AllowEncodedSlashes is NoDecode for a request. */
int jk_keeps_encoded_slashes(const request_rec *request);

#endif
