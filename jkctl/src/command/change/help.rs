//! What the help of a change says of that one alone.

use clap::Command;

use super::Action;

/// How all of them end.
const STATUS: &str = "

Exit status:
  0  done; with --wait: and what is waited for has come
  1  refused, or it has not come in time
  2  the page can't be reached, or has no such balancer or member";

impl Action {
    /// Puts into the help of `command` what it waits for, and its examples.
    pub fn help(self, command: Command) -> Command {
        let wait = format!("Wait at most this long until {}", self.awaited());
        let command = command.mut_arg("wait", |option| option.help(wait));
        let command = command.after_help(format!("Examples:{}{STATUS}", self.examples()));
        match self {
            Self::Switch => command
                .mut_arg("member", |argument| {
                    argument.help("The domain that takes over, or the member, or several: a,b or a pattern with * and ?")
                })
                .mut_arg("domain", |option| option.help("MEMBER names a domain, even if a member is called so")),
            _ => command,
        }
    }

    /// What is so when it is complete ([`Action::is_complete`]).
    fn awaited(self) -> &'static str {
        match self {
            Self::Drain => "the members are stopped and no request is in flight",
            Self::Activate => "the members work: one that was stopped has answered a CPing since",
            Self::Disable => "no request is in flight, and none of their sessions came for a minute",
            Self::Stop => "no request is in flight",
            Self::Switch => {
                "those that take over work, those that stand back are stopped, and no request is in flight there"
            }
        }
    }

    fn examples(self) -> &'static str {
        match self {
            Self::Drain => {
                "
  jkctl drain http://127.0.0.1/jk-status balancer tomcat1
  jkctl drain http://127.0.0.1/jk-status balancer tomcat1 --drain-timeout 600 --wait 660
  jkctl drain http://127.0.0.1/jk-status balancer rack7 --domain"
            }
            Self::Activate => {
                "
  jkctl activate http://127.0.0.1/jk-status balancer tomcat1 --wait 30
  jkctl activate http://127.0.0.1/jk-status balancer 'tomcat*'"
            }
            Self::Disable => {
                "
  jkctl disable http://127.0.0.1/jk-status balancer 'tomcat*'
  jkctl disable http://127.0.0.1/jk-status balancer tomcat1,tomcat2 --wait 3600"
            }
            Self::Stop => {
                "
  jkctl stop http://127.0.0.1/jk-status balancer tomcat1
  jkctl stop http://127.0.0.1/jk-status balancer rack7 --domain --wait 60"
            }
            Self::Switch => {
                "
  jkctl switch http://127.0.0.1/jk-status balancer green --drain-timeout 600
  jkctl switch http://127.0.0.1/jk-status balancer tomcat2 --wait 900"
            }
        }
    }
}
