//! A Tomcat whose connectors ask for a secret, at a port and at a socket.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::site::open_to_all;
use crate::support::tomcat::{Service, Tomcat};

/// It, with its socket, and files for secrets.
pub struct Guarded {
    directory: TempDir,
    /// Where it listens.
    pub service: Service,
    _tomcat: Tomcat,
}

impl Guarded {
    /// Starts it; its secret is `sesame`.
    pub fn start() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        // Nobody else may write there, or Tomcat makes no socket.
        open_to_all(directory.path());
        let service = Service::new("guarded");
        let port = service.port;
        let xml = format!(
            r#"<Server port="-1"><Service name="guarded">
  <Connector protocol="AJP/1.3" unixDomainSocketPath="{}" unixDomainSocketPathPermissions="rw-rw-rw-" secret="sesame"/>
  <Connector protocol="AJP/1.3" address="127.0.0.1" port="{port}" secret="sesame"/>
  <Engine name="guarded" defaultHost="localhost" jvmRoute="guarded">
    <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false">
      <Context path="" docBase="ROOT"><Parameter name="route" value="guarded"/></Context>
    </Host>
  </Engine>
</Service></Server>"#,
            directory.path().join("ajp.sock").display()
        );
        let tomcat = Tomcat::with_server_xml(&service, &xml);
        Self { directory, service, _tomcat: tomcat }
    }

    /// `unix:` and the path of its socket.
    pub fn socket(&self) -> String {
        format!("unix:{}", self.directory.path().join("ajp.sock").display())
    }

    /// A file with that line, which has that mode.
    pub fn file(&self, line: &str, mode: u32) -> PathBuf {
        let path = self.directory.path().join(format!("{line}.{mode:o}"));
        fs::write(&path, format!("{line}\n")).expect("a file of our own");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a file of our own");
        path
    }
}
