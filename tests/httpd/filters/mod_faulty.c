/* Filters that do to a body what filters may do: give no octets, few or many, take their time, fail, answer.
 *
 * FaultyInput and FaultyOutput say what the filters of a server do, the request headers X-Faulty-Input and
 * X-Faulty-Output what those of one request do. The words, apart by blanks:
 *
 *   empty=N     before each read, or behind each pass, that moves octets, N that succeed with none
 *   split=N     at most N octets at a time
 *   surplus     input: twice as many octets as were asked for
 *   delay=MS    before each read or pass
 *   at=N        what follows happens behind N octets of the body (0)
 *   fail=WHAT   fails: general, timeup, nospace, or filter (AP_FILTER_ERROR)
 *   answer=S    answers with status S; fails as `fail` says, or with AP_FILTER_ERROR
 *   bucket=S    input: gives an error bucket of status S
 *   end         input: says that the body ends here
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>
#include <apr_buckets.h>
#include <apr_strings.h>

module AP_MODULE_DECLARE_DATA faulty_module;

typedef struct {
    const char *input;
    const char *output;
} faulty_conf;

typedef struct {
    int empty, split, surplus, delay, answer, bucket, end;
    apr_off_t at;
    apr_status_t fail;
    /* Its state: octets that went through, empty turns since the last that was not, brigade under way. */
    apr_off_t moved;
    int turns;
    apr_bucket_brigade *out;
} faulty_plan;

static apr_status_t failure(const char *name)
{
    if (!strcmp(name, "timeup")) return APR_TIMEUP;
    if (!strcmp(name, "nospace")) return APR_ENOSPC;
    if (!strcmp(name, "filter")) return AP_FILTER_ERROR;
    return APR_EGENERAL;
}

static faulty_plan *plan(request_rec *r, const char *text)
{
    faulty_plan *plan = apr_pcalloc(r->pool, sizeof(*plan));
    char *rest, *word, *value;

    for (word = apr_strtok(apr_pstrdup(r->pool, text), " ", &rest); word; word = apr_strtok(NULL, " ", &rest)) {
        value = strchr(word, '=');
        value = value ? value + 1 : "1";
        if (!strncmp(word, "empty", 5)) plan->empty = atoi(value);
        else if (!strncmp(word, "split", 5)) plan->split = atoi(value);
        else if (!strncmp(word, "surplus", 7)) plan->surplus = 1;
        else if (!strncmp(word, "delay", 5)) plan->delay = atoi(value);
        else if (!strncmp(word, "at", 2)) plan->at = atoi(value);
        else if (!strncmp(word, "fail", 4)) plan->fail = failure(value);
        else if (!strncmp(word, "answer", 6)) plan->answer = atoi(value);
        else if (!strncmp(word, "bucket", 6)) plan->bucket = atoi(value);
        else if (!strncmp(word, "end", 3)) plan->end = 1;
    }
    return plan;
}

/* Octets that may still go through before something happens; -1 if nothing will. */
static apr_off_t until_fault(const faulty_plan *plan)
{
    if (!plan->fail && !plan->answer && !plan->bucket && !plan->end) {
        return -1;
    }
    return plan->at > plan->moved ? plan->at - plan->moved : 0;
}

/* Answers in place of the handler, as LimitRequestBody once did. */
static void answer(ap_filter_t *next, request_rec *r, int status)
{
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);

    APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_error_create(status, NULL, r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    ap_pass_brigade(next, bb);
}

static apr_status_t fault_in(ap_filter_t *f, apr_bucket_brigade *bb)
{
    faulty_plan *plan = f->ctx;
    apr_bucket_alloc_t *alloc = f->c->bucket_alloc;

    if (plan->answer) {
        answer(f->r->output_filters, f->r, plan->answer);
        return plan->fail ? plan->fail : AP_FILTER_ERROR;
    }
    if (plan->fail) {
        return plan->fail;
    }
    if (plan->bucket) {
        APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_error_create(plan->bucket, NULL, f->r->pool, alloc));
        return APR_SUCCESS;
    }
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    return APR_SUCCESS;
}

static apr_status_t faulty_in(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                              apr_read_type_e block, apr_off_t wanted)
{
    faulty_plan *plan = f->ctx;
    apr_off_t left = until_fault(plan), length = 0;
    apr_status_t status;

    if (mode != AP_MODE_READBYTES) {
        return ap_get_brigade(f->next, bb, mode, block, wanted);
    }
    if (plan->delay) {
        apr_sleep(apr_time_from_msec(plan->delay));
    }
    if (plan->turns++ < plan->empty) {
        return APR_SUCCESS;
    }
    plan->turns = 0;
    if (left == 0) {
        return fault_in(f, bb);
    }
    if (plan->surplus) wanted *= 2;
    if (plan->split && wanted > plan->split) wanted = plan->split;
    if (left > 0 && wanted > left) wanted = left;
    status = ap_get_brigade(f->next, bb, mode, block, wanted);
    apr_brigade_length(bb, 1, &length);
    plan->moved += length;
    return status;
}

static apr_status_t pass(ap_filter_t *f)
{
    faulty_plan *plan = f->ctx;
    apr_status_t status;
    int turn;

    if (plan->delay) {
        apr_sleep(apr_time_from_msec(plan->delay));
    }
    status = ap_pass_brigade(f->next, plan->out);
    apr_brigade_cleanup(plan->out);
    for (turn = 0; turn < plan->empty && !status; turn++) {
        status = ap_pass_brigade(f->next, plan->out);
    }
    return status;
}

/* Splits a bucket of data so that no more goes through than may. */
static apr_status_t limit(faulty_plan *plan, apr_bucket *bucket)
{
    apr_off_t left = until_fault(plan);
    apr_size_t length, most;
    const char *data;
    apr_status_t status = apr_bucket_read(bucket, &data, &length, APR_BLOCK_READ);

    if (status) return status;
    most = plan->split && length > (apr_size_t)plan->split ? (apr_size_t)plan->split : length;
    if (left > 0 && most > (apr_size_t)left) most = (apr_size_t)left;
    plan->moved += most;
    return most < length ? apr_bucket_split(bucket, most) : APR_SUCCESS;
}

static apr_status_t faulty_out(ap_filter_t *f, apr_bucket_brigade *bb)
{
    faulty_plan *plan = f->ctx;
    apr_status_t status = APR_SUCCESS;

    if (!plan->out) {
        plan->out = apr_brigade_create(f->r->pool, f->c->bucket_alloc);
    }
    while (!status && !APR_BRIGADE_EMPTY(bb)) {
        apr_bucket *bucket = APR_BRIGADE_FIRST(bb);
        int data = !APR_BUCKET_IS_METADATA(bucket);

        if (until_fault(plan) == 0 && (data || APR_BUCKET_IS_EOS(bucket))) {
            if (!APR_BRIGADE_EMPTY(plan->out)) {
                pass(f);
            }
            if (plan->answer) {
                answer(f->next, f->r, plan->answer);
            }
            return plan->fail ? plan->fail : AP_FILTER_ERROR;
        }
        if (data) {
            status = limit(plan, bucket);
        }
        APR_BUCKET_REMOVE(bucket);
        APR_BRIGADE_INSERT_TAIL(plan->out, bucket);
        if (!status && data && (plan->split || plan->empty)) {
            status = pass(f);
        }
    }
    return status || APR_BRIGADE_EMPTY(plan->out) ? status : pass(f);
}

static void insert(request_rec *r)
{
    faulty_conf *conf = ap_get_module_config(r->server->module_config, &faulty_module);
    const char *input = apr_table_get(r->headers_in, "X-Faulty-Input");
    const char *output = apr_table_get(r->headers_in, "X-Faulty-Output");

    if (!input) input = conf->input;
    if (!output) output = conf->output;
    if (input && ap_is_initial_req(r)) ap_add_input_filter("FAULTY_IN", plan(r, input), r, r->connection);
    if (output && ap_is_initial_req(r)) ap_add_output_filter("FAULTY_OUT", plan(r, output), r, r->connection);
}

static void *create_conf(apr_pool_t *pool, server_rec *server)
{
    return apr_pcalloc(pool, sizeof(faulty_conf));
}

static const char *set_plan(cmd_parms *parms, void *unused, const char *text)
{
    faulty_conf *conf = ap_get_module_config(parms->server->module_config, &faulty_module);

    *(parms->info ? &conf->output : &conf->input) = text;
    return NULL;
}

static const command_rec commands[] = {
    AP_INIT_TAKE1("FaultyInput", set_plan, NULL, RSRC_CONF, "what the input filter does"),
    AP_INIT_TAKE1("FaultyOutput", set_plan, (void *)1, RSRC_CONF, "what the output filter does"),
    { NULL }
};

static void register_hooks(apr_pool_t *pool)
{
    ap_register_input_filter("FAULTY_IN", faulty_in, NULL, AP_FTYPE_RESOURCE);
    ap_register_output_filter("FAULTY_OUT", faulty_out, NULL, AP_FTYPE_RESOURCE);
    ap_hook_insert_filter(insert, NULL, NULL, APR_HOOK_LAST);
}

AP_DECLARE_MODULE(faulty) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, create_conf, NULL, commands, register_hooks
};
