//! What is counted of requests to a balancer, and which changes of members are events.

use super::*;
use crate::shared::{Balanced, EventKind, MemberState};
use crate::worker::outcome::{Culprit, MemberEvent};
use crate::worker::{Failure, Outcome};

#[test]
fn each_request_is_counted_once_by_how_it_ends() {
    let truncated = Failure::Truncated(Culprit::Container, MemberEvent::Error);
    let fails = |failure| Outcome::Failed { failure, repeatable: false };
    let cases = [
        (vec![Outcome::Done], Balanced::Answered),
        (vec![Outcome::ServerError(500)], Balanced::Answered),
        (vec![failed(Failure::Connect), Outcome::Done], Balanced::Answered),
        (vec![fails(Failure::ClientRead)], Balanced::ClientError),
        (vec![fails(truncated)], Balanced::Truncated),
        (vec![fails(Failure::BodySend)], Balanced::Error),
        (vec![failed(Failure::Connect); 8], Balanced::Error),
    ];
    for (outcomes, how) in cases {
        let bench = Bench::new(&["a"], |_| {});
        bench.script("a", outcomes.clone());
        bench.serve(&TestRequest::new());
        let mut expected = [0; Balanced::ALL.len()];
        expected[how as usize] = 1;
        assert_eq!(bench.lb.record().snapshot().balanced, expected, "{outcomes:?}");
    }
    let bench = Bench::new(&["a"], |settings| {
        settings.members[0].activation = crate::config::settings::Activation::Stopped;
    });
    bench.serve(&TestRequest::new());
    assert_eq!(bench.lb.record().snapshot().balanced[Balanced::NoMember as usize], 1);
    bench.lb.reset();
    assert_eq!(bench.lb.record().snapshot().balanced, [0; Balanced::ALL.len()]);
}

#[test]
fn a_member_that_fails_and_works_again_makes_two_events() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.script("a", [failed(Failure::Connect), failed(Failure::Connect)]);
    bench.serve(&TestRequest::new());
    let events = |bench: &Bench| {
        let events = bench.shared.history().events().into_iter();
        events.map(|event| (event.kind, event.subject, event.text)).collect::<Vec<_>>()
    };
    let event = |text: &str| (EventKind::State, "lb/a".to_owned(), text.to_owned());
    assert_eq!(events(&bench), [event("OK/IDLE to ERR")]);
    bench.put("a", MemberState::Recover);
    bench.serve(&TestRequest::session("x.a"));
    assert_eq!(events(&bench).len(), 1, "it is in error still");
    bench.put("a", MemberState::Recover);
    bench.serve(&TestRequest::session("x.a"));
    assert_eq!(events(&bench)[1..], [event("ERR/PRB to OK")]);
}
