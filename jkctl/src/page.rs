//! A status page of a running server, asked over HTTP.

use std::time::Duration;

use crate::ending::Failure;

/// Longest time for one answer.
const LIMIT: Duration = Duration::from_secs(30);

/// What the page at `url` answers to `query`, whatever its HTTP status is if it is a page of the module.
///
/// # Errors
/// [`Failure`] if the page can't be reached, or the answer is none of its own.
pub fn ask(url: &str, query: &str) -> Result<String, Failure> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(LIMIT)).http_status_as_error(false).build().into();
    let failed = |error: ureq::Error| Failure::new(format_args!("{url}: {error}"));
    let mut response = agent.get(format!("{url}{separator}{query}")).call().map_err(failed)?;
    let status = response.status();
    let text = response.body_mut().read_to_string().map_err(failed)?;
    let is_page = status.is_success() || text.starts_with('{') || text.starts_with("Result: ");
    match is_page {
        true => Ok(text),
        false => {
            Err(Failure::new(format_args!("{url}: HTTP status {status}, expected a status page of mod_jk")))
        }
    }
}
