//! The roof: httpd calls us. The module record, the hooks and the table of directives; every entry passes through
//! the guard, turns what httpd hands over into handles, and calls one safe function below.

mod directives;
mod module;
