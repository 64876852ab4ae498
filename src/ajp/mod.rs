//! AJP/1.3 messages: bytes in, values out, and back. No sockets, no httpd.

pub mod forward_request;
pub mod send_headers;

pub use forward_request::{Attributes, ForwardRequest, Headers, Hop};
pub use send_headers::SendHeaders;
