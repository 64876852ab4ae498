/* The part of httpd's and APR's C interface that src/ffi and src/entry use; bindgen reads this file. */
#ifndef JK_HTTPD_API_H
#define JK_HTTPD_API_H

#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_vhost.h>
#include <ap_listen.h>
#include <ap_mpm.h>
#include <ap_release.h>
#include <mpm_common.h>
#include <scoreboard.h>
#include <util_filter.h>
#include <util_script.h>
#include <apr_buckets.h>
#include <apr_date.h>
#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_portable.h>
#include <apr_strings.h>

#include "shim.h"

/* Values of macros that bindgen can't evaluate. */
enum jk_constants {
    JK_MODULE_MAGIC_MAJOR = MODULE_MAGIC_NUMBER_MAJOR,
    JK_MODULE_MAGIC_MINOR = MODULE_MAGIC_NUMBER_MINOR,
    JK_RSRC_CONF = RSRC_CONF,
    JK_ACCESS_CONF = ACCESS_CONF,
    JK_GLOBAL_ONLY = GLOBAL_ONLY,
    JK_STARTUP = APLOG_STARTUP
};

/* Places in the order of a hook; some are negative. */
enum jk_hook_places {
    JK_HOOK_REALLY_FIRST = APR_HOOK_REALLY_FIRST,
    JK_HOOK_FIRST = APR_HOOK_FIRST,
    JK_HOOK_MIDDLE = APR_HOOK_MIDDLE,
    JK_HOOK_LAST = APR_HOOK_LAST,
    JK_HOOK_REALLY_LAST = APR_HOOK_REALLY_LAST
};

#endif
