//! The way from a request to the status worker and back.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::smallvec;

use crate::ajp::SendHeaders;
use crate::ffi::server::description;
use crate::ffi::time::strftime;
use crate::mapping::ServerMap;
use crate::service::server::host::Connector;
use crate::worker::status::{Ask, HostRules, Hosts, Origin, StatusWorker, Surroundings};
use crate::worker::{Body, Client, ClientGone, Failure, Outcome, Then, WorkerRequest};

/// Most octets of a form: one attribute of several hundred members fits.
const MAX_FORM: usize = 65_536;

/// Answers `request` by `worker`; `choice` knows the virtual hosts, and so many processes are from before a restart.
pub(super) fn serve(
    connector: &Connector,
    worker: &StatusWorker,
    request: &WorkerRequest<'_>,
    (choice, earlier_processes): (&dyn Hosts, usize),
    client: &mut dyn Client,
) -> Outcome {
    let form = match form(request, client) {
        Ok(form) => form,
        Err(failure) => return Outcome::Failed { failure, repeatable: false },
    };
    let forward = &request.forward;
    let mut headers = Vec::new();
    forward.headers.for_each(&mut |name, value| headers.push((name.to_vec(), value.to_vec())));
    let mut origin = Origin::default();
    headers.iter().for_each(|(name, value)| origin.take(name, value));
    let accept = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"accept"));
    let ask = Ask {
        query: forward.attributes.query_string.unwrap_or_default(),
        form: &form,
        method: forward.method,
        user: forward.attributes.remote_user,
        address: forward.remote_addr.unwrap_or_default(),
        origin,
        accept: accept.map(|(_, value)| value.as_slice()),
        server: (forward.server_name.unwrap_or_default(), forward.server_port),
        log: request.log,
    };
    let around = Surroundings {
        workers: &connector.workers,
        settings: &connector.settings,
        earlier_processes,
        software: description(),
        hosts: connector.maps.iter().map(rules).collect(),
        choice,
        properties: &connector.properties,
        strftime,
    };
    let answer = worker.answer(&ask, &around);
    let length = answer.body.len().to_string();
    let own =
        [("Content-Type", answer.media_type), ("Pragma", "no-cache"), ("Content-Length", length.as_str())];
    let others = answer.headers.iter().map(|(name, value)| (*name, &**value));
    let mut head = SendHeaders { status: answer.status, reason: None, headers: smallvec![] };
    let headers = own.into_iter().chain(others);
    head.headers.extend(headers.map(|(name, value)| (name.as_bytes(), Cow::Borrowed(value.as_bytes()))));
    client.start(&head, &[]);
    match client.deliver(&[answer.body.as_bytes()], Then::End) {
        Ok(()) => Outcome::Done,
        Err(_) => Outcome::Failed { failure: Failure::ClientWrite, repeatable: false },
    }
}

/// The fields of a form that is posted; nothing for other requests, whose body is left alone.
fn form(request: &WorkerRequest<'_>, client: &mut dyn Client) -> Result<Vec<u8>, Failure> {
    if request.forward.method != b"POST" || request.body == Body::None || !has_form(request) {
        return Ok(Vec::new());
    }
    let (mut form, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        match client.read_body(&mut buffer).map_err(|ClientGone| Failure::ClientRead)? {
            0 => return Ok(form),
            length => form.extend_from_slice(&buffer[..length]),
        }
        if form.len() > MAX_FORM {
            return Err(Failure::RequestTooLarge);
        }
    }
}

/// Tells whether the body has the type of forms.
fn has_form(request: &WorkerRequest<'_>) -> bool {
    let mut found = false;
    request.forward.headers.for_each(&mut |name, value| {
        if name.eq_ignore_ascii_case(b"Content-Type") {
            let kind = value.split(|octet| *octet == b';').next().unwrap_or_default();
            found = kind.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded");
        }
    });
    found
}

/// The rules of a virtual host as they are now.
fn rules((server, map): &(String, Arc<ServerMap>)) -> HostRules {
    let rules = map.current().rules().map(|(rule, _)| Arc::clone(rule)).collect();
    HostRules { server: server.clone(), rules }
}
