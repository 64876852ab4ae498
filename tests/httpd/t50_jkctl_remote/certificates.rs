//! `jkctl` at status pages by https: whose certificate it takes.

use super::program::{jkctl, Said};
use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::ports;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::tls::{expire, self_signed, Keys};

pub fn add_to(suite: Suite) -> Suite {
    suite
        .test("pages_come_by_https_if_somebody_known_vouches_for_them", vouched)
        .test("a_self_signed_certificate_vouches_for_itself", self_vouched)
        .test("insecure_asks_for_no_proof", insecure)
        .test("explain_asks_a_page_as_status_does", explain)
}

/// A server whose status page comes by https, each port with a certificate of `conf/NAME.pem`.
struct Secure {
    httpd: Httpd,
    ports: Vec<(&'static str, u16)>,
    _backend: Backend,
}

impl Secure {
    /// Starts it with the certificates that `make` puts there.
    fn start(names: &[&'static str], make: impl FnOnce(&Site)) -> Self {
        let backend = Backend::constant("route=good\n");
        let lb = "worker.farm.type=lb\nworker.farm.balance_workers=good\n";
        let workers = format!("worker.list=farm,st\nworker.st.type=status\n{lb}{}", backend.worker("good"));
        let site = Site::new(Mpm::Event).workers(&workers).load("ssl").load("socache_shmcb");
        make(&site);
        let ports: Vec<_> = names.iter().map(|name| (*name, ports::free())).collect();
        let host = |(name, port): &(&str, u16)| {
            let keys = format!("SSLCertificateFile conf/{name}.pem\nSSLCertificateKeyFile conf/{name}.key");
            let inner = format!("SSLEngine on\n{keys}\nJkMount /status st\nJkMount /app/* farm");
            format!("Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\n{inner}\n</VirtualHost>\n")
        };
        let httpd = site.conf(&ports.iter().map(host).collect::<String>()).start();
        Self { httpd, ports, _backend: backend }
    }

    /// The page that shows the certificate of that name.
    fn page(&self, name: &str) -> String {
        self.page_at("127.0.0.1", name)
    }

    fn page_at(&self, host: &str, name: &str) -> String {
        let port = self.ports.iter().find(|(other, _)| *other == name).expect("a port").1;
        format!("https://{host}:{port}/status")
    }

    /// A file beside the certificates.
    fn file(&self, name: &str) -> String {
        self.httpd.site().path("conf").join(name).display().to_string()
    }

    /// `jkctl status` of the page of `name`, with `vouching.pem`.
    fn status(&self, name: &str, vouching: &str) -> Said {
        jkctl(["status", &self.page(name), "--cacert", &self.file(&format!("{vouching}.pem"))])
    }
}

fn vouched() {
    let secure = Secure::start(&["server"], |site| drop(Keys::make(&site.path("conf"))));
    secure.status("server", "root").ends_with(0).says("balancer farm: 1 member");
    let stranger = jkctl(["status", &secure.page("server")]).ends_with(2);
    stranger.says("--cacert names who vouches for the server").says("--insecure");
    secure.status("server", "client").ends_with(2).says("--cacert names who vouches");
    let other_name = secure.page_at("localhost", "server");
    let root = secure.file("root.pem");
    jkctl(["status", &other_name, "--cacert", &root]).ends_with(2).says("not valid for name");
    let itself = secure.file("server.pem");
    jkctl(["status", &other_name, "--cacert", &itself]).ends_with(0).says("balancer farm: 1 member");
    let text = secure.file("workers.properties");
    jkctl(["status", &secure.page("server"), "--cacert", &text])
        .ends_with(2)
        .says("expected certificates in PEM");
}

/// As `openssl req -x509` makes it, it is that of an authority and names the host in its subject alone.
fn self_vouched() {
    let secure = Secure::start(&["usual", "named", "expired"], |site| {
        let conf = site.path("conf");
        let named = ["basicConstraints=critical,CA:FALSE", "subjectAltName=DNS:www.example.org"];
        self_signed(&conf, "usual", "tomcat", &[]);
        self_signed(&conf, "named", "named", &named);
        self_signed(&conf, "expired", "expired", &[]);
        expire(&conf, "expired");
        self_signed(&conf, "twin", "tomcat", &[]);
    });
    for name in ["usual", "named"] {
        secure.status(name, name).ends_with(0).says("balancer farm: 1 member");
        jkctl(["status", &secure.page(name)]).ends_with(2).says("--cacert names who vouches for the server");
    }
    for (name, vouching, told) in [
        ("usual", "named", "--cacert names who vouches"),
        ("usual", "twin", "--cacert names who vouches"),
        ("expired", "expired", "its certificate has expired"),
    ] {
        secure.status(name, vouching).ends_with(2).says(told);
    }
}

fn insecure() {
    let secure = Secure::start(&["usual", "expired"], |site| {
        let conf = site.path("conf");
        ["usual", "expired"].iter().for_each(|name| self_signed(&conf, name, name, &[]));
        expire(&conf, "expired");
    });
    for name in ["usual", "expired"] {
        for option in ["-k", "--insecure"] {
            jkctl(["status", option, &secure.page(name)]).ends_with(0).says("balancer farm: 1 member");
        }
    }
    let both = ["status", "-k", &secure.page("usual"), "--cacert", &secure.file("usual.pem")];
    jkctl(both).ends_with(2).says("cannot be used with");
}

fn explain() {
    let secure = Secure::start(&["usual"], |site| self_signed(&site.path("conf"), "usual", "usual", &[]));
    let page = secure.page("usual");
    let ask = ["explain", "/app/cart", "--url", &page];
    jkctl(ask).ends_with(2).says("--cacert names who vouches for the server");
    let file = secure.file("usual.pem");
    for more in [&["--cacert", &file][..], &["--insecure"]] {
        jkctl([&ask[..], more].concat()).ends_with(0).says("Verdict: worker farm takes it");
    }
    jkctl(["explain", "/app/cart", "-w", &file, "--insecure"]).ends_with(2).says("--url");
}
