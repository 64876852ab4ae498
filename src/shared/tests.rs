//! Tests of the records, of the slots of children, and of what other processes see.

use std::process::Command;

use super::children::NoFreeSlot;
use super::*;
use crate::config::settings::samples::{lb_settings, settings_of};
use crate::config::settings::*;

/// Memory without a file for the balancers `lbs` and the ajp13 workers `ajp`.
pub(crate) fn shared_with(lbs: &[LbSettings], ajp: &[&str]) -> Arc<Shared> {
    Shared::create(None, &settings_of(lbs, ajp), 4).expect("anonymous memory")
}

/// The memory of `shared` as another process sees it.
pub(crate) fn other_process(shared: &Shared) -> Shared {
    Shared::view(Arc::clone(&shared.segment), shared.layout.clone()).expect("second view")
}

/// The number of a process that has ended.
pub(super) fn ended_process() -> u32 {
    let mut child = Command::new("true").spawn().expect("a process");
    child.wait().expect("its end");
    child.id()
}

#[test]
fn a_worker_has_one_record_however_many_balancers_use_it() {
    let shared = shared_with(&[lb_settings("a", &["t1", "t2"]), lb_settings("b", &["t1"])], &["t1", "t3"]);
    let _in_flight = shared.ajp("t1").expect("t1").request_started();
    assert_eq!(shared.ajp("t1").expect("t1").used(), 1);
    assert_eq!(shared.ajp("t2").expect("t2").used(), 0);
    shared.member("a", "t1").expect("t1 in a").count_session();
    assert_eq!(shared.member("b", "t1").expect("t1 in b").sessions(), 0);
    assert!(shared.ajp("t4").is_none() && shared.lb("c").is_none() && shared.member("b", "t2").is_none());
}

#[test]
fn records_know_their_names() {
    let shared = shared_with(&[lb_settings("lb", &["t1", "t2"])], &[]);
    let member = shared.member("lb", "t2").expect("t2");
    let names = [shared.lb("lb").expect("lb").name(), shared.ajp("t1").expect("t1").name(), member.name()];
    assert_eq!(names, ["lb", "t1", "t2"]);
}

#[test]
fn cells_of_a_balancer_lie_in_the_order_of_its_members() {
    let shared = shared_with(&[lb_settings("a", &["t1"]), lb_settings("b", &["t1", "t2"])], &[]);
    shared.member("b", "t2").expect("t2").charge(7);
    shared.member("a", "t1").expect("t1").charge(5);
    let loads = |lb| shared.lb(lb).expect("planned").cells().iter().map(Cell::load).collect::<Vec<_>>();
    assert_eq!((loads("a"), loads("b")), (vec![5], vec![0, 7]));
}

#[test]
fn as_many_requests_are_let_in_as_there_are_places_however_many_come_at_once() {
    const ARRIVALS: usize = 4;
    let parent = shared_with(&[], &["t1"]);
    let processes = [other_process(&parent), other_process(&parent)];
    for (process, pid) in processes.iter().zip([std::process::id(), 1]) {
        process.attach_child(pid).expect("slot");
    }
    let workers: Vec<_> = (0..ARRIVALS).map(|n| processes[n % 2].ajp("t1").expect("t1")).collect();
    let barrier = std::sync::Barrier::new(ARRIVALS);
    let run = |worker: &AjpHandle| {
        let mut admitted = 0;
        for _ in 0..2000 {
            barrier.wait();
            let place = worker.request_admitted(2);
            barrier.wait();
            admitted += usize::from(place.is_some());
            drop(place);
        }
        admitted
    };
    let admitted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = workers.iter().map(|worker| scope.spawn(|| run(worker))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    assert_eq!(admitted, 2 * 2000);
    let record = workers[0].snapshot();
    assert_eq!((record.busy, record.max_busy, record.used), (0, 2, ARRIVALS as u64 * 2000));
}

#[test]
fn busy_and_connected_are_summed_over_processes() {
    let parent = shared_with(&[lb_settings("lb", &["t1"])], &[]);
    let (one, two) = (other_process(&parent), other_process(&parent));
    one.attach_child(std::process::id()).expect("slot");
    two.attach_child(1).expect("slot");
    let (first, second) = (one.ajp("t1").expect("t1"), two.ajp("t1").expect("t1"));
    let guards = [first.request_started(), second.request_started(), second.request_started()];
    let _lb = two.lb("lb").expect("lb").request_started();
    second.connection_opened();
    assert_eq!((first.busy(), first.connected(), parent.lb("lb").expect("lb").busy()), (3, 1, 1));
    drop(guards);
    assert_eq!(parent.ajp("t1").expect("t1").busy(), 0);
    let snapshot = second.snapshot();
    assert_eq!((snapshot.used, snapshot.max_busy, snapshot.max_connected), (3, 3, 1));
}

#[test]
fn a_killed_childs_counts_are_taken_back() {
    for by_parent in [true, false] {
        let parent = shared_with(&[lb_settings("lb", &["t1"])], &[]);
        let child = other_process(&parent);
        let dead = ended_process();
        child.attach_child(dead).expect("slot");
        std::mem::forget(child.ajp("t1").expect("t1").request_started());
        std::mem::forget(child.lb("lb").expect("lb").request_started());
        child.ajp("t1").expect("t1").connection_opened();
        match by_parent {
            true => parent.release_child(dead),
            false => parent.sweep(),
        }
        let snapshot = parent.ajp("t1").expect("t1").snapshot();
        assert_eq!((snapshot.busy, snapshot.connected, snapshot.used), (0, 0, 1));
        assert_eq!(parent.lb("lb").expect("lb").busy(), 0);
    }
}

#[test]
fn processes_are_those_that_have_a_slot() {
    let parent = shared_with(&[], &["t1"]);
    let children = [other_process(&parent), other_process(&parent)];
    assert_eq!(parent.processes(), 0);
    children.iter().zip(1..).for_each(|(child, pid)| child.attach_child(pid).expect("slot"));
    assert_eq!(parent.processes(), 2);
    children[0].detach_child(1);
    assert_eq!(children[1].processes(), 1);
}

#[test]
fn slots_run_out_and_come_back() {
    let parent = Shared::create(None, &settings_of(&[], &["t1"]), 2).expect("memory");
    let processes: Vec<Shared> = (0..3).map(|_| other_process(&parent)).collect();
    let alive = std::process::id();
    assert_eq!(processes[0].attach_child(1), Ok(()));
    assert_eq!(processes[1].attach_child(alive), Ok(()));
    assert_eq!(processes[2].attach_child(2), Err(NoFreeSlot));
    let _guard = processes[2].ajp("t1").expect("t1").request_started();
    assert_eq!(parent.ajp("t1").expect("t1").busy(), 1, "it counts in the parent's slot");
    processes[1].detach_child(alive);
    assert_eq!(processes[2].attach_child(2), Ok(()));
    assert_eq!(parent.ajp("t1").expect("t1").busy(), 1);
}

#[test]
fn a_new_child_takes_over_the_slot_of_a_dead_one() {
    let parent = Shared::create(None, &settings_of(&[], &["t1"]), 1).expect("memory");
    let (dead, alive) = (other_process(&parent), other_process(&parent));
    dead.attach_child(ended_process()).expect("slot");
    std::mem::forget(dead.ajp("t1").expect("t1").request_started());
    alive.attach_child(std::process::id()).expect("the dead child's slot");
    assert_eq!(parent.ajp("t1").expect("t1").busy(), 0);
}

#[test]
fn a_guard_ends_in_the_slot_in_which_it_began() {
    let shared = shared_with(&[], &["t1"]);
    let guard = shared.ajp("t1").expect("t1").request_started();
    shared.attach_child(std::process::id()).expect("slot");
    drop(guard);
    shared.detach_child(std::process::id());
    assert_eq!(shared.ajp("t1").expect("t1").busy(), 0);
}

#[test]
fn threads_of_an_ending_process_touch_no_count_of_the_next_owner() {
    let parent = Shared::create(None, &settings_of(&[], &["t1"]), 1).expect("memory");
    let (ending, next) = (other_process(&parent), other_process(&parent));
    let [late, counting] = [&ending, &next].map(|process| process.ajp("t1").expect("t1"));
    ending.attach_child(1).expect("slot");
    let under_way = late.request_started();
    let slot = ending.children.own();
    ending.detach_child(1);
    ending.children.raise(slot, 1); // by a thread that had looked up its slot before
    next.attach_child(std::process::id()).expect("the same slot");
    assert_eq!(parent.ajp("t1").expect("t1").busy(), 0, "a slot is empty when it is claimed");
    let _guard = counting.request_started();
    counting.connection_opened();
    drop(under_way);
    std::mem::forget(late.request_started());
    late.connection_closed();
    let snapshot = parent.ajp("t1").expect("t1").snapshot();
    assert_eq!((snapshot.busy, snapshot.connected), (1, 1));
}

#[test]
fn what_a_late_thread_added_to_nobodys_slot_is_swept_away() {
    let parent = Shared::create(None, &settings_of(&[], &["t1"]), 1).expect("memory");
    let ending = other_process(&parent);
    let late = ending.ajp("t1").expect("t1");
    ending.attach_child(1).expect("slot");
    let slot = ending.children.own();
    ending.detach_child(1);
    ending.children.raise(slot, 1);
    assert_eq!(late.busy(), 1);
    parent.sweep();
    assert_eq!(late.busy(), 0);
    ending.attach_child(1).expect("the slot is free again");
}

#[test]
fn many_children_count_apart() {
    const CHILDREN: u32 = 40;
    let settings = settings_of(&[lb_settings("lb", &["t1", "t2"])], &["t3"]);
    let parent = Shared::create(None, &settings, CHILDREN as usize).expect("memory");
    let children: Vec<Shared> = (0..CHILDREN).map(|_| other_process(&parent)).collect();
    let names = ["t1", "t2", "t3"];
    for (child, number) in children.iter().zip(1..) {
        child.attach_child(number).expect("a slot for each");
        for (worker, times) in names.map(|name| child.ajp(name).expect("planned")).iter().zip(1..) {
            (0..times * number).for_each(|_| worker.connection_opened());
        }
        std::mem::forget(child.lb("lb").expect("planned").request_started());
    }
    let sums = || names.map(|name| parent.ajp(name).expect("planned").connected());
    let all = CHILDREN * (CHILDREN + 1) / 2;
    assert_eq!(sums(), [all, 2 * all, 3 * all]);
    parent.release_child(17);
    assert_eq!(sums(), [all - 17, 2 * (all - 17), 3 * (all - 17)]);
    assert_eq!(names.map(|name| parent.ajp(name).expect("planned").busy()), [0; 3]);
    assert_eq!(parent.lb("lb").expect("planned").busy(), CHILDREN - 1);
}

#[test]
fn health_survives_packing() {
    let base = 1_700_000_000;
    for state in MemberState::ALL {
        let health = Health { state, first_error: Some(base), last_error: Some(base + 1_000_000) };
        assert_eq!(Health::unpack(health.pack(base), base), health);
    }
    assert_eq!(Health::default().pack(base), 0, "fresh memory is an idle member");
    assert_eq!(Health::unpack(u64::MAX, base).state, MemberState::Error);
    let early = Health { first_error: Some(base - 50), ..Health::default() };
    assert_eq!(Health::unpack(early.pack(base), base).first_error, Some(base));
}

#[test]
fn a_new_memory_goes_on_with_what_an_earlier_one_knew() {
    let settings = settings_of(&[lb_settings("lb", &["t1"])], &[]);
    let [old, new] = [(); 2].map(|()| Shared::create(None, &settings, 1).expect("memory"));
    let at = now() - 500;
    let ajp = AjpSnapshot {
        used: 1,
        read: 2,
        transferred: 3,
        errors: 4,
        client_errors: 5,
        reply_timeouts: 6,
        max_busy: 7,
        max_connected: 8,
        error_time: 9,
        last_reset: 10,
        figures: Figures { retries: 11, latency_sum: 12, ..Figures::default() },
        ..AjpSnapshot::default()
    };
    let health = Health { state: MemberState::Error, first_error: Some(at), last_error: Some(at + 1) };
    let member = MemberSnapshot {
        health,
        load: 1,
        sessions: 2,
        errors: 3,
        draining_since: Some(4),
        drain: Some(Drain { ordered: 8, until: None }),
        session_requests: 5,
    };
    let lb = LbSnapshot { max_busy: 1, last_reset: 2, balanced: [3, 4, 5, 6, 7] };
    old.make_room_for_errors_since(at);
    let record = |shared: &Shared| shared.member("lb", "t1").expect("t1");
    old.ajp("t1").expect("t1").restore(&ajp);
    record(&old).restore(&member, now());
    old.lb("lb").expect("lb").restore(&lb);
    let guard = old.ajp("t1").expect("t1").request_started();
    let busy = AjpSnapshot { used: 2, busy: 1, ..ajp };
    assert_eq!(old.ajp("t1").expect("t1").snapshot(), busy);
    assert_eq!(record(&old).snapshot(now()), member);
    assert_eq!(old.lb("lb").expect("lb").snapshot(), lb);
    new.ajp("t1").expect("t1").restore(&old.ajp("t1").expect("t1").snapshot());
    assert_eq!(
        new.ajp("t1").expect("t1").snapshot(),
        AjpSnapshot { busy: 0, ..busy },
        "nothing is in flight"
    );
    record(&new).restore(&member, now());
    let first_error = record(&new).health().first_error;
    assert!(first_error > Some(at), "no room was made for it: {first_error:?}");
    drop(guard);
}

#[test]
fn health_changes_only_if_asked_to() {
    let shared = shared_with(&[lb_settings("lb", &["t1"])], &[]);
    let member = shared.member("lb", "t1").expect("t1");
    let at = now() + 5;
    let error = Health { state: MemberState::Error, first_error: Some(at), last_error: Some(at) };
    assert_eq!(member.update_health(|_| Some(error)), (Health::default(), error));
    assert_eq!(member.update_health(|_| None), (error, error));
    assert_eq!(member.health(), error);
}

#[test]
fn maintenance_is_claimed_once_per_interval() {
    let shared = shared_with(&[], &[]);
    let other = other_process(&shared);
    let start = now() + 1000;
    assert!(shared.claim_maintenance(start, 60).is_some());
    assert_eq!(other.claim_maintenance(start + 59, 60), None);
    assert_eq!(other.claim_maintenance(start + 60, 60), Some(1));
    assert_eq!(shared.claim_maintenance(start + 60, 60), None);
    assert_eq!(shared.claim_maintenance(start + 60 + 179, 60), Some(2));
    assert_eq!(
        shared.claim_maintenance(start - 500, 60),
        Some(0),
        "a clock that was set back does not stop it"
    );
}

#[test]
fn reply_timeouts_age_by_halves_without_overflow() {
    let shared = shared_with(&[lb_settings("a", &["t1"]), lb_settings("b", &["t1"])], &["t1"]);
    let record = shared.ajp("t1").expect("t1");
    (0..9).for_each(|_| record.count_reply_timeout());
    shared.age_reply_timeouts(1);
    assert_eq!(record.reply_timeouts(), 4, "once, although two balancers use the worker");
    shared.age_reply_timeouts(1000);
    assert_eq!(record.reply_timeouts(), 0);
}

#[test]
fn the_file_carries_pid_magic_and_names() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("jk.shm");
    let shared = Shared::create(Some(&path), &settings_of(&[], &["tomcat1"]), 2).expect("memory");
    let file = shared.segment.path().expect("a file");
    assert!(file.to_string_lossy().starts_with(&format!("{}.{}.", path.display(), std::process::id())));
    let octets = std::fs::read(file).expect("file");
    assert_eq!(octets[..8], header::MAGIC);
    assert!(octets.windows(7).any(|window| window == b"tomcat1"));
}

#[test]
fn five_hundred_members_take_little_memory() {
    let names: Vec<String> = (0..500).map(|number| format!("tomcat{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let layout = Layout::plan(&settings_of(&[lb_settings("lb", &names)], &[]), 64);
    let values = layout.changeable() * size_of::<super::values::ValuesRecord>();
    let hosts = names.len() * size_of::<super::host::HostRecord>();
    let figures = names.len() * size_of::<super::figures::FiguresRecord>();
    let used = layout.size() - values - hosts - figures;
    assert!(used < 640 * 1024, "{used} octets before anything is changed");
}

#[test]
fn that_a_container_was_heard_outlives_its_counters() {
    let worker = AjpHandle::standalone_for_tests("w");
    assert!(!worker.was_heard());
    worker.note_heard();
    worker.add_read(5);
    worker.reset(1);
    assert!(worker.was_heard() && worker.read() == 0);
    assert!(worker.is_first(Hint::Silence) && !worker.is_first(Hint::Silence), "hints are apart");
}
