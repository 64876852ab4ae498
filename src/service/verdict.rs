//! What a hook tells httpd.

/// The end of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not ours.
    Declined,
    /// Done.
    Ok,
    /// Answer with this HTTP status.
    Status(u16),
}
