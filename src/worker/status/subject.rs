//! What forms and questions of html are about: a worker with all its members, and which of those are meant.

use super::activation::{NOBODY, NO_DOMAIN};
use super::collect::{find, Collector};
use super::command::{Command, Deed, Refusal};
use super::page::Refused;
use super::problem::Problem;
use super::query::Hide;
use super::report::{Question, Shown, Subject};
use super::selection::{target, Target};

impl Collector<'_> {
    /// What a form is about; rules are left out.
    pub(super) fn subject(&self) -> Result<Subject, Problem> {
        let (worker, member) = find(self.around, self.query)?;
        Ok(Subject { shown: self.whole().shown(worker, None), member })
    }

    /// What `do` asks about, and whom.
    pub(super) fn question(&self) -> Result<Question, Problem> {
        self.question_about(Deed::of(self.query).map_err(|Refusal| "Invalid command.")?)
    }

    /// What a form was about that was refused for what was entered.
    pub(super) fn refused(&self) -> Option<Refused> {
        match Command::of(self.query).ok()? {
            Command::Update => self.subject().ok().map(Refused::Edit),
            command => self.question_about(command.deed()?).ok().map(Refused::Confirm),
        }
    }

    fn question_about(&self, deed: Deed) -> Result<Question, Problem> {
        let target = target(self.around, self.query, Command::Confirm)?;
        if deed == Deed::Switch && self.query.get("domain").is_none() {
            return Err(NO_DOMAIN.into());
        }
        let balancer = |lb| Shown::Balancer(Box::new(self.whole().balancer(lb, None)));
        let (shown, members) = match target {
            Target::Members(lb, members) => (balancer(lb), members),
            _ if deed != Deed::Reset => return Err(NOBODY.into()),
            Target::Balancer(lb) => (balancer(lb), Vec::new()),
            Target::Alone(worker) => (Shown::Alone(Box::new(self.whole().alone(worker))), Vec::new()),
            Target::Status => (Shown::Status, Vec::new()),
        };
        Ok(Question { deed, shown, members })
    }

    fn whole(&self) -> Self {
        Self { hidden: Hide::MAPS, ..*self }
    }
}
