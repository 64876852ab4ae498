//! Good, degraded and bad members ("status-worker, section 8").

use crate::config::settings::Activation;
use crate::config::workers::status::Rating as Fit;
use crate::shared::MemberState;

/// Which members count as good, and which as bad.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ratings {
    good: Fit,
    bad: Fit,
}

/// How a member is rated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rating {
    Good,
    Degraded,
    Bad,
}

impl Rating {
    /// What formats call it.
    pub(super) fn word(self) -> &'static str {
        ["good", "degraded", "bad"][self as usize]
    }
}

impl Ratings {
    /// Joins the items of `good` and `bad`; configtest complained about those that fit nothing.
    pub(super) fn new(good: &[String], bad: &[String]) -> Self {
        let all = |items: &[String]| items.iter().filter_map(|item| Fit::parse(item.as_bytes())).collect();
        Self { good: all(good), bad: all(bad) }
    }

    /// Rates a member.
    pub(super) fn of(self, activation: Activation, state: MemberState) -> Rating {
        let fit = activation_fit(activation) & state_fit(state);
        match () {
            () if self.bad.intersects(fit) => Rating::Bad,
            () if self.good.intersects(fit) => Rating::Good,
            () => Rating::Degraded,
        }
    }
}

fn activation_fit(activation: Activation) -> Fit {
    match activation {
        Activation::Active => Fit::ACTIVE,
        Activation::Disabled => Fit::DISABLED,
        Activation::Stopped => Fit::STOPPED,
    }
}

fn state_fit(state: MemberState) -> Fit {
    match state {
        MemberState::Idle => Fit::IDLE,
        MemberState::Ok => Fit::OK,
        MemberState::Busy => Fit::BUSY,
        MemberState::Recover | MemberState::Force | MemberState::Probe => Fit::RECOVERING,
        MemberState::Error => Fit::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Activation::{Active, Disabled, Stopped};
    use MemberState::{Busy, Error, Idle, Ok, Probe, Recover};

    fn ratings(good: &[&str], bad: &[&str]) -> Ratings {
        let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        Ratings::new(&owned(good), &owned(bad))
    }

    #[test]
    fn members_are_rated_as_documented() {
        let usual = ratings(&["a.o", "a.n", "a.b", "a.r"], &["s", "e"]);
        let cases = [
            (Active, Ok, Rating::Good),
            (Active, Idle, Rating::Good),
            (Active, Busy, Rating::Good),
            (Active, Recover, Rating::Good),
            (Active, Probe, Rating::Good),
            (Active, Error, Rating::Bad),
            (Disabled, Ok, Rating::Degraded),
            (Disabled, Error, Rating::Bad),
            (Stopped, Ok, Rating::Bad),
        ];
        for (activation, state, rating) in cases {
            assert_eq!(usual.of(activation, state), rating, "{activation:?} {state:?}");
        }
        assert_eq!(ratings(&["o"], &["o.d"]).of(Disabled, Ok), Rating::Bad, "bad comes first");
    }
}
