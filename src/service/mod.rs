//! From an httpd request to a worker and back.
