//! What the rooms that talk to httpd are built with; the others need nothing.

#[cfg(feature = "httpd")]
#[path = "include/headers.rs"]
mod headers;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "httpd")]
    headers::build();
}
