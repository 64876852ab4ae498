//! httpd's servers: the main server and its virtual hosts.

use std::ffi::{c_char, CStr};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use super::bindings::{
    ap_add_version_component, ap_conf_vector_t, ap_exists_config_define, ap_find_linked_module,
    ap_get_server_description, ap_listeners, ap_mpm_query, ap_server_root_relative, ap_state_query,
    apr_sockaddr_equal, apr_sockaddr_t, server_addr_rec, server_rec, AP_MPMQ_HARD_LIMIT_DAEMONS,
    AP_MPMQ_IS_THREADED, AP_MPMQ_MAX_DAEMONS, AP_MPMQ_MAX_THREADS, AP_SQ_CONFIG_GEN, AP_SQ_MAIN_STATE,
    AP_SQ_MS_CREATE_PRE_CONFIG, AP_SQ_MS_DESTROY_CONFIG, AP_SQ_MS_RUN_MPM, AP_SQ_RM_CONFIG_DUMP,
    AP_SQ_RM_CONFIG_TEST, AP_SQ_RUN_MODE,
};
use super::pool::Pool;
use super::text::{octets, Life};

/// The main server or a virtual host, alive for `'s`.
#[derive(Clone, Copy)]
pub(crate) struct Server<'s> {
    raw: NonNull<server_rec>,
    life: Life<'s>,
}

impl<'s> Server<'s> {
    /// Wraps a server of httpd.
    ///
    /// # Safety
    /// `raw` is null or a server record that lives for `'s`.
    pub(crate) unsafe fn from_raw(raw: *mut server_rec) -> Option<Self> {
        // SAFETY: the caller promises 's.
        NonNull::new(raw).map(|raw| Self { raw, life: unsafe { Life::promised() } })
    }

    pub(super) fn as_ptr(self) -> *mut server_rec {
        self.raw.as_ptr()
    }

    pub(super) fn life(self) -> Life<'s> {
        self.life
    }

    /// Copies fields out of the record. `fields` can hold no handle, so nothing is called that changes the record.
    pub(super) fn read<T>(self, fields: impl FnOnce(&server_rec) -> T + 'static) -> T {
        // SAFETY: the record lives for 's, and nobody changes it before `fields` returns: in the parent there is no other
        // thread that would, and children never do (ffi, "Servers").
        fields(unsafe { self.raw.as_ref() })
    }

    /// Tells whether this is a virtual host.
    pub(crate) fn is_virtual(self) -> bool {
        self.read(|s| s.is_virtual) != 0
    }

    /// ServerName, if there is one.
    pub(crate) fn hostname(self) -> Option<&'s [u8]> {
        // SAFETY: a server's name is null or a C string on the configuration's pool (ffi, "Text").
        unsafe { octets(self.read(|s| s.server_hostname), self.life) }
    }

    /// What the status page calls it: name and port of the main server, name and first address of a virtual host.
    pub(crate) fn label(self) -> String {
        let name = String::from_utf8_lossy(self.hostname().unwrap_or_default()).into_owned();
        match self.addresses().next().filter(|_| self.is_virtual()) {
            Some(address) => format!("{name} [{}:{}]", address.text(), address.0.host_port),
            None => format!("{name}:{}", self.port()),
        }
    }

    /// Port of ServerName; 0 if none was given.
    pub(crate) fn port(self) -> u16 {
        self.read(|s| s.port)
    }

    /// This server and those that follow it in httpd's list; from the main server on, all of them.
    pub(crate) fn and_following(self) -> impl Iterator<Item = Server<'s>> {
        std::iter::successors(Some(self), |server| {
            // SAFETY: the list is made of servers on the same pool as this one, the configuration's, and ends in null.
            unsafe { Server::from_raw(server.read(|s| s.next)) }
        })
    }

    /// Tells whether a request can come to this main server: httpd listens on an address that no virtual host has.
    pub(crate) fn is_reachable(self) -> bool {
        let hosts: Vec<_> = self.and_following().skip(1).flat_map(Server::addresses).collect();
        let serves = |bound: &apr_sockaddr_t| hosts.iter().any(|host| host.serves(bound));
        self.bound_addresses().any(|bound| bound.is_none_or(|bound| !serves(bound)))
    }

    /// Tells whether connections come to `port`.
    pub(crate) fn listens_on(self, port: u16) -> bool {
        self.bound_addresses().any(|bound| bound.is_none_or(|bound| bound.port == port))
    }

    /// The addresses that httpd listens on; nothing is one that is not known.
    fn bound_addresses(self) -> impl Iterator<Item = Option<&'s apr_sockaddr_t>> {
        // SAFETY: httpd changes its list of listeners only while it reads Listen directives: in the parent, in the thread that
        // reads the configuration, before it starts children and when no request is left.
        let mut listener = unsafe { ap_listeners };
        std::iter::from_fn(move || {
            // SAFETY: the list is made of records that live as long as the configuration, and ends in null.
            let record = unsafe { listener.as_ref() }?;
            listener = record.next;
            // SAFETY: a listener's address is null or lives as long as the listener.
            Some(unsafe { record.bind_addr.as_ref() })
        })
    }

    /// File and line of a virtual host.
    pub(crate) fn place(self) -> Option<(&'s [u8], u32)> {
        let (file, line) = self.read(|s| (s.defn_name, s.defn_line_number));
        // SAFETY: the name of the file is null or a C string on the configuration's pool (ffi, "Text").
        unsafe { octets(file, self.life) }.map(|file| (file, line))
    }

    /// The addresses of a virtual host, as `<VirtualHost>` names them.
    pub(super) fn addresses(self) -> impl Iterator<Item = HostAddress<'s>> {
        let mut next = self.read(|s| s.addrs);
        std::iter::from_fn(move || {
            // SAFETY: the list is made of records that live as long as the server, and ends in null.
            let record = unsafe { next.as_ref() }?;
            next = record.next;
            Some(HostAddress(record))
        })
    }

    /// The pool that this server and all others of the configuration are on.
    pub(super) fn configuration_pool(self) -> Pool<'s> {
        let process = self.read(|s| s.process);
        // SAFETY: every server points to the process record, which lives as long as the process. The pool in it is the one
        // that this server is on, so it lives for 's, as httpd clears it only when it drops the whole configuration.
        unsafe { Pool::from_raw((*process).pconf) }.expect("httpd reads its configuration to a pool")
    }

    pub(super) fn vector(self) -> *mut ap_conf_vector_t {
        self.read(|s| s.module_config)
    }
}

/// One address of a virtual host.
pub(super) struct HostAddress<'s>(&'s server_addr_rec);

impl HostAddress<'_> {
    /// As written in `<VirtualHost>`, without its port.
    pub(super) fn text(&self) -> String {
        // SAFETY: the name is null or a C string on the configuration's pool.
        let name = unsafe { octets(self.0.virthost, Life::of(self.0)) }.unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    }

    /// Tells whether it is one of `port`.
    pub(super) fn has_port(&self, port: u16) -> bool {
        self.0.host_port == 0 || self.0.host_port == port
    }

    /// Tells whether requests to `bound` come to this host.
    fn serves(&self, bound: &apr_sockaddr_t) -> bool {
        // SAFETY: the name is null or a C string on the configuration's pool.
        let name = unsafe { octets(self.0.virthost, Life::of(self.0)) }.unwrap_or_default();
        let is_any = matches!(name, b"*" | b"_default_");
        self.has_port(bound.port) && (is_any || self.has_address_of(bound))
    }

    fn has_address_of(&self, bound: &apr_sockaddr_t) -> bool {
        if self.0.host_addr.is_null() {
            return false;
        }
        // SAFETY: the host's address is not null, but on the configuration's pool, and `bound` is borrowed; the function
        // only reads both.
        unsafe { apr_sockaddr_equal(self.0.host_addr, bound) != 0 }
    }
}

/// Makes `file` absolute: relative to ServerRoot.
pub(crate) fn server_root_relative(pool: Pool<'_>, file: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    // SAFETY: the pool is live and this thread's, the name a C string on it; the result is null or a C string on it as well.
    let path = unsafe { octets(ap_server_root_relative(pool.as_ptr(), pool.c_string(file)), pool.life()) }?;
    Some(Path::new(std::ffi::OsStr::from_bytes(path)).to_path_buf())
}

/// Adds `name/version` to the Server header and the start-up line.
pub(crate) fn add_version_component(pool: Pool<'_>, component: &CStr) {
    // SAFETY: the pool is live and this thread's, and httpd copies the component, a C string, onto it.
    unsafe { ap_add_version_component(pool.as_ptr(), component.as_ptr().cast::<c_char>()) };
}

/// What the server calls itself in full, whatever ServerTokens lets others see.
pub(crate) fn description() -> String {
    let here = ();
    // SAFETY: httpd returns a C string that stays until the configuration is dropped, which is after this call.
    let text = unsafe { octets(ap_get_server_description(), Life::of(&here)) };
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

/// Tells whether a module is in use, by the name of its source file.
pub(crate) fn is_module_loaded(source: &CStr) -> bool {
    // SAFETY: httpd compares the name, a C string, with those in its list of modules, which no longer changes once it has
    // read what to load.
    !unsafe { ap_find_linked_module(source.as_ptr()) }.is_null()
}

/// Tells whether a name is defined, by `-D` on the command line or by Define.
pub(crate) fn is_defined(name: &CStr) -> bool {
    // SAFETY: httpd compares the name, a C string, with those in its list, which changes only while directives are read.
    unsafe { ap_exists_config_define(name.as_ptr()) != 0 }
}

/// Why httpd is reading its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// `httpd -t` and friends: it will not start.
    ConfigTest,
    /// The command line asks a running server to restart: this process only reads and signals.
    RestartCommand,
    /// The command line asks a running server to stop.
    StopCommand,
    /// First reading at start: it is read once more before children run.
    PreConfig,
    /// Second reading at start.
    Start,
    /// A restart, graceful or not: the parent runs already.
    Restart,
}

/// Why httpd is reading its configuration now.
pub(crate) fn phase() -> Phase {
    let mode = state(AP_SQ_RUN_MODE);
    if mode == AP_SQ_RM_CONFIG_TEST as i32 || mode == AP_SQ_RM_CONFIG_DUMP as i32 {
        Phase::ConfigTest
    } else if state(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG as i32 {
        match signal_word().as_deref() {
            Some("restart" | "graceful") => Phase::RestartCommand,
            Some("stop" | "graceful-stop") => Phase::StopCommand,
            _ => Phase::PreConfig,
        }
    } else if state(AP_SQ_CONFIG_GEN) <= 1 {
        Phase::Start
    } else {
        Phase::Restart
    }
}

/// Tells whether this process still reads its configuration, and serves nobody yet.
pub(super) fn is_configuring() -> bool {
    state(AP_SQ_MAIN_STATE) != AP_SQ_MS_RUN_MPM as i32
}

/// Tells whether a configuration goes because another comes, and not because the process ends.
pub(super) fn is_restarting() -> bool {
    state(AP_SQ_MAIN_STATE) == AP_SQ_MS_DESTROY_CONFIG as i32
}

/// What httpd says about itself.
fn state(what: u32) -> i32 {
    // SAFETY: ap_state_query takes any number and only reads numbers that httpd's main thread sets, none of them once it
    // serves.
    unsafe { ap_state_query(what as i32) }
}

/// The word behind `-k` on the command line. httpd's own copy of the command line lacks it by now.
fn signal_word() -> Option<String> {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let position = words.iter().position(|word| word.starts_with("-k"))?;
    match &words[position][2..] {
        "" => words.get(position + 1).cloned(),
        joined => Some(joined.to_owned()),
    }
}

/// Most child processes at a time (ServerLimit).
pub(crate) fn child_limit() -> usize {
    mpm(AP_MPMQ_HARD_LIMIT_DAEMONS).max(1)
}

/// Most child processes that serve at a time, as MaxRequestWorkers has it.
pub(crate) fn serving_children() -> usize {
    mpm(AP_MPMQ_MAX_DAEMONS).max(1)
}

/// Threads of one child that serve requests: 1 without threads.
pub(crate) fn threads_per_child() -> usize {
    match mpm(AP_MPMQ_IS_THREADED) {
        0 => 1,
        _ => mpm(AP_MPMQ_MAX_THREADS).max(1),
    }
}

pub(super) fn mpm(what: u32) -> usize {
    let mut value = 0;
    // SAFETY: ap_mpm_query takes any number, and writes its answer to a live local variable.
    let status = unsafe { ap_mpm_query(what as i32, &mut value) };
    if status == 0 {
        usize::try_from(value).unwrap_or(0)
    } else {
        0
    }
}
