//! What is read of a status page's JSON (docs/status.schema.json).

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use crate::ending::Failure;

/// Balancers and workers, as far as they are shown here.
#[derive(Debug, PartialEq)]
pub struct Report {
    /// When it was told, in seconds since the epoch.
    pub time: u64,
    /// Child processes from before a restart that still end what they have begun; what they do is not counted.
    pub earlier_processes: u64,
    /// Who tells: the module and its version.
    pub module: String,
    /// The balancers.
    pub balancers: Vec<Balancer>,
    /// The workers that stand alone.
    pub workers: Vec<Worker>,
}

/// A balancer.
#[derive(Debug, PartialEq)]
pub struct Balancer {
    /// Its name.
    pub name: String,
    /// Requests in it.
    pub busy: u64,
    /// Its members.
    pub members: Vec<Member>,
}

/// A Tomcat.
#[derive(Clone, Debug, PartialEq)]
pub struct Worker {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub address: String,
    /// Requests in flight.
    pub busy: u64,
    /// Open connections.
    pub connected: u64,
    /// Requests given to it.
    pub used: u64,
    /// Those that failed.
    pub errors: u64,
    /// What 95 of 100 attempts took at most, in milliseconds.
    pub p95: Option<f64>,
    /// The last error: when, and what.
    pub last_error: Option<(u64, String)>,
}

/// A Tomcat as a member of a balancer.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The Tomcat.
    pub worker: Worker,
    /// Its domain, or nothing.
    pub domain: String,
    /// `Active`, `Disabled` or `Stopped`.
    pub activation: String,
    /// Its state, such as `OK` or `ERR`.
    pub state: String,
    /// Requests without a session that it got.
    pub sessions: u64,
    /// Requests of its sessions in the last minute.
    pub session_requests: u64,
    /// Its load value.
    pub load: u64,
    /// How it drains, if it was told to.
    pub drain: Option<Drain>,
}

/// A drain that was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// Seconds until it ends at the latest, if there is such a limit.
    pub left: Option<u64>,
}

impl Display for Drain {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.left {
            Some(0) => out.write_str("drains, and is stopped any moment"),
            Some(left) => write!(out, "drains for {left} s at most"),
            None => out.write_str("drains"),
        }
    }
}

impl Balancer {
    /// Tells whether any member takes new sessions.
    pub fn has_active(&self) -> bool {
        self.members.iter().any(|member| member.activation == "Active")
    }
}

impl Member {
    /// Its activation, with how long a drain may last.
    pub fn standing(&self) -> String {
        match self.drain {
            Some(drain) if self.activation == "Disabled" => format!("{}, {drain}", self.activation),
            _ => self.activation.clone(),
        }
    }

    /// Tells whether it is in error.
    pub fn is_in_error(&self) -> bool {
        self.state.starts_with("ERR")
    }
}

impl Report {
    /// Reads it.
    ///
    /// # Errors
    /// [`Failure`] if something is missing that the schema has.
    pub fn read(json: &Value) -> Result<Self, Failure> {
        let report = || {
            Some(Self {
                time: json["time"].as_u64()?,
                earlier_processes: json["server"]["earlier_processes"].as_u64().unwrap_or_default(),
                module: json["server"]["module"].as_str()?.to_owned(),
                balancers: each(&json["balancers"], balancer)?,
                workers: each(&json["workers"], worker)?,
            })
        };
        report().ok_or_else(|| Failure::new("the answer lacks what docs/status.schema.json promises"))
    }
}

/// Reads each of an array, which may be missing.
fn each<T>(array: &Value, read: fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    array.as_array().map_or(Some(Vec::new()), |items| items.iter().map(read).collect())
}

fn balancer(json: &Value) -> Option<Balancer> {
    Some(Balancer {
        name: json["name"].as_str()?.to_owned(),
        busy: json["busy"].as_u64()?,
        members: each(&json["members"], member)?,
    })
}

fn worker(json: &Value) -> Option<Worker> {
    let error = &json["last_error"];
    let last_error = error["time"].as_u64().zip(error["text"].as_str());
    Some(Worker {
        name: json["name"].as_str()?.to_owned(),
        address: json["address"].as_str()?.to_owned(),
        busy: json["busy"].as_u64()?,
        connected: json["connected"].as_u64()?,
        used: json["used"].as_u64()?,
        errors: json["errors"].as_u64()?,
        p95: json["latency"]["p95_ms"].as_f64(),
        last_error: last_error.map(|(time, text)| (time, text.to_owned())),
    })
}

fn member(json: &Value) -> Option<Member> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let drain = &json["drain"];
    Some(Member {
        worker: worker(json)?,
        domain: text(&json["settings"]["domain"])?,
        activation: text(&json["settings"]["activation"])?,
        state: text(&json["state"])?,
        sessions: json["sessions"].as_u64()?,
        session_requests: json["session_requests"].as_u64()?,
        load: json["lbvalue"].as_u64()?,
        drain: (drain["ordered"] == true).then(|| Drain { left: drain["left"].as_u64() }),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_no_report() {
        let mut json = json!({
            "time": 7, "server": {"module": "mod_jk/1"},
            "balancers": [{"name": "lb", "busy": 0, "members": [{
                "name": "a", "address": "127.0.0.1:8009", "busy": 1, "connected": 2, "used": 3, "errors": 4,
                "latency": {"p95_ms": null}, "last_error": null,
                "settings": {"domain": "", "activation": "Disabled"}, "state": "ERR/REC", "sessions": 5,
                "session_requests": 6, "lbvalue": 7, "drain": {"ordered": true, "left": 8}
            }]}]
        });
        let report = Report::read(&json).unwrap();
        let member = &report.balancers[0].members[0];
        assert!(member.is_in_error() && member.drain == Some(Drain { left: Some(8) }), "{member:?}");
        assert!(report.workers.is_empty());
        for (left, told) in [
            (None, "drains"),
            (Some(8), "drains for 8 s at most"),
            (Some(0), "drains, and is stopped any moment"),
        ] {
            assert_eq!(Drain { left }.to_string(), told);
        }
        json["balancers"][0]["members"][0]["busy"] = Value::Null;
        assert!(Report::read(&json).is_err());
    }
}
