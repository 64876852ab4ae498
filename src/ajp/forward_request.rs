//! FORWARD_REQUEST: one HTTP request on its way to the container.

/// Everything of an HTTP request that the container is told, borrowed from where it stands.
///
/// `None` in an address field is sent as the null string; an attribute that is `None` is not sent.
#[derive(Clone, Copy)]
pub struct ForwardRequest<'a> {
    /// Method as received; unknown ones travel as stored method.
    pub method: &'a [u8],
    /// Protocol as received, `HTTP/1.1`.
    pub protocol: &'a [u8],
    /// Path without query string, encoded as JkOptions say.
    pub req_uri: &'a [u8],
    /// Address of the client.
    pub remote_addr: Option<&'a [u8]>,
    /// Name of the client, if it was looked up.
    pub remote_host: Option<&'a [u8]>,
    /// Name the client called the server by.
    pub server_name: Option<&'a [u8]>,
    /// Port the client called.
    pub server_port: u16,
    /// The client's connection is TLS.
    pub is_ssl: bool,
    /// Request headers in order.
    pub headers: &'a dyn Headers,
    /// Optional attributes.
    pub attributes: Attributes<'a>,
}

/// Request headers, visited in the order in which they are sent.
pub trait Headers {
    /// Calls `visit` with name and value of each header to send.
    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8]));
}

/// The request attributes that do not depend on the chosen worker.
#[derive(Clone, Copy, Default)]
pub struct Attributes<'a> {
    /// Authenticated user.
    pub remote_user: Option<&'a [u8]>,
    /// How it was authenticated.
    pub auth_type: Option<&'a [u8]>,
    /// Query string, also if empty.
    pub query_string: Option<&'a [u8]>,
    /// Client certificate, PEM.
    pub ssl_cert: Option<&'a [u8]>,
    /// Cipher suite.
    pub ssl_cipher: Option<&'a [u8]>,
    /// TLS session id.
    pub ssl_session: Option<&'a [u8]>,
    /// Key size in bits.
    pub ssl_key_size: Option<u16>,
    /// `AJP_SSL_PROTOCOL`.
    pub ssl_protocol: Option<&'a [u8]>,
    /// `AJP_REMOTE_PORT`, decimal text.
    pub remote_port: Option<&'a [u8]>,
    /// `AJP_LOCAL_ADDR`.
    pub local_addr: Option<&'a [u8]>,
    /// `JkEnvVar` names and values in order.
    pub environment: &'a [(&'a [u8], &'a [u8])],
}

/// What the worker adds for one attempt.
#[derive(Clone, Copy, Default)]
pub struct Hop<'a> {
    /// `secret` of the worker.
    pub secret: Option<&'a [u8]>,
    /// Route of the chosen member, or JK_ROUTE.
    pub route: Option<&'a [u8]>,
    /// `JK_LB_ACTIVATION`: `ACT`, `DIS` or `STP`.
    pub activation: &'a [u8],
}
