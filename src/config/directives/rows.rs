//! The rows: every directive of the original, and JkConfigCheck, JkLogFormat, JkPersist and JkStateFile.

use std::ffi::CStr;

use super::{setters::*, Arity, Directive, Indicator, Place, Setter};

/// All directives.
pub const DIRECTIVES: [Directive; 41] = [
    row(
        c"JkWorkersFile",
        Place::Main,
        Arity::One,
        ("file", ""),
        c"the file with the worker definitions",
        workers_file,
    ),
    row(
        c"JkWorkerProperty",
        Place::Main,
        Arity::Line,
        ("name=value", ""),
        c"one line of worker definitions",
        worker_property,
    ),
    row(
        c"JkShmFile",
        Place::Main,
        Arity::One,
        ("file", "logs/jk-runtime-status"),
        c"the file of the shared memory",
        shm_file,
    ),
    row(
        c"JkShmSize",
        Place::Main,
        Arity::One,
        ("KiB", ""),
        c"size of the shared memory: computed, no longer needed",
        shm_size,
    ),
    row(
        c"JkWatchdogInterval",
        Place::Main,
        Arity::One,
        ("seconds", "0"),
        c"seconds between looks of the watchdog: it wakes when due, no longer needed",
        watchdog,
    ),
    row(
        c"JkConfigCheck",
        Place::Main,
        Arity::One,
        ("Off|Warn|Strict", "Warn"),
        c"what becomes of warnings about workers and rules",
        config_check,
    ),
    row(
        c"JkPersist",
        Place::Main,
        Arity::One,
        ("Off|Graceful|On", "Graceful"),
        c"whether the state of workers outlives restarts, or stops as well",
        persist,
    ),
    row(
        c"JkStateFile",
        Place::Main,
        Arity::One,
        ("file", "JkShmFile with .state behind it"),
        c"the file of the state of workers, for JkPersist On",
        state_file,
    ),
    row(
        c"JkMountFile",
        Place::Server,
        Arity::One,
        ("file", ""),
        c"the file with rules from URI patterns to workers",
        mount_file,
    ),
    row(
        c"JkMountFileReload",
        Place::Server,
        Arity::One,
        ("seconds", "60"),
        c"seconds between looks whether that file has changed; 0 is never",
        mount_file_reload,
    ),
    row(
        c"JkMount",
        Place::ServerOrSection,
        Arity::OneOrTwo,
        ("[pattern] worker[;extension=value]...", ""),
        c"URIs that fit the pattern go to the worker",
        mount,
    ),
    row(
        c"JkUnMount",
        Place::ServerOrSection,
        Arity::OneOrTwo,
        ("[pattern] worker|*", ""),
        c"URIs that fit the pattern do not go to the worker",
        unmount,
    ),
    row(
        c"JkMountCopy",
        Place::Server,
        Arity::One,
        ("On|Off|All", "Off"),
        c"whether virtual hosts take the rules of the main server",
        mount_copy,
    ),
    row(
        c"JkAutoAlias",
        Place::Server,
        Arity::One,
        ("directory", ""),
        c"directory of web applications whose files httpd serves where no rule matches",
        auto_alias,
    ),
    row(
        c"JkStripSession",
        Place::Server,
        Arity::OneOrTwo,
        ("On|Off [name]", "Off ;jsessionid"),
        c"whether session ids are taken out of URIs that httpd serves itself",
        strip_session,
    ),
    row(
        c"JkLogFile",
        Place::Server,
        Arity::One,
        ("file|\"|program\"|syslog[:facility[:tag]]|error_log", "logs/mod_jk.log"),
        c"the log file, a program that reads the log, the system's log, or httpd's ErrorLog",
        log_file,
    ),
    row(
        c"JkLogLevel",
        Place::Server,
        Arity::One,
        ("trace|debug|info|warn|error|emerg", "info"),
        c"the least level of lines in the log",
        log_level,
    ),
    row(
        c"JkLogFormat",
        Place::Server,
        Arity::One,
        ("text|json", "text"),
        c"what a line of the log looks like",
        log_format,
    ),
    row(
        c"JkLogStampFormat",
        Place::Server,
        Arity::One,
        ("format", "\"[%a %b %d %H:%M:%S.%Q %Y] \""),
        c"stamp of log lines, as for strftime; %Q is milliseconds, %q microseconds",
        log_stamp,
    ),
    row(
        c"JkRequestLogFormat",
        Place::Server,
        Arity::One,
        ("format", ""),
        c"format of a line in the log for each request",
        request_log_format,
    ),
    row(
        c"JkExtractSSL",
        Place::Server,
        Arity::Flag,
        ("On|Off", "On"),
        c"whether facts of TLS are sent",
        extract_ssl,
    ),
    row(
        c"JkOptions",
        Place::Server,
        Arity::Words,
        ("[+|-]option ...", "ForwardURIProxy ForwardKeySize"),
        c"how requests are forwarded",
        options,
    ),
    row(
        c"JkEnvVar",
        Place::Server,
        Arity::OneOrTwo,
        ("name [default]", ""),
        c"an environment variable that is sent as request attribute",
        env_var,
    ),
    indicator(
        c"JkWorkerIndicator",
        "JK_WORKER_NAME",
        c"variable that names the worker of requests with SetHandler jakarta-servlet",
        |call| set(call, Indicator::Worker),
    ),
    indicator(c"JkHTTPSIndicator", "HTTPS", c"variable that is on if the client uses TLS", |call| {
        set(call, Indicator::Https)
    }),
    indicator(c"JkSSLPROTOCOLIndicator", "SSL_PROTOCOL", c"variable with the version of TLS", |call| {
        set(call, Indicator::SslProtocol)
    }),
    indicator(c"JkCERTSIndicator", "SSL_CLIENT_CERT", c"variable with the client's certificate", |call| {
        set(call, Indicator::Certs)
    }),
    indicator(
        c"JkCERTCHAINPrefix",
        "SSL_CLIENT_CERT_CHAIN_",
        c"how the variables with the chain of that certificate begin",
        |call| set(call, Indicator::CertChainPrefix),
    ),
    indicator(c"JkCIPHERIndicator", "SSL_CIPHER", c"variable with the cipher of TLS", |call| {
        set(call, Indicator::Cipher)
    }),
    indicator(c"JkSESSIONIndicator", "SSL_SESSION_ID", c"variable with the session id of TLS", |call| {
        set(call, Indicator::Session)
    }),
    indicator(
        c"JkKEYSIZEIndicator",
        "SSL_CIPHER_USEKEYSIZE",
        c"variable with the size of the key of TLS",
        |call| set(call, Indicator::KeySize),
    ),
    indicator(
        c"JkRequestIdIndicator",
        "UNIQUE_ID",
        c"variable with the id of a request in log lines",
        |call| set(call, Indicator::RequestId),
    ),
    indicator(
        c"JkRemoteAddrIndicator",
        "JK_REMOTE_ADDR",
        c"variable in place of the client's address",
        |call| set(call, Indicator::RemoteAddr),
    ),
    indicator(
        c"JkRemotePortIndicator",
        "JK_REMOTE_PORT",
        c"variable in place of the client's port",
        |call| set(call, Indicator::RemotePort),
    ),
    indicator(
        c"JkRemoteHostIndicator",
        "JK_REMOTE_HOST",
        c"variable in place of the client's name",
        |call| set(call, Indicator::RemoteHost),
    ),
    indicator(c"JkRemoteUserIndicator", "JK_REMOTE_USER", c"variable in place of the user", |call| {
        set(call, Indicator::RemoteUser)
    }),
    indicator(
        c"JkAuthTypeIndicator",
        "JK_AUTH_TYPE",
        c"variable in place of how the user was authenticated",
        |call| set(call, Indicator::AuthType),
    ),
    indicator(c"JkLocalNameIndicator", "JK_LOCAL_NAME", c"variable in place of the server's name", |call| {
        set(call, Indicator::LocalName)
    }),
    indicator(
        c"JkLocalAddrIndicator",
        "JK_LOCAL_ADDR",
        c"variable in place of the server's address",
        |call| set(call, Indicator::LocalAddr),
    ),
    indicator(c"JkLocalPortIndicator", "JK_LOCAL_PORT", c"variable in place of the server's port", |call| {
        set(call, Indicator::LocalPort)
    }),
    indicator(
        c"JkIgnoreCLIndicator",
        "JK_IGNORE_CL",
        c"variable by which Content-Length is not forwarded",
        |call| set(call, Indicator::IgnoreContentLength),
    ),
];

/// A row; `written` is how its arguments are written, and what they are without it.
const fn row(
    name: &'static CStr,
    place: Place,
    arity: Arity,
    written: (&'static str, &'static str),
    help: &'static CStr,
    set: Setter,
) -> Directive {
    Directive { name, place, arity, arguments: written.0, default: written.1, help, set }
}

const fn indicator(
    name: &'static CStr,
    default: &'static str,
    help: &'static CStr,
    set: Setter,
) -> Directive {
    row(name, Place::Server, Arity::One, ("variable", default), help, set)
}

#[cfg(test)]
mod tests;
