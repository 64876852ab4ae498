//! A small public-key infrastructure, made by openssl for one test, and clients that show a certificate.
//!
//! A root signs the server's certificate and an intermediate authority, which signs the client's.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Who signs a certificate, and for whom.
struct Issue {
    name: &'static str,
    issuer: Option<&'static str>,
    extensions: &'static [&'static str],
}

const ISSUES: [Issue; 4] = [
    Issue { name: "root", issuer: None, extensions: &["basicConstraints=critical,CA:TRUE"] },
    Issue {
        name: "server",
        issuer: Some("root"),
        extensions: &["subjectAltName=IP:127.0.0.1", "basicConstraints=critical,CA:FALSE"],
    },
    Issue { name: "intermediate", issuer: Some("root"), extensions: &["basicConstraints=critical,CA:TRUE"] },
    Issue { name: "client", issuer: Some("intermediate"), extensions: &["extendedKeyUsage=clientAuth"] },
];

/// Certificates and keys in one directory: `<name>.pem` and `<name>.key` for root, server, intermediate and
/// client, and `chain.pem`, what the client shows: its own certificate and the intermediate one.
pub struct Keys {
    directory: PathBuf,
}

impl Keys {
    /// Makes all of them in `directory`.
    pub fn make(directory: &Path) -> Self {
        let keys = Self { directory: directory.to_owned() };
        ISSUES.iter().for_each(|issue| keys.issue(issue));
        let chain = ["client.pem", "intermediate.pem"]
            .map(|name| std::fs::read_to_string(keys.path(name)).expect("a certificate that was just made"));
        std::fs::write(keys.path("chain.pem"), chain.concat()).expect("a file of our own");
        keys
    }

    /// A file of the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn issue(&self, issue: &Issue) {
        let Issue { name, issuer, extensions } = issue;
        let mut command = request(&self.directory, name, name, extensions);
        if let Some(issuer) = issuer {
            command.arg("-CA").arg(self.path(&format!("{issuer}.pem")));
            command.arg("-CAkey").arg(self.path(&format!("{issuer}.key")));
        }
        run(command);
    }

    /// GET by curl, with the client's certificate if `arguments` name it; returns the body.
    pub fn get(&self, port: u16, path: &str, arguments: &[&str]) -> String {
        let mut command = Command::new("curl");
        command.args(["-sS", "--max-time", "30", "--noproxy", "*", "--cacert"]).arg(self.path("root.pem"));
        command.current_dir(&self.directory).args(arguments).arg(format!("https://127.0.0.1:{port}{path}"));
        let output = command.output().expect("curl runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// Makes `<name>.pem` and `<name>.key` in `directory`, for the host `subject`, as nobody vouches for them but themselves.
pub fn self_signed(directory: &Path, name: &str, subject: &str, extensions: &[&str]) {
    run(request(directory, name, subject, extensions));
}

/// Gives the self-signed certificate `<name>.pem` a time that is over.
pub fn expire(directory: &Path, name: &str) {
    let [pem, key] = ["pem", "key"].map(|kind| directory.join(format!("{name}.{kind}")));
    let mut command = Command::new("openssl");
    command.args(["x509", "-days", "-1", "-in"]).arg(&pem).arg("-signkey").arg(key).arg("-out").arg(pem);
    run(command);
}

/// `openssl req -x509` with a new key.
fn request(directory: &Path, name: &str, subject: &str, extensions: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    command.args(["-days", "2", "-subj", &format!("/O=mod_jk test/CN={subject}")]);
    command.args(extensions.iter().flat_map(|extension| ["-addext", extension]));
    command.arg("-keyout").arg(directory.join(format!("{name}.key")));
    command.arg("-out").arg(directory.join(format!("{name}.pem")));
    command
}

fn run(mut command: Command) {
    let output = command.output().expect("openssl runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
