//! `method=Session`: fewest new sessions. Only requests without a session id count, so a busy session costs
//! its member nothing; old sessions weigh half as much after each maintenance.
//!
//! Schedule of a and b (lbfactor 1 each), `n` a new session, `s` a request of a session of a:
//!
//! | request | n | s | s | n | n |
//! |---|---|---|---|---|---|
//! | member | a | a | a | b | a |
//! | a | 1 | 1 | 1 | 1 | 2 |
//! | b | 0 | 0 | 0 | 1 | 1 |

use super::Method;

/// Fewest new sessions.
pub(super) struct BySessions;

impl Method for BySessions {
    fn election_cost(&self, multiplier: u64, new_session: bool) -> u64 {
        if new_session {
            multiplier
        } else {
            0
        }
    }
}
