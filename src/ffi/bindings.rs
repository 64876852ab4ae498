//! What bindgen made of httpd's headers; for this floor and the roof (src/entry).
#![allow(
    missing_docs,
    dead_code,
    unreachable_pub,
    clippy::all,
    non_camel_case_types,
    non_upper_case_globals,
    non_snake_case
)]
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::missing_safety_doc,
    unknown_lints,
    unnecessary_transmutes
)]

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
