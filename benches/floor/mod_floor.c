/* The floor: what a request that is forwarded over AJP costs httpd at least. One write of a request that was made
 * before, reads of 64 KiB, and what the packets carry handed on where it lies; no header of an answer is read, nothing
 * is chosen, checked, counted or logged, and what goes wrong gives 502. For benchmarks alone: with
 *
 *   FloorPort 8009
 *
 * all requests below /bench/ go to the Tomcat that listens there, on 127.0.0.1.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>
#include <apr_buckets.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIECE 65536
#define MOST_IN_PACKET 8186

enum { HEADERS = 4, CHUNK = 3, END = 5, MORE = 6 };

module AP_MODULE_DECLARE_DATA floor_module;

static int tomcat_port;

/* What a thread keeps: its connection, and the request it sent last, which is sent again. */
static __thread struct {
    int is_connected;
    int socket;
    char *uri;
    int method;
    unsigned char request[MOST_IN_PACKET];
    apr_size_t length;
    unsigned char octets[PIECE];
    char body[6 + MOST_IN_PACKET];
} own;

static void put_number(unsigned number)
{
    own.request[own.length++] = (unsigned char)(number >> 8);
    own.request[own.length++] = (unsigned char)number;
}

static void put_text(const char *text)
{
    apr_size_t length = strlen(text);

    put_number((unsigned)length);
    memcpy(own.request + own.length, text, length + 1);
    own.length += length + 1;
}

static void put_header(unsigned code, const char *value)
{
    put_number(code);
    put_text(value);
}

/* Makes the request for a URI; the same one is sent as long as the URI stays. Those of benchmarks are short. */
static void make_request(request_rec *r)
{
    const char *body = apr_table_get(r->headers_in, "Content-Length");
    apr_size_t end;

    free(own.uri);
    own.uri = strdup(r->uri);
    own.method = r->method_number;
    own.length = 0;
    put_number(0x1234);
    put_number(0);
    own.request[own.length++] = 2;
    own.request[own.length++] = r->method_number == M_POST ? 4 : 2;
    put_text("HTTP/1.1");
    put_text(r->uri);
    put_text("127.0.0.1");
    put_number(0xffff);
    put_text("localhost");
    put_number(80);
    own.request[own.length++] = 0;
    put_number(4);
    put_header(0xa001, "*/*");
    put_header(0xa008, body ? body : "0");
    put_header(0xa00b, "localhost");
    put_header(0xa00e, "floor");
    own.request[own.length++] = 0xff;
    end = own.length;
    own.length = 2;
    put_number((unsigned)end - 4);
    own.length = end;
}

static int connect_to_tomcat(void)
{
    struct sockaddr_in address = {0};
    int on = 1;

    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)tomcat_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    own.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (own.socket < 0) {
        return 0;
    }
    setsockopt(own.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    own.is_connected = connect(own.socket, (struct sockaddr *)&address, sizeof(address)) == 0;
    if (!own.is_connected) {
        close(own.socket);
    }
    return own.is_connected;
}

static int give_up(void)
{
    if (own.is_connected) {
        close(own.socket);
        own.is_connected = 0;
    }
    return HTTP_BAD_GATEWAY;
}

/* Makes own.body a packet with what comes next of the request body; returns its length, or -1. */
static long body_packet(request_rec *r, long wanted)
{
    long length = 0, count = 1;

    if (wanted > MOST_IN_PACKET) {
        wanted = MOST_IN_PACKET;
    }
    while (length < wanted && count > 0) {
        count = ap_get_client_block(r, own.body + 6 + length, (apr_size_t)(wanted - length));
        length += count > 0 ? count : 0;
    }
    own.body[0] = 0x12;
    own.body[1] = 0x34;
    own.body[2] = (char)((length ? length + 2 : 0) >> 8);
    own.body[3] = (char)(length ? length + 2 : 0);
    own.body[4] = (char)(length >> 8);
    own.body[5] = (char)length;
    return count < 0 ? -1 : length ? length + 6 : 4;
}

static int send_request(request_rec *r)
{
    struct iovec parts[2] = {{own.request, own.length}, {own.body, 0}};
    struct msghdr message = {0};
    apr_size_t total = own.length;

    message.msg_iov = parts;
    message.msg_iovlen = 1;
    if (own.method == M_POST && ap_should_client_block(r)) {
        long length = body_packet(r, MOST_IN_PACKET);

        if (length < 0) {
            return 0;
        }
        parts[1].iov_len = (apr_size_t)length;
        total += (apr_size_t)length;
        message.msg_iovlen = 2;
    }
    return sendmsg(own.socket, &message, MSG_NOSIGNAL) == (ssize_t)total;
}

static int send_more(request_rec *r, const unsigned char *packet)
{
    long length = body_packet(r, packet[5] << 8 | packet[6]);

    return length > 0 && send(own.socket, own.body, (apr_size_t)length, MSG_NOSIGNAL) == length;
}

/* Hands on what the whole packets of `octets` carry; returns how many octets they took, or -1. */
static long hand_on(request_rec *r, apr_bucket_brigade *brigade, long octets, int *ended)
{
    apr_bucket_alloc_t *allocator = r->connection->bucket_alloc;
    long at = 0;

    while (octets - at > 4 && !*ended) {
        const unsigned char *packet = own.octets + at;
        long next = at + 4 + (packet[2] << 8 | packet[3]);
        int length;

        if (next > octets) {
            break;
        }
        switch (packet[4]) {
        case CHUNK:
            length = packet[5] << 8 | packet[6];
            if (length > 0) {
                apr_bucket *bucket = apr_bucket_transient_create((const char *)packet + 7, length, allocator);
                APR_BRIGADE_INSERT_TAIL(brigade, bucket);
            }
            break;
        case MORE:
            if (!send_more(r, packet)) {
                return -1;
            }
            break;
        case END:
            APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(allocator));
            *ended = 1;
            break;
        }
        at = next;
    }
    if (!APR_BRIGADE_EMPTY(brigade)) {
        apr_status_t status = ap_pass_brigade(r->output_filters, brigade);

        apr_brigade_cleanup(brigade);
        return status == APR_SUCCESS ? at : -1;
    }
    return at;
}

static int exchange(request_rec *r)
{
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    long kept = 0;
    int ended = 0;

    if (!send_request(r)) {
        return 0;
    }
    while (!ended) {
        long count = recv(own.socket, own.octets + kept, (apr_size_t)(PIECE - kept), 0), taken;

        if (count <= 0 || (taken = hand_on(r, brigade, kept + count, &ended)) < 0) {
            return 0;
        }
        kept += count - taken;
        memmove(own.octets, own.octets + taken, (apr_size_t)kept);
    }
    return 1;
}

static int is_ours(request_rec *r)
{
    return tomcat_port && !strncmp(r->uri, "/bench/", 7);
}

/* Keeps httpd off the file system. */
static int claim(request_rec *r)
{
    return is_ours(r) ? OK : DECLINED;
}

static int handle(request_rec *r)
{
    if (!is_ours(r)) {
        return DECLINED;
    }
    if (r->method_number == M_POST && ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK) != OK) {
        return HTTP_BAD_REQUEST;
    }
    if (!own.uri || own.method != r->method_number || strcmp(own.uri, r->uri)) {
        make_request(r);
    }
    if (!own.is_connected && !connect_to_tomcat()) {
        return HTTP_BAD_GATEWAY;
    }
    return exchange(r) ? OK : give_up();
}

static const char *set_port(cmd_parms *parms, void *unused, const char *port)
{
    tomcat_port = atoi(port);
    return NULL;
}

static const command_rec commands[] = {
    AP_INIT_TAKE1("FloorPort", set_port, NULL, RSRC_CONF, "port of Tomcat's AJP connector on 127.0.0.1"),
    {NULL}
};

static void register_hooks(apr_pool_t *pool)
{
    ap_hook_translate_name(claim, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(claim, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA floor_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, register_hooks
};
