//! What is known of a host, who tells it whom, and what happens to connections when it changes.

use super::*;
use crate::config::settings::Ajp13Settings;
use crate::log::{Level, Logger};
use crate::shared::AjpHandle;
use crate::worker::ajp13::tests::settings;

fn address(host: &str, port: u16) -> Address {
    let record = AjpHandle::standalone_for_tests("tomcat").host().clone();
    of(&Ajp13Settings { host: host.to_owned(), ..settings(port) }, &HostAddresses::new(), record)
}

fn of(settings: &Ajp13Settings, names: &HostAddresses, record: HostHandle) -> Address {
    Address::new(settings, names, record, &Arc::default())
}

/// The same worker in two processes that know `tomcat` as 10.0.0.1.
fn two_processes() -> [Address; 2] {
    let record = AjpHandle::standalone_for_tests("tomcat").host().clone();
    let names = HostAddresses::from([("tomcat".to_owned(), Named::found(vec![ip("10.0.0.1")]))]);
    let settings = Ajp13Settings { host: "tomcat".to_owned(), ..settings(8009) };
    [record.clone(), record].map(|record| of(&settings, &names, record))
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn sockets(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn literals_are_taken_as_they_are() {
    assert_eq!(address("127.0.0.1", 8009).target().all, sockets(&["127.0.0.1:8009"]));
    assert_eq!(address("::1", 8009).target().all, sockets(&["[::1]:8009"]));
}

#[test]
fn port_0_and_unknown_names_have_no_contact() {
    assert!(!address("127.0.0.1", 0).has_contact());
    assert!(!address("no.such.host.invalid", 8009).has_contact());
    assert!(!address("127.0.0.1:8009", 8009).has_contact());
}

#[test]
fn names_are_known_from_the_start_and_not_asked_for() {
    let names = HostAddresses::from([
        ("tomcat".to_owned(), Named::found(vec![ip("10.0.0.1"), ip("::1")])),
        ("here".to_owned(), Named::found(vec![ip("127.0.0.2")])),
    ]);
    let (host, source) = ("tomcat".to_owned(), Some("here".to_owned()));
    let settings = Ajp13Settings { host, source, prefer_ipv6: true, ..settings(8009) };
    let address = of(&settings, &names, AjpHandle::standalone_for_tests("tomcat").host().clone());
    assert_eq!(address.target().all, sockets(&["[::1]:8009", "10.0.0.1:8009"]));
    assert_eq!(address.source_for(&address.target().all[1]), Some("127.0.0.2:0".parse().unwrap()));
}

#[test]
fn prefer_ipv6_moves_addresses_and_loses_none() {
    let found = sockets(&["1.1.1.1:0", "[::1]:0", "2.2.2.2:0", "[::2]:0"]);
    let resolvers = sockets(&["1.1.1.1:1", "[::1]:1", "2.2.2.2:1", "[::2]:1"]);
    assert_eq!(in_order(found.clone(), 1, false), resolvers);
    assert_eq!(in_order(found.clone(), 1, true), sockets(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "2.2.2.2:1"]));
    assert_eq!(in_order(found, 0, true), []);
}

#[test]
fn source_is_used_for_its_own_family() {
    let settings = Ajp13Settings { source: Some("127.0.0.2".to_owned()), ..settings(1) };
    let record = AjpHandle::standalone_for_tests("tomcat").host().clone();
    let address = of(&settings, &HostAddresses::new(), record);
    let remote = |text: &str| text.parse::<SocketAddr>().unwrap();
    assert_eq!(address.source_for(&remote("127.0.0.1:1").into()), Some(remote("127.0.0.2:0")));
    assert_eq!(address.source_for(&remote("[::1]:1").into()), None);
}

#[test]
fn only_names_become_doubtful() {
    for (host, port, doubtful) in [("127.0.0.1", 1, false), ("::1", 1, false), ("tomcat", 0, false)] {
        let address = address(host, port);
        address.doubt();
        assert_eq!(address.doubted.load(Relaxed) != 0, doubtful, "{host}:{port}");
    }
    let address = address("tomcat", 1);
    address.doubt();
    assert!(address.doubted.load(Relaxed) != 0);
}

#[test]
fn what_one_process_is_told_the_other_takes_when_it_connects() {
    let [one, other] = two_processes();
    let found = sockets(&["10.0.0.2:0", "[::2]:0"]);
    assert!(one.adopt("tomcat", found.clone()));
    one.record.tell("tomcat", &found);
    assert_eq!(other.target().all, sockets(&["10.0.0.1:8009"]));
    let logger = Logger::capture(Level::Debug);
    assert_eq!(other.current(logger.with_id("")).all, sockets(&["10.0.0.2:8009", "[::2]:8009"]));
    other.current(logger.with_id(""));
    assert_eq!(logger.captured().len(), 1, "{:?}", logger.captured());
    assert!(other.has_moved() && !other.has_moved());
}

#[test]
fn another_order_of_the_same_addresses_is_no_change() {
    let address = address("tomcat", 8009);
    assert!(address.adopt("tomcat", sockets(&["10.0.0.1:0", "10.0.0.2:0"])));
    assert!(!address.adopt("tomcat", sockets(&["10.0.0.2:0", "10.0.0.1:0"])));
    assert_eq!(address.target().all, sockets(&["10.0.0.1:8009", "10.0.0.2:8009"]));
    assert!(address.adopt("tomcat", sockets(&["10.0.0.2:0"])));
}

#[test]
fn a_connection_is_at_home_as_long_as_the_host_has_its_address() {
    let address = address("tomcat", 8009);
    address.adopt("tomcat", sockets(&["10.0.0.1:0", "10.0.0.2:0"]));
    let target = address.target();
    let [mut one, mut two] = [0, 1].map(|index| target.peer(&target.all[index]));
    assert!(address.is_home_of(&mut one) && address.is_home_of(&mut two));
    address.adopt("tomcat", sockets(&["10.0.0.2:0", "10.0.0.3:0"]));
    assert_eq!([address.is_home_of(&mut one), address.is_home_of(&mut two)], [false, true]);
    assert_eq!(two.target, address.number.load(Relaxed), "the next look is one at a number");
}

#[test]
fn answers_for_another_host_change_nothing() {
    let address = address("tomcat", 8009);
    address.adopt("tomcat", sockets(&["10.0.0.1:0"]));
    assert!(!address.adopt("other", sockets(&["10.0.0.9:0"])));
    assert_eq!(address.target().all, sockets(&["10.0.0.1:8009"]));
}

#[test]
fn host_and_port_change_together() {
    let address = address("127.0.0.1", 1);
    std::thread::scope(|scope| {
        let changing = scope.spawn(|| {
            for round in 0..2000u16 {
                let last = (round % 2 + 1) as u8;
                address.retarget(&format!("127.0.0.{last}"), last.into(), &[]);
            }
        });
        while !changing.is_finished() {
            let target = address.target();
            assert_eq!(target.host, format!("127.0.0.{}", target.port));
            assert_eq!(target.all, [SocketAddr::from(([127, 0, 0, target.port as u8], target.port))]);
        }
    });
}

#[test]
fn connections_to_the_old_target_are_not_at_home_in_the_new_one() {
    let address = address("127.0.0.1", 8009);
    let target = address.target();
    let mut peer = target.peer(&target.all[0]);
    for (host, port, is_home) in
        [("127.0.0.1", 8010, false), ("127.0.0.2", 8009, false), ("127.0.0.1", 8009, true)]
    {
        address.retarget(host, port, &[]);
        assert!(address.has_moved());
        assert_eq!(address.is_home_of(&mut peer), is_home, "{host}:{port}");
    }
    address.retarget("127.0.0.1", 0, &[]);
    assert!(!address.has_contact() && !address.is_home_of(&mut peer));
}

#[test]
fn a_name_found_by_who_changes_the_target_is_known_to_the_others() {
    let logger = Logger::discard();
    let [one, other] = two_processes();
    one.retarget("new", 8010, &[ip("10.0.0.2"), ip("::2")]);
    assert_eq!(one.target().all, sockets(&["10.0.0.2:8010", "[::2]:8010"]));
    assert_eq!(other.current(logger.with_id("")).all, sockets(&["10.0.0.1:8009"]), "not changed yet");
    other.retarget("new", 8010, &[]);
    assert_eq!(other.target().all, one.target().all);
    one.retarget("tomcat", 8009, &[]);
    assert!(!one.has_contact(), "nobody knows the old one any more");
}

#[test]
fn another_port_keeps_the_addresses_of_the_name() {
    let [one, other] = two_processes();
    one.retarget("tomcat", 8010, &[]);
    assert_eq!(one.target().all, sockets(&["10.0.0.1:8010"]));
    assert_eq!(other.target().all, sockets(&["10.0.0.1:8009"]));
    other.retarget("tomcat", 8010, &[ip("10.0.0.3")]);
    assert_eq!(one.current(Logger::discard().with_id("")).all, sockets(&["10.0.0.3:8010"]));
}
