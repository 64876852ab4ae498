/* The floor: what a request that is forwarded over AJP costs httpd at least. One write of a request that was made
 * before, reads of 64 KiB, and what the packets carry handed on where it lies; no header of an answer is read, nothing
 * is chosen, checked, counted or logged, and what goes wrong gives 502. For benchmarks alone: with
 *
 *   FloorPort 8009 8010
 *
 * the requests below /bench/ of each thread go in turn to the Tomcats that listen there, on 127.0.0.1, and with
 *
 *   FloorSocket /run/tomcat/ajp
 *
 * to the one that listens at that Unix socket.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>
#include <apr_buckets.h>
#include <apr_strings.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define PIECE 65536
#define MOST_IN_PACKET 8186
#define MOST_TOMCATS 2

enum { HEADERS = 4, CHUNK = 3, END = 5, MORE = 6 };

module AP_MODULE_DECLARE_DATA floor_module;

union address {
    struct sockaddr any;
    struct sockaddr_in tcp;
    struct sockaddr_un local;
};

static union address tomcats[MOST_TOMCATS];
static int tomcat_count;

struct connection {
    int is_open;
    int socket;
};

/* What a thread keeps: a connection to each Tomcat, and the request it sent last, which is sent again. */
static __thread struct {
    struct connection connections[MOST_TOMCATS];
    int turn;
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

static int connect_to(struct connection *connection, const union address *tomcat)
{
    int is_tcp = tomcat->any.sa_family == AF_INET, on = 1;

    connection->socket = socket(tomcat->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->socket < 0) {
        return 0;
    }
    if (is_tcp) {
        setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    connection->is_open =
        connect(connection->socket, &tomcat->any, is_tcp ? sizeof(tomcat->tcp) : sizeof(tomcat->local)) == 0;
    if (!connection->is_open) {
        close(connection->socket);
    }
    return connection->is_open;
}

/* An open connection of this thread to the Tomcat whose turn it is; NULL if it does not listen. */
static struct connection *next_connection(void)
{
    int turn = own.turn;
    struct connection *connection = &own.connections[turn];

    own.turn = turn + 1 == tomcat_count ? 0 : turn + 1;
    return connection->is_open || connect_to(connection, &tomcats[turn]) ? connection : NULL;
}

static int give_up(struct connection *connection)
{
    close(connection->socket);
    connection->is_open = 0;
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

static int send_request(int socket, request_rec *r)
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
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)total;
}

static int send_more(int socket, request_rec *r, const unsigned char *packet)
{
    long length = body_packet(r, packet[5] << 8 | packet[6]);

    return length > 0 && send(socket, own.body, (apr_size_t)length, MSG_NOSIGNAL) == length;
}

/* Hands on what the whole packets of `octets` carry; returns how many octets they took, or -1. */
static long hand_on(int socket, request_rec *r, apr_bucket_brigade *brigade, long octets, int *ended)
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
            if (!send_more(socket, r, packet)) {
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

static int exchange(int socket, request_rec *r)
{
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    long kept = 0;
    int ended = 0;

    if (!send_request(socket, r)) {
        return 0;
    }
    while (!ended) {
        long count = recv(socket, own.octets + kept, (apr_size_t)(PIECE - kept), 0), taken;

        if (count <= 0 || (taken = hand_on(socket, r, brigade, kept + count, &ended)) < 0) {
            return 0;
        }
        kept += count - taken;
        memmove(own.octets, own.octets + taken, (apr_size_t)kept);
    }
    return 1;
}

static int is_ours(request_rec *r)
{
    return tomcat_count && !strncmp(r->uri, "/bench/", 7);
}

/* Keeps httpd off the file system. */
static int claim(request_rec *r)
{
    return is_ours(r) ? OK : DECLINED;
}

static int handle(request_rec *r)
{
    struct connection *connection;

    if (!is_ours(r)) {
        return DECLINED;
    }
    if (r->method_number == M_POST && ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK) != OK) {
        return HTTP_BAD_REQUEST;
    }
    if (!own.uri || own.method != r->method_number || strcmp(own.uri, r->uri)) {
        make_request(r);
    }
    connection = next_connection();
    if (!connection) {
        return HTTP_BAD_GATEWAY;
    }
    return exchange(connection->socket, r) ? OK : give_up(connection);
}

/* httpd reads its configuration more than once. */
static int forget_tomcats(apr_pool_t *configuration, apr_pool_t *log, apr_pool_t *temporary)
{
    tomcat_count = 0;
    return OK;
}

static const char *add_port(cmd_parms *parms, void *unused, const char *port)
{
    struct sockaddr_in *address = &tomcats[tomcat_count].tcp;

    if (tomcat_count == MOST_TOMCATS) {
        return "more Tomcats than mod_floor has room for";
    }
    address->sin_family = AF_INET;
    address->sin_port = htons((unsigned short)atoi(port));
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    tomcat_count++;
    return NULL;
}

static const char *set_socket(cmd_parms *parms, void *unused, const char *path)
{
    struct sockaddr_un *address = &tomcats[0].local;

    address->sun_family = AF_UNIX;
    apr_cpystrn(address->sun_path, path, sizeof(address->sun_path));
    tomcat_count = 1;
    return NULL;
}

static const command_rec commands[] = {
    AP_INIT_ITERATE("FloorPort", add_port, NULL, RSRC_CONF, "ports of Tomcats' AJP connectors on 127.0.0.1"),
    AP_INIT_TAKE1("FloorSocket", set_socket, NULL, RSRC_CONF, "Unix socket of a Tomcat's AJP connector"),
    {NULL}
};

static void register_hooks(apr_pool_t *pool)
{
    ap_hook_pre_config(forget_tomcats, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_translate_name(claim, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(claim, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA floor_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, register_hooks
};
