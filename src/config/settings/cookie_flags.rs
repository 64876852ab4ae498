//! The attributes of the route cookie that a balancer sets, beside its path: `session_cookie_flags`.

/// What says who may read the cookie and which requests carry it. The default is what the original sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieFlags {
    /// Scripts of the page don't see it.
    pub http_only: bool,
    /// It travels by TLS alone.
    pub secure: WhenSecure,
    /// Which requests of other sites carry it; `None` leaves it to the browser.
    pub same_site: Option<SameSite>,
}

/// When a cookie is `Secure`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenSecure {
    /// Never.
    Never,
    /// If the request came by TLS: `Secure=auto`.
    AsRequest,
    /// Always, as where TLS ends before httpd.
    Always,
}

/// Values of the attribute `SameSite`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Links from other sites carry the cookie, and nothing else of theirs.
    Lax,
    /// No request of another site carries it.
    Strict,
    /// All do, if it is `Secure`.
    None,
}

impl Default for CookieFlags {
    fn default() -> Self {
        Self { http_only: true, secure: WhenSecure::AsRequest, same_site: None }
    }
}

impl SameSite {
    /// All values.
    pub const ALL: [SameSite; 3] = [SameSite::Lax, SameSite::Strict, SameSite::None];

    /// As it stands in the header and in `session_cookie_flags`.
    pub fn attribute(self) -> &'static str {
        match self {
            SameSite::Lax => "SameSite=Lax",
            SameSite::Strict => "SameSite=Strict",
            SameSite::None => "SameSite=None",
        }
    }
}
