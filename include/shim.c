#include "shim.h"

#include <http_config.h>

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
