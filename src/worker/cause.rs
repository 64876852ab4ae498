//! Why a worker failed, in the words of the log, handed on to a balancer that tells the end of the request.

/// What stands behind the name of the worker, `at 127.0.0.1:8009 took no connection`, and where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// What happened, where, and in how many attempts.
    pub fact: String,
    /// What to look at; empty where the fact says it all.
    pub advice: String,
    /// The same where several workers have that cause: without the name and the place of any of them.
    pub shared: String,
}
