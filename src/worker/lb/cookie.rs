//! The balancer's own session cookie: `set_session_cookie` ("load-balancer, section 5.5"), with the attributes of
//! `session_cookie_flags` ("workers-properties, section 6.3").

use crate::config::settings::{CookieFlags, LbSettings, WhenSecure};
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
    push_flags(&mut value, settings.session_cookie_flags, request.forward.is_ssl);
    (!value.bytes().any(|octet| octet.is_ascii_control())).then(|| value.into_bytes())
}

/// Adds the attributes in the order of the original's.
fn push_flags(value: &mut String, flags: CookieFlags, is_ssl: bool) {
    let is_secure = match flags.secure {
        WhenSecure::Never => false,
        WhenSecure::AsRequest => is_ssl,
        WhenSecure::Always => true,
    };
    let same_site = flags.same_site.map(|value| value.attribute());
    let attributes = [flags.http_only.then_some("HttpOnly"), is_secure.then_some("Secure"), same_site];
    for attribute in attributes.into_iter().flatten() {
        value.push(';');
        value.push_str(attribute);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::samples::lb_settings;
    use crate::config::settings::SameSite;
    use crate::log::{Level, Logger};
    use crate::worker::lb::tests::TestRequest;

    #[test]
    fn attributes_are_those_of_the_list_and_of_the_request() {
        use WhenSecure::*;
        let flags = |http_only, secure, same_site| CookieFlags { http_only, secure, same_site };
        let table = [
            (CookieFlags::default(), [";HttpOnly", ";HttpOnly;Secure"]),
            (flags(false, Never, None), ["", ""]),
            (flags(false, AsRequest, Some(SameSite::Lax)), [";SameSite=Lax", ";Secure;SameSite=Lax"]),
            (flags(true, Always, Some(SameSite::None)), [";HttpOnly;Secure;SameSite=None"; 2]),
            (flags(false, Always, Some(SameSite::Strict)), [";Secure;SameSite=Strict"; 2]),
        ];
        for (session_cookie_flags, expected) in table {
            let settings =
                LbSettings { set_session_cookie: true, session_cookie_flags, ..lb_settings("lb", &["a"]) };
            let cookie = |is_ssl| {
                let request = TestRequest { is_ssl, ..TestRequest::new() };
                let logger = Logger::capture(Level::Error);
                request.with(&logger, |request| route_cookie(request, &settings, "a")).expect("a cookie")
            };
            let expected =
                expected.map(|attributes| format!("JSESSIONID=.a;PATH=/{attributes}").into_bytes());
            assert_eq!([false, true].map(cookie), expected);
        }
    }
}
