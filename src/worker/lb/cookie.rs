//! The balancer's own session cookie: `set_session_cookie` ("load-balancer, section 5.5").

use crate::config::settings::LbSettings;
use crate::worker::WorkerRequest;

/// The value of the Set-Cookie header that ties `request` to `route`, if balancer or rule ask for one.
///
/// The rule's name and path win over the balancer's, which the original ignores ("decisions, row 11"). A name
/// or path that can't stand in a header is refused rather than split the response.
pub(super) fn route_cookie(
    request: &WorkerRequest<'_>,
    settings: &LbSettings,
    route: &str,
) -> Option<Vec<u8>> {
    if !(settings.set_session_cookie || request.rule.set_session_cookie) {
        return None;
    }
    let name = request.rule.session_cookie.as_ref().unwrap_or(&settings.session_cookie);
    let path = request.rule.session_cookie_path.as_ref().unwrap_or(&settings.session_cookie_path);
    let mut value = format!("{name}=.{route}");
    if !path.is_empty() {
        value.push_str(";PATH=");
        value.push_str(path);
    }
    value.push_str(";HttpOnly");
    if request.forward.is_ssl {
        value.push_str(";Secure");
    }
    (!value.bytes().any(|octet| octet.is_ascii_control())).then(|| value.into_bytes())
}
