//! Where each record lies: header, ajp records, members, balancers, the members' cells, changed values, hosts, figures,
//! history, then the counters of each process.
//!
//! An ajp13 worker has one record however many balancers use it; a member has one per balancer
//! ("load-balancer, section 1"). Children inherit the plan by fork; who only looks at the
//! file makes it anew of the counts in the header, and of the names in the records ([`super::reading`]).

use std::collections::HashMap;
use std::mem::size_of;
use std::ops::Range;
use std::sync::atomic::AtomicU64;

use crate::config::settings::{LbSettings, WorkerKind, WorkersSettings};

use super::ajp::{AjpGauges, AjpRecord};
use super::children::Shape;
use super::figures::FiguresRecord;
use super::header::Header;
use super::history::HistoryRecord;
use super::host::HostRecord;
use super::lb::LbRecord;
use super::member::{Cell, MemberRecord};
use super::values::ValuesRecord;

/// Octets that two processes must not write to at the same time if they are to stay out of each other's way.
const CACHE_LINE: usize = 64;

/// Rows of counters before the first worker's: the owners of the slots.
const ROWS_BEFORE: usize = 1;

/// The plan of one configuration's records.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    ajp_names: Vec<String>,
    ajp: HashMap<String, usize>,
    lb: HashMap<String, Balancer>,
    members: HashMap<(String, String), usize>,
    slots: usize,
}

/// Its number among the balancers, and its members' among all.
#[derive(Clone, Debug)]
struct Balancer {
    index: usize,
    members: Range<usize>,
}

/// Where the record of a member lies, and the rest of it.
#[derive(Clone, Debug)]
pub(super) struct MemberPlace {
    /// Offset of the record.
    pub(super) record: usize,
    /// Its number among the members of the balancer.
    pub(super) cell: usize,
    /// Its number among all records with changeable values.
    pub(super) values: usize,
}

/// Where the record of a worker or balancer lies, and the rest of it.
#[derive(Clone, Debug)]
pub(super) struct Place<G> {
    /// Offset of the record.
    pub(super) record: usize,
    /// Numbers of the rows in which each process counts for it.
    pub(super) gauges: G,
    /// Its number among all records with changeable values.
    pub(super) values: usize,
}

impl Layout {
    /// Plans the records of `settings` and slots for the parent and `child_slots` children.
    pub(crate) fn plan(settings: &WorkersSettings, child_slots: usize) -> Self {
        let mut layout = Self {
            ajp_names: Vec::new(),
            ajp: HashMap::new(),
            lb: HashMap::new(),
            members: HashMap::new(),
            slots: child_slots + 1,
        };
        for worker in &settings.workers {
            match &worker.kind {
                WorkerKind::Ajp13(ajp) => layout.add_ajp(&ajp.name),
                WorkerKind::Lb(lb) => layout.add_lb(lb),
                WorkerKind::Status(_) => {}
            }
        }
        layout
    }

    fn add_ajp(&mut self, name: &str) {
        if !self.ajp.contains_key(name) {
            self.ajp.insert(name.to_owned(), self.ajp_names.len());
            self.ajp_names.push(name.to_owned());
        }
    }

    fn add_lb(&mut self, lb: &LbSettings) {
        if self.lb.contains_key(&lb.name) {
            return;
        }
        let first = self.members.len();
        for member in &lb.members {
            self.add_ajp(&member.worker.name);
            let index = self.members.len();
            self.members.entry((lb.name.clone(), member.worker.name.clone())).or_insert(index);
        }
        let (index, members) = (self.lb.len(), first..self.members.len());
        self.lb.insert(lb.name.clone(), Balancer { index, members });
    }

    /// The layout of memory that holds these workers, and balancers with their members, and `slots` in all.
    pub(super) fn found(ajp_names: Vec<String>, balancers: &[(String, Vec<String>)], slots: usize) -> Self {
        let ajp = ajp_names.iter().cloned().zip(0..).collect();
        let mut layout = Self { ajp_names, ajp, lb: HashMap::new(), members: HashMap::new(), slots };
        for (index, (lb, members)) in balancers.iter().enumerate() {
            let first = layout.members.len();
            let numbered = members.iter().zip(first..);
            layout.members.extend(numbered.map(|(member, index)| ((lb.clone(), member.clone()), index)));
            layout.lb.insert(lb.clone(), Balancer { index, members: first..layout.members.len() });
        }
        layout
    }

    /// How many workers, members, balancers and slots of processes there are.
    pub(super) fn shape(&self) -> [usize; 4] {
        [self.ajp_names.len(), self.members.len(), self.lb.len(), self.slots]
    }

    /// Octets of the whole memory.
    pub(crate) fn size(&self) -> usize {
        self.children() + self.child_words() * size_of::<u32>()
    }

    /// Names of all ajp13 workers.
    pub(super) fn ajp_names(&self) -> impl Iterator<Item = &str> {
        self.ajp_names.iter().map(String::as_str)
    }

    /// Where the ajp13 worker `name` has its record.
    pub(super) fn ajp(&self, name: &str) -> Option<Place<AjpGauges>> {
        let index = *self.ajp.get(name)?;
        let gauges = AjpGauges { busy: ROWS_BEFORE + 2 * index, connected: ROWS_BEFORE + 2 * index + 1 };
        let record = size_of::<Header>() + index * size_of::<AjpRecord>();
        Some(Place { record, gauges, values: index })
    }

    /// Where the balancer `name` has its record.
    pub(super) fn lb(&self, name: &str) -> Option<Place<usize>> {
        let index = self.lb.get(name)?.index;
        let gauges = ROWS_BEFORE + 2 * self.ajp_names.len() + index;
        let record = self.lbs_start() + index * size_of::<LbRecord>();
        Some(Place { record, gauges, values: self.ajp_names.len() + self.members.len() + index })
    }

    /// Where `member` of the balancer `lb` has its record.
    pub(super) fn member(&self, lb: &str, member: &str) -> Option<MemberPlace> {
        let index = *self.members.get(&(lb.to_owned(), member.to_owned()))?;
        let cell = index - self.lb.get(lb)?.members.start;
        let record = self.members_start() + index * size_of::<MemberRecord>();
        Some(MemberPlace { record, cell, values: self.ajp_names.len() + index })
    }

    /// Offset of the cells of the balancer `lb`, and how many there are.
    pub(super) fn cells(&self, lb: &str) -> Option<(usize, usize)> {
        let members = &self.lb.get(lb)?.members;
        Some((self.cells_start() + members.start * size_of::<Cell>(), members.len()))
    }

    /// Records with changeable values.
    pub(super) fn changeable(&self) -> usize {
        self.ajp_names.len() + self.members.len() + self.lb.len()
    }

    /// Offset of the words of all changeable values.
    pub(super) fn words(&self) -> usize {
        self.cells_start() + self.members.len() * size_of::<Cell>()
    }

    /// Offset of the changeable values with this number.
    pub(super) fn values(&self, index: usize) -> usize {
        self.words() + self.changeable() * size_of::<AtomicU64>() + index * size_of::<ValuesRecord>()
    }

    /// Offset of the record of the host of the ajp13 worker `name`. Rarely looked at, so away from what requests read.
    pub(super) fn host(&self, name: &str) -> Option<usize> {
        Some(self.hosts_start() + *self.ajp.get(name)? * size_of::<HostRecord>())
    }

    /// Offset of the figures of the ajp13 worker `name`.
    pub(super) fn figures(&self, name: &str) -> Option<usize> {
        Some(self.figures_start() + *self.ajp.get(name)? * size_of::<FiguresRecord>())
    }

    /// Offset of what happened to the whole.
    pub(super) fn history(&self) -> usize {
        self.figures_start() + self.ajp_names.len() * size_of::<FiguresRecord>()
    }

    fn members_start(&self) -> usize {
        size_of::<Header>() + self.ajp_names.len() * size_of::<AjpRecord>()
    }

    fn lbs_start(&self) -> usize {
        self.members_start() + self.members.len() * size_of::<MemberRecord>()
    }

    /// Dense, and on lines of their own.
    fn cells_start(&self) -> usize {
        (self.lbs_start() + self.lb.len() * size_of::<LbRecord>()).next_multiple_of(CACHE_LINE)
    }

    fn hosts_start(&self) -> usize {
        self.values(self.changeable())
    }

    fn figures_start(&self) -> usize {
        (self.hosts_start() + self.ajp_names.len() * size_of::<HostRecord>()).next_multiple_of(CACHE_LINE)
    }

    /// Offset of the processes' counters.
    pub(super) fn children(&self) -> usize {
        (self.history() + size_of::<HistoryRecord>()).next_multiple_of(CACHE_LINE)
    }

    /// The slots of processes; rows are padded, so that two of them share no cache line.
    pub(super) fn child_shape(&self) -> Shape {
        let stride = self.slots.next_multiple_of(CACHE_LINE / size_of::<u32>());
        Shape { slots: self.slots, stride }
    }

    /// Words of all rows.
    pub(super) fn child_words(&self) -> usize {
        let rows = ROWS_BEFORE + 2 * self.ajp_names.len() + self.lb.len();
        rows * self.child_shape().stride
    }
}
