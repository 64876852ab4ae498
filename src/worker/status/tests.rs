//! The page over real records: what it tells, what it refuses, and what a change reaches.

mod control;
mod json;
mod permit;
mod prometheus;
mod schema;

use std::sync::Arc;

use super::*;
use crate::config::settings::samples::{lb_settings, settings_of};
use crate::config::settings::{Activation, LbMethod, UpdateMethods};
use crate::ffi::time::strftime;
use crate::log::{Level, Logger};
use crate::mapping::RuleMap;
use crate::shared::{MemberState, Shared};
use crate::worker::lb::LbWorker;
use crate::worker::registry::Worker;
use crate::worker::HostAddresses;

/// A page over the balancer `lb` and the worker `alone`.
pub(super) struct Bench {
    pub(super) page: StatusWorker,
    settings: WorkersSettings,
    /// Those of one virtual host.
    pub(super) rules: Vec<Arc<Rule>>,
    shared: Arc<Shared>,
    pub(super) workers: Workers,
    logger: Logger,
}

fn settings(name: &str) -> StatusSettings {
    let words = |text: &str| text.split(',').map(str::to_owned).collect();
    StatusSettings {
        name: name.to_owned(),
        css: None,
        read_only: false,
        update_methods: UpdateMethods::Any,
        users: Vec::new(),
        user_case_insensitive: false,
        good: words("a.o,a.n,a.b,a.r"),
        bad: words("s,e"),
        prefix: "worker".to_owned(),
        ns: "jk:".to_owned(),
        xmlns: "xmlns:jk=\"http://tomcat.apache.org\"".to_owned(),
        doctype: None,
    }
}

impl Bench {
    /// With the members t1 and t2.
    fn new() -> Self {
        Self::with_members(&["t1", "t2"])
    }

    pub(super) fn with_members(names: &[&str]) -> Self {
        let mut lb = lb_settings("lb", names);
        lb.members.iter_mut().for_each(|member| member.worker.host = "127.0.0.1".to_owned());
        Self::of(settings_of(&[lb], &["alone"]))
    }

    pub(super) fn of(settings_of_all: WorkersSettings) -> Self {
        let shared = Shared::create(None, &settings_of_all, 2).expect("memory");
        let logger = Logger::capture(Level::Info);
        let workers = Self::workers(&settings_of_all, &shared, &logger);
        let page = StatusWorker::new(settings("st"));
        let rule = Rule::worker_mount(b"/shop/*", "lb", None).expect("a pattern");
        Self { page, settings: settings_of_all, rules: vec![Arc::new(rule)], shared, workers, logger }
    }

    fn workers(settings: &WorkersSettings, shared: &Arc<Shared>, logger: &Logger) -> Workers {
        Workers::build(settings, &HostAddresses::new(), shared, logger.with_id("-"))
    }

    /// Workers of another process with the same memory.
    fn elsewhere(&self) -> Workers {
        Self::workers(&self.settings, &self.shared, &self.logger)
    }

    pub(super) fn ask(&self, query: &str) -> String {
        self.ask_as(query, None)
    }

    fn ask_as(&self, query: &str, user: Option<&str>) -> String {
        self.answer(query, "", user).body
    }

    pub(super) fn answer(&self, query: &str, form: &str, user: Option<&str>) -> Answer {
        self.answer_to(query, form, user, None)
    }

    fn answer_to(&self, query: &str, form: &str, user: Option<&str>, accept: Option<&str>) -> Answer {
        let ask = self.asking(query, form);
        self.answer_as(&Ask { user: user.map(str::as_bytes), accept: accept.map(str::as_bytes), ..ask })
    }

    /// A tool's request.
    fn asking<'a>(&'a self, query: &'a str, form: &'a str) -> Ask<'a> {
        Ask {
            query: query.as_bytes(),
            form: form.as_bytes(),
            method: if form.is_empty() { b"GET" } else { b"POST" },
            user: None,
            address: b"10.0.0.1",
            origin: Origin::default(),
            accept: None,
            server: (b"www.example.org", 80),
            log: self.logger.with_id("-"),
        }
    }

    fn answer_as(&self, ask: &Ask<'_>) -> Answer {
        let around = Surroundings {
            workers: &self.workers,
            settings: &self.settings,
            earlier_processes: 0,
            software: "Apache".to_owned(),
            hosts: vec![HostRules { server: "main:80".to_owned(), rules: self.rules.clone() }],
            choice: &OneHost(&self.rules),
            properties: &[("worker.a".to_owned(), "<&>\"\n".to_owned())],
            strftime,
        };
        self.page.answer(ask, &around)
    }

    /// Counts changes.
    pub(super) fn changes(&self) -> u64 {
        self.shared.changes()
    }

    /// The message of the result.
    fn result(&self, query: &str) -> String {
        let text = self.ask(&format!("{query}&mime=txt"));
        let (_, result) = text.split_once("Result: type=").expect("a result");
        result.trim_end().to_owned()
    }

    pub(super) fn lb(workers: &Workers) -> &LbWorker<crate::worker::ajp13::Ajp13Worker> {
        match workers.get("lb") {
            Some(Worker::Lb(lb)) => lb,
            _ => panic!("lb is a balancer"),
        }
    }
}

/// A virtual host that answers to www.example.org.
struct OneHost<'b>(&'b [Arc<Rule>]);

impl Hosts for OneHost<'_> {
    fn choose(&self, name: Option<(&str, Option<u16>)>) -> Chosen<'_> {
        let by = match name {
            None => ChosenBy::Page,
            Some(("www.example.org", None | Some(80))) => ChosenBy::Name,
            Some(("www.example.org", _)) => ChosenBy::NameElsewhere,
            Some(_) => ChosenBy::Default,
        };
        Chosen {
            server: "www.example.org [*:80]".to_owned(),
            place: Some("httpd.conf:12".to_owned()),
            by,
            ignored_port: name.and_then(|(_, port)| port).filter(|port| *port > 81),
            map: Some(Arc::new(RuleMap::new(self.0.iter().cloned()))),
            objection: Box::new(|_, clean| {
                clean.contains(&b'%').then_some("refused with 400 by RejectUnsafeURI")
            }),
        }
    }
}

const DONE: &str = "OK message=\"Action finished\"";

#[test]
fn the_order_of_checks_is_that_of_the_reference() {
    let mut bench = Bench::new();
    let message = |bench: &Bench, query: &str| bench.result(query);
    assert_eq!(message(&bench, "cmd=nix"), "ERROR message=\"Invalid command.\"");
    for (query, expected) in [
        ("cmd=show", "NULL or EMPTY worker param"),
        ("cmd=show&w=", "NULL or EMPTY worker param"),
        ("cmd=show&w=nix", "Could not find given worker"),
        ("cmd=show&w=lb&sw=", "EMPTY sub worker param"),
        ("cmd=show&w=lb&sw=nix", "could not find sub worker"),
        ("cmd=show&w=lb&sw=t*", "wildcard not allowed in sub worker for this command"),
        ("cmd=show&w=alone&sw=x", "worker type has no sub workers"),
        ("cmd=recover&w=lb&sw=t1", "Marking worker for recovery failed"),
        ("cmd=recover&w=lb", "Marking worker for recovery failed"),
        ("cmd=reset&w=lb&opt=32", "This command is not allowed in read only mode."),
        ("cmd=update&w=lb&sw=zz*&vwa=d", "could not find sub worker"),
    ] {
        assert_eq!(message(&bench, query), format!("ERROR message=\"{expected}\""), "{query}");
    }
    assert!(bench.ask("mime=nix").ends_with("worker.result.message=Invalid mime type.\n"));
    bench.page.settings.users = vec!["Admin".to_owned()];
    assert!(bench.ask_as("mime=txt", Some("admin")).ends_with("message=\"Access denied.\"\n"));
    assert!(bench.ask_as("mime=txt", Some("Admin")).ends_with(&format!("{DONE}\n")));
    bench.page.settings.user_case_insensitive = true;
    assert!(bench.ask_as("mime=txt", Some("admin")).ends_with(&format!("{DONE}\n")));
}

#[test]
fn every_parameter_changes_what_it_says_in_all_processes() {
    let bench = Bench::new();
    let elsewhere = bench.elsewhere();
    assert_eq!(
        bench.result(
            "cmd=update&w=lb&sw=t1&vwa=d&vwf=3&vwn=rr.1&vwr=t2&vwd=2&vwdt=60&vahst=127.0.0.2&vaprt=81&vacpt=5&vapng=1\
             &vact=2&vapt=3&vart=4&var=5&vari=6&vacpi=7&varo=8&vabl=9&vamps=9000"
        ),
        DONE
    );
    let member = Bench::lb(&elsewhere).current_member(0);
    assert_eq!((member.activation, member.lbfactor, member.distance), (Activation::Disabled, 3, 2));
    assert_eq!((member.route.as_str(), member.domain.as_deref()), ("rr.1", Some("rr")), "as from a.b");
    assert_eq!(member.redirect.as_deref(), Some("t2"));
    assert_eq!(member.drain_timeout, Some(Duration::from_secs(60)));
    let tomcat = (**Bench::lb(&elsewhere).members()[0].backend().settings()).clone();
    let millis = |number| Some(Duration::from_millis(number));
    assert_eq!((tomcat.host.as_str(), tomcat.port), ("127.0.0.2", 81));
    assert_eq!(tomcat.connection_pool_timeout, Some(Duration::from_secs(5)));
    assert_eq!((Some(tomcat.ping_timeout), tomcat.connect_ping), (millis(1), millis(2)));
    assert_eq!((tomcat.prepost_ping, tomcat.reply_timeout), (millis(3), millis(4)));
    assert_eq!((tomcat.retries, Some(tomcat.retry_interval)), (5, millis(6)));
    assert_eq!(tomcat.connection_ping_interval, Some(Duration::from_secs(7)));
    assert_eq!((tomcat.recovery.bits(), tomcat.busy_limit), (8, Some(9)));
    assert_eq!(tomcat.max_packet_size, 9216, "rounded up");
    let query = "cmd=update&w=lb&vlr=4&vlri=5&vlt=70&vlee=8&vlx=9&vls=0&vlf=on&vlm=B&vll=P";
    assert_eq!(bench.result(query), DONE);
    let lb = {
        elsewhere.get("lb");
        Bench::lb(&elsewhere).current_settings()
    };
    assert_eq!((lb.retries, lb.recover_time.as_secs(), lb.error_escalation_time.as_secs()), (4, 70, 8));
    assert_eq!((lb.max_reply_timeouts, lb.sticky_session, lb.sticky_session_force), (9, false, true));
    assert_eq!(lb.method, LbMethod::Busyness);
}

#[test]
fn one_attribute_of_all_and_wildcards() {
    let bench = Bench::new();
    assert_eq!(bench.result("cmd=update&w=lb&att=vwf&val0=7&val1=8"), DONE);
    let factors = |bench: &Bench| {
        let lb = Bench::lb(&bench.workers);
        [lb.current_member(0).lbfactor, lb.current_member(1).lbfactor]
    };
    assert_eq!(factors(&bench), [7, 8]);
    assert_eq!(bench.result("cmd=update&w=lb&sw=*1&vwf=2"), DONE);
    assert_eq!(factors(&bench), [2, 8]);
    assert_eq!(bench.result("cmd=update&w=lb&att=nix&val0=1"), DONE, "an unknown attribute changes nothing");
}

#[test]
fn a_bad_value_is_named_and_nothing_is_applied() {
    let bench = Bench::new();
    let before = bench.shared.changes();
    for (query, expected) in [
        (
            "sw=t1&vwf=9&vwa=foo",
            "vwa=foo (activation of sub worker 't1'): expected Active, Disabled, Stopped",
        ),
        ("sw=t1&vwf=0", "vwf=0 (lbfactor of sub worker 't1'): expected 1 or more"),
        ("sw=t1&vwf=9x", "vwf=9x (lbfactor of sub worker 't1'): expected 1 or more"),
        ("sw=t1&vwn=", "vwn= (route of sub worker 't1'): expected a name"),
        ("sw=t1&vahst=", "vahst= (host of sub worker 't1'): expected a name"),
        ("sw=t1&vwd=-1", "vwd=-1 (distance of sub worker 't1'): expected 0 or more"),
        ("sw=t1&vwd=1&vart=-1", "vart=-1 (reply_timeout of sub worker 't1'): expected 0 or more"),
        ("sw=t1&vamps=100", "vamps=100 (max_packet_size of sub worker 't1'): expected 8192 to 65536"),
        ("vls=maybe&vlr=3", "vls=maybe (sticky_session of balancer 'lb'): expected true or false"),
        ("sw=t*&vwn=t2", "route 't2' for sub worker 't1' is that of sub worker 't2'"),
    ] {
        let result = bench.result(&format!("cmd=update&w=lb&{query}"));
        assert!(
            result.starts_with(&format!("ERROR message=\"Update failed: {expected}")),
            "{query}: {result}"
        );
    }
    let long = "r".repeat(64);
    assert_eq!(
        bench.result(&format!("cmd=update&w=lb&sw=t1&vwn={long}")),
        format!(
            "ERROR message=\"Update failed (at least partially): new route '{long}' too long for sub worker 't1', see \
             log file for details.\""
        )
    );
    assert_eq!(
        bench.result("cmd=update&w=lb&sw=t1&vwf=3&vahst=no.such.host.invalid"),
        "ERROR message=\"Update failed (at least partially): could not resolve address 'no.such.host.invalid:8009' for \
         sub worker 't1'.\""
    );
    assert_eq!(bench.shared.changes(), before);
}

#[test]
fn changes_are_told_with_user_address_and_both_values() {
    let bench = Bench::new();
    bench.ask_as("cmd=update&w=lb&sw=t1&vwa=d&vwf=1&mime=txt", Some("admin"));
    bench.ask("cmd=reset&w=lb&sw=t1&mime=txt");
    let told: Vec<String> =
        bench.logger.captured().into_iter().filter(|line| line.contains(" status: ")).collect();
    assert_eq!(
        told,
        [
            "[info] status: admin from 10.0.0.1 changes activation of lb/t1 from 'Active' to 'Disabled'",
            "[info] status: somebody from 10.0.0.1 resets lb/t1",
        ]
    );
}

#[test]
fn reset_and_recover_do_what_the_reference_says() {
    let bench = Bench::new();
    let lb = Bench::lb(&bench.workers);
    let member = &lb.members()[0];
    let error =
        crate::shared::Health { state: MemberState::Error, first_error: Some(1), last_error: Some(1) };
    member.record().update_health(|_| Some(error));
    member.record().count_session();
    member.worker().count_used();
    assert_eq!(bench.result("cmd=recover&w=lb&sw=t1"), DONE);
    assert_eq!(member.record().health().state, MemberState::Recover);
    assert_eq!(bench.result("cmd=reset&w=lb"), DONE);
    assert_eq!(member.record().health(), crate::shared::Health::default());
    assert_eq!((member.record().sessions(), member.worker().used()), (0, 0));
}

#[test]
fn nothing_breaks_out_of_its_place() {
    let bench = Bench::new();
    let xml = bench.ask("cmd=dump&mime=xml");
    assert!(xml.contains("    worker.a=\"&lt;&amp;&gt;&quot; \"\n"), "{xml}");
    assert!(bench.ask("cmd=dump&mime=prop").contains("\nworker.a=<&>\" \n"));
    let masked = "cmd=update&w=lb&sw=t1&vwr=%3Cb%3E&mime=txt";
    bench.ask(masked);
    assert!(bench.ask("mime=txt").contains(" redirect=\"@b@\" "));
}
