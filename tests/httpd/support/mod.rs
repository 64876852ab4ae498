//! What the suites stand on: servers, backends, clients and load, all private to one run.

pub mod ajp;
pub mod backend;
pub mod base64;
pub mod browser;
pub mod client;
pub mod daemon;
pub mod example;
pub mod faulty;
pub mod gzip;
pub mod http2;
pub mod httpd;
pub mod load;
pub mod names;
pub mod paths;
pub mod pinned;
pub mod ports;
pub mod process;
pub mod rapid;
pub mod raw;
pub mod report;
pub mod site;
pub mod suite;
pub mod tls;
pub mod tomcat;
pub mod users;
pub mod wait;
