//! httpd's configuration as it was read: directives and sections, with what Include, Define, IfModule and macros made of
//! them.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use super::bindings::{ap_conftree, ap_directive_t, ap_regcomp, ap_regexec, ap_regfree};
use super::server::Server;
use super::text::{octets, Life};

/// A directive, or a section with others in it, alive for `'t`.
#[derive(Clone, Copy)]
pub(crate) struct Node<'t>(&'t ap_directive_t);

/// All directives outside of sections, and sections. To be called in hooks that check or build the configuration, which
/// are handed the main server.
pub(crate) fn configuration(main: Server<'_>) -> impl Iterator<Item = Node<'_>> {
    // SAFETY: httpd sets the pointer when it has read its configuration, in the thread that is here, and before it asks
    // modules about it. The tree lies on pools that live until these hooks have returned, and so as long as `main` is
    // borrowed ([`Server::from_raw`]), and is not changed any more.
    unsafe { siblings(ap_conftree, main.life()) }
}

impl<'t> Node<'t> {
    /// Its name; that of a section begins with `<`.
    pub(crate) fn name(self) -> &'t [u8] {
        // SAFETY: the name is a C string that lives as long as the tree.
        unsafe { octets(self.0.directive, Life::of(self.0)) }.unwrap_or_default()
    }

    /// What stands behind it on its line.
    pub(crate) fn arguments(self) -> &'t [u8] {
        // SAFETY: as in `name`; it may be null.
        unsafe { octets(self.0.args, Life::of(self.0)) }.unwrap_or_default()
    }

    /// File and line.
    pub(crate) fn place(self) -> (&'t [u8], u32) {
        // SAFETY: as in `arguments`.
        let file = unsafe { octets(self.0.filename, Life::of(self.0)) };
        (file.unwrap_or_default(), u32::try_from(self.0.line_num).unwrap_or(0))
    }

    /// What stands in it.
    pub(crate) fn inner(self) -> impl Iterator<Item = Node<'t>> {
        // SAFETY: null, or a node of the same tree.
        unsafe { siblings(self.0.first_child, Life::of(self.0)) }
    }
}

/// A node and those that follow it.
///
/// # Safety
/// `first` is null or a node of httpd's tree, which lives unchanged for that life.
unsafe fn siblings<'t>(first: *const ap_directive_t, _: Life<'t>) -> impl Iterator<Item = Node<'t>> {
    // SAFETY: the caller's promise; each node points to the next one, or to nothing.
    std::iter::successors(unsafe { first.as_ref() }, |node: &&'t ap_directive_t| unsafe {
        node.next.cast_const().as_ref()
    })
    .map(Node)
}

/// Tells whether a regular expression of httpd's matches; one that is none matches everything.
pub(crate) fn regex_matches(pattern: &str, text: &str) -> bool {
    match (CString::new(pattern), CString::new(text)) {
        (Ok(pattern), Ok(text)) => matches(&pattern, &text),
        _ => true,
    }
}

fn matches(pattern: &CStr, text: &CStr) -> bool {
    let mut regex = MaybeUninit::zeroed();
    // SAFETY: httpd fills the record, which is one of C, where it takes the expression.
    if unsafe { ap_regcomp(regex.as_mut_ptr(), pattern.as_ptr(), 0) } != 0 {
        return true;
    }
    // SAFETY: the record was filled; no places of matches are asked for. It is not used once it is freed.
    unsafe {
        let found = ap_regexec(regex.as_ptr(), text.as_ptr(), 0, null_mut(), 0) == 0;
        ap_regfree(regex.as_mut_ptr());
        found
    }
}
