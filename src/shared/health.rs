//! The health of a member: state and the times of its error series, changed in one step.
//!
//! State and times must fit together (a state OK with the times of an error would be escalated later), so they
//! share one atomic word: 4 bits of state, and twice 30 bits of seconds since the memory was made, or errors
//! that are older, which last 34 years. The transitions are in [`crate::worker::lb`].

/// What all processes think of a member ("load-balancer, section 6").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum MemberState {
    /// Works, and had no request since the last maintenance.
    #[default]
    Idle = 0,
    /// Works.
    Ok = 1,
    /// Was in error; the next request may try it.
    Recover = 2,
    /// Is in error, but nothing else was available.
    Force = 3,
    /// Has no free connection, or busy_limit is reached.
    Busy = 4,
    /// Is in error.
    Error = 5,
    /// Was in error; a request is trying it now.
    Probe = 6,
}

impl MemberState {
    /// All states by their number.
    pub(crate) const ALL: [MemberState; 7] = {
        use MemberState::*;
        [Idle, Ok, Recover, Force, Busy, Error, Probe]
    };

    /// The state in a packed [`Health`]; an unknown one reads as an error.
    pub(super) fn of(word: u64) -> Self {
        match word & 0xF {
            0 => Self::Idle,
            1 => Self::Ok,
            2 => Self::Recover,
            3 => Self::Force,
            4 => Self::Busy,
            6 => Self::Probe,
            _ => Self::Error,
        }
    }

    /// The text of the status page and of JK_LB_*_STATE.
    pub(crate) fn text(self) -> &'static str {
        ["OK/IDLE", "OK", "ERR/REC", "ERR/FRC", "OK/BUSY", "ERR", "ERR/PRB"][self as usize]
    }
}

/// State and error times of a member; times are seconds since the epoch, `None` while there is no error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// What all processes think of it.
    pub state: MemberState,
    /// First error of the series that no success has ended yet.
    pub first_error: Option<i64>,
    /// Last error of that series, or the start of the probe that is under way.
    pub last_error: Option<i64>,
}

const TIME_BITS: u32 = 30;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;

impl Health {
    /// Packs it, with times counted from `base`.
    pub(super) fn pack(self, base: i64) -> u64 {
        let short = |time: Option<i64>| match time {
            // One second is added so that 0 can mean none; a clock behind `base` counts as `base`.
            Some(time) => (time.saturating_sub(base).max(0) as u64 + 1).min(TIME_MASK),
            None => 0,
        };
        self.state as u64 | (short(self.first_error) << 4) | (short(self.last_error) << (4 + TIME_BITS))
    }

    /// Unpacks it.
    pub(super) fn unpack(word: u64, base: i64) -> Self {
        let time = |bits: u64| match bits & TIME_MASK {
            0 => None,
            seconds => Some(base.saturating_add(seconds as i64 - 1)),
        };
        Self {
            state: MemberState::of(word),
            first_error: time(word >> 4),
            last_error: time(word >> (4 + TIME_BITS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let health = Health { state: MemberState::Probe, first_error: Some(1_000), last_error: Some(2_000) };
        assert_eq!(Health::unpack(health.pack(1_000), 1_000), health);
        assert_eq!(Health::unpack(Health::default().pack(1_000), 1_000), Health::default());
        assert_eq!(Health::unpack(0xF, 1_000).state, MemberState::Error, "an unknown state");
    }

    /// The memory says when it was made, and other processes write it.
    #[test]
    fn no_time_of_creation_overflows() {
        let times = Health { state: MemberState::Error, first_error: Some(1), last_error: Some(i64::MAX) };
        for base in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
            for word in [times.pack(base), u64::MAX, 1 << 4, 0] {
                let _ = Health::unpack(word, base);
            }
        }
        assert_eq!(Health::unpack(u64::MAX, i64::MAX).first_error, Some(i64::MAX));
        assert_eq!(times.pack(i64::MIN) >> 4 & TIME_MASK, TIME_MASK, "further off than the bits reach");
    }
}
