//! What the directives of one server say. Unset is `None`; defaults are applied where a virtual host is built.

use std::ffi::{CStr, CString};
use std::path::PathBuf;

use super::{LogTarget, OptionWords};
use crate::config::Origin;
use crate::log::{Format, Level};

/// Settings of the main server or of one virtual host, as written.
#[derive(Clone, Debug, Default)]
pub struct ServerSettings {
    /// What only the main server can say.
    pub global: GlobalSettings,
    /// JkMount and JkUnMount, in order.
    pub mounts: Vec<Mount>,
    /// JkMountFile.
    pub mount_file: Option<MountFile>,
    /// JkMountFileReload in seconds; 0 is never.
    pub mount_file_reload: Option<u32>,
    /// JkMountCopy, and where it stands.
    pub mount_copy: Option<(MountCopy, Origin)>,
    /// JkAutoAlias.
    pub auto_alias: Option<Vec<u8>>,
    /// JkStripSession.
    pub strip_session: Option<StripSession>,
    /// JkLogFile, and where it stands.
    pub log_file: Option<(LogTarget, Origin)>,
    /// JkLogLevel.
    pub log_level: Option<Level>,
    /// JkLogFormat.
    pub log_format: Option<Format>,
    /// JkLogStampFormat.
    pub log_stamp: Option<Vec<u8>>,
    /// JkRequestLogFormat.
    pub request_log_format: Option<(Vec<u8>, Origin)>,
    /// JkExtractSSL.
    pub extract_ssl: Option<bool>,
    /// Jk*Indicator: names of environment variables.
    pub indicators: [Option<CString>; Indicator::COUNT],
    /// JkOptions.
    pub options: OptionWords,
    /// JkEnvVar.
    pub env_vars: Vec<EnvVar>,
    /// Words that were taken but are probably not meant so.
    pub doubts: Vec<(Origin, String)>,
}

/// What only the main server can say.
#[derive(Clone, Debug, Default)]
pub struct GlobalSettings {
    /// JkWorkersFile, and where it stands.
    pub workers_file: Option<(PathBuf, Origin)>,
    /// JkWorkerProperty lines.
    pub worker_properties: Vec<(Vec<u8>, Origin)>,
    /// JkShmFile, and where it stands.
    pub shm_file: Option<(PathBuf, Origin)>,
    /// JkConfigCheck.
    pub config_check: ConfigCheck,
    /// JkPersist.
    pub persist: Persist,
    /// JkStateFile, and where it stands.
    pub state_file: Option<(PathBuf, Origin)>,
}

/// JkConfigCheck: what becomes of warnings about workers and maps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfigCheck {
    /// Nothing is checked before the server starts.
    Off,
    /// Errors refuse, warnings are shown.
    #[default]
    Warn,
    /// Warnings refuse as well.
    Strict,
}

/// JkPersist: what the state of workers outlives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persist {
    /// Nothing.
    Off,
    /// Restarts of the server that runs.
    #[default]
    Graceful,
    /// Its end as well, in JkStateFile.
    On,
}

/// One JkMount or JkUnMount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// URI pattern.
    pub path: Vec<u8>,
    /// Worker and rule extensions.
    pub worker: Vec<u8>,
    /// It is a JkUnMount.
    pub exclusion: bool,
    /// File and line.
    pub origin: Origin,
}

/// JkMountFile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountFile {
    /// Absolute path.
    pub path: PathBuf,
    /// File and line of the directive.
    pub origin: Origin,
}

/// JkMountCopy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountCopy {
    /// This virtual host takes the main server's mounts.
    On,
    /// It does not.
    Off,
    /// Every virtual host that does not say otherwise takes them.
    All,
}

/// JkStripSession.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripSession {
    /// On or Off.
    pub enabled: bool,
    /// Path parameter to remove.
    pub name: Vec<u8>,
}

/// One JkEnvVar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// Name of variable and attribute.
    pub name: CString,
    /// Sent when the variable is not set; `None` sends nothing then.
    pub default: Option<Vec<u8>>,
}

/// Environment variables whose names are configurable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
#[allow(missing_docs)] // The names are those of the directives.
pub enum Indicator {
    Worker,
    Https,
    SslProtocol,
    Certs,
    CertChainPrefix,
    Cipher,
    Session,
    KeySize,
    RequestId,
    RemoteAddr,
    RemotePort,
    RemoteHost,
    RemoteUser,
    AuthType,
    LocalName,
    LocalAddr,
    LocalPort,
    IgnoreContentLength,
}

impl Indicator {
    /// How many there are.
    pub const COUNT: usize = 18;

    /// Default names, in order.
    const DEFAULTS: [&'static CStr; Self::COUNT] = [
        c"JK_WORKER_NAME",
        c"HTTPS",
        c"SSL_PROTOCOL",
        c"SSL_CLIENT_CERT",
        c"SSL_CLIENT_CERT_CHAIN_",
        c"SSL_CIPHER",
        c"SSL_SESSION_ID",
        c"SSL_CIPHER_USEKEYSIZE",
        c"UNIQUE_ID",
        c"JK_REMOTE_ADDR",
        c"JK_REMOTE_PORT",
        c"JK_REMOTE_HOST",
        c"JK_REMOTE_USER",
        c"JK_AUTH_TYPE",
        c"JK_LOCAL_NAME",
        c"JK_LOCAL_ADDR",
        c"JK_LOCAL_PORT",
        c"JK_IGNORE_CL",
    ];

    /// The names in effect.
    pub fn names(settings: &[Option<CString>; Self::COUNT]) -> [CString; Self::COUNT] {
        std::array::from_fn(|index| {
            settings[index].clone().unwrap_or_else(|| Self::DEFAULTS[index].to_owned())
        })
    }
}

impl ServerSettings {
    /// What JkMountCopy says here.
    pub fn mount_copy(&self) -> Option<MountCopy> {
        self.mount_copy.as_ref().map(|(copy, _)| *copy)
    }

    /// Seconds between looks at the map file; 0 is never.
    pub fn reload(&self) -> u32 {
        self.mount_file_reload.unwrap_or(60)
    }

    /// Whether facts of TLS are sent.
    pub fn extracts_tls(&self) -> bool {
        self.extract_ssl.unwrap_or(true)
    }

    /// Adds a JkEnvVar. One of that name keeps its place and spelling, and takes the new default.
    pub fn add_env_var(&mut self, var: EnvVar) {
        match self.env_vars.iter_mut().find(|known| known.same_name(&var)) {
            Some(known) => known.default = var.default,
            None => self.env_vars.push(var),
        }
    }

    /// What a virtual host with `self` has when its main server has `main`.
    ///
    /// Mounts, mount file and auto alias are not inherited here: they follow JkMountCopy. Options keep their own
    /// rule ([`OptionWords::in_virtual_host`]).
    pub fn inherit(&self, main: &Self) -> Self {
        let mut merged = self.clone();
        merged.global = main.global.clone();
        merged.mount_file_reload = self.mount_file_reload.or(main.mount_file_reload);
        merged.strip_session = self.strip_session.clone().or_else(|| main.strip_session.clone());
        merged.log_file = self.log_file.clone().or_else(|| main.log_file.clone());
        merged.log_level = self.log_level.or(main.log_level);
        merged.log_format = self.log_format.or(main.log_format);
        merged.log_stamp = self.log_stamp.clone().or_else(|| main.log_stamp.clone());
        merged.request_log_format =
            self.request_log_format.clone().or_else(|| main.request_log_format.clone());
        merged.extract_ssl = self.extract_ssl.or(main.extract_ssl);
        for (own, inherited) in merged.indicators.iter_mut().zip(&main.indicators) {
            *own = own.take().or_else(|| inherited.clone());
        }
        let added = main.env_vars.iter().filter(|var| !self.env_vars.iter().any(|own| own.same_name(var)));
        merged.env_vars.extend(added.cloned());
        merged
    }
}

impl EnvVar {
    /// Names compare without case.
    pub fn same_name(&self, other: &Self) -> bool {
        self.name.to_bytes().eq_ignore_ascii_case(other.name.to_bytes())
    }
}

#[cfg(test)]
mod tests;
