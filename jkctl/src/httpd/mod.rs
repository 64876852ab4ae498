//! httpd's configuration files, read without httpd as far as the module's directives need it.
//!
//! - [`line`] takes lines and words apart as httpd does;
//! - [`reader`] makes a tree of directives and sections of files, and of those that they include; [`condition`] says
//!   which parts count (`<IfModule>` and its kin), and [`macros`] what `Use` stands for;
//! - [`apply`] hands the module's directives to the module's own rows, with httpd's own checks before them;
//! - [`servers`] makes servers of the tree, with their names and addresses, as the module sees them ([`jk_rooms::admin::Facts`]), and
//!   [`choice`] finds the one for a name.
//!
//! What is not known of httpd's build and modules is assumed as it is by default; directives of other modules count only
//! where the module's complaints look at them.

mod apply;
mod choice;
mod condition;
mod line;
mod macros;
mod reader;
mod servers;

pub use choice::AtPort;
pub use reader::{be_regular, read, Options};
pub use servers::Servers;
