//! AJP/1.3 messages: octets in, values out, and back. No sockets, no httpd, no allocation per field.
//!
//! One file per message, each with its layout: [`forward_request`], [`body`], [`cping`] go to the container;
//! [`send_headers`], [`send_body_chunk`], [`get_body_chunk`], [`end_response`], [`cpong`] come back and are
//! decoded by [`Reply::decode`]. [`packet`] is the envelope around all of them.
//!
//! A reply is input from outside: the decoder takes what the protocol and HTTP allow and nothing else
//! ("decisions, rows 19 and 27"). When a connection is opened or given up is for the worker to decide.
//!
//! Rules: "ajp13, sections 1 to 8"; "AJPv13" in the documentation of the original.

pub mod body;
pub mod code;
pub mod cping;
pub mod cpong;
mod cursor;
pub mod end_response;
pub mod forward_request;
pub mod get_body_chunk;
pub mod http;
mod masked;
pub mod packet;
#[cfg(any(test, fuzzing))]
pub mod peer;
pub mod reply;
pub mod send_body_chunk;
pub mod send_headers;
mod too_large;
mod writer;

pub use body::{body_packet_header, max_body, EMPTY_BODY};
pub use cping::CPING;
pub use cursor::{Defect, Malformed};
pub use forward_request::{Attributes, ForwardRequest, Headers, Hop};
pub use http::{connection_options, is_hop_by_hop};
pub use masked::mask_secrets;
pub use packet::{split_packet, FramingError, HEADER_LENGTH, MAX_PACKET_SIZE};
pub use reply::Reply;
pub use send_headers::SendHeaders;
pub use too_large::{HeaderSize, TooLarge};
pub use writer::{Overflow, PacketWriter};

#[cfg(test)]
mod tests;
