//! Status pages by which anybody could change the workers: which set-ups configtest warns of, and which it does not.

use crate::support::backend;
use crate::support::site::{Mpm, Site};

/// A server with a Tomcat and the status worker `st`.
fn site(conf: &str) -> Site {
    let modules = [
        "alias",
        "access_compat",
        "authn_core",
        "authn_file",
        "auth_basic",
        "authz_user",
        "rewrite",
        "macro",
        "env",
    ];
    let site = modules.into_iter().fold(Site::new(Mpm::Event), Site::load);
    let workers = format!("worker.list=w,st\n{}worker.st.type=status\n", backend::worker("w", 18009));
    site.workers(&workers).file("conf/closed.conf", "<Location /jk>\nRequire local\n</Location>\n").conf(conf)
}

/// What configtest says of open pages.
fn warnings(site: &Site) -> Vec<String> {
    let verdict = site.configtest();
    assert!(verdict.ok, "{}", verdict.output);
    let lines = verdict.output.lines().filter(|line| line.starts_with("mod_jk: "));
    lines.map(str::to_owned).collect()
}

/// Ways in which administrators keep people out.
const PROTECTED: [&str; 28] = [
    "JkMount /jk st\n<Location /jk>\nRequire local\n</Location>",
    "JkMount /jk|/* st\n<Location \"/jk\">\nRequire ip 10.0.0.0/8 192.168.1.1\n</Location>",
    "JkMount /* w\n<Location /jkmanager/>\nJkMount st\nOrder deny,allow\nDeny from all\nAllow from 127.0.0.1\n</Location>",
    "JkMount /jk st\n<Location /jk>\nOrder allow,deny\nAllow from 10.\n</Location>",
    "JkMount /jk/* st\n<Location /jk/>\nAuthType Basic\nAuthName jk\nAuthUserFile conf/users\nRequire valid-user\n</Location>",
    "JkMount /jk st\n<LocationMatch \"^/(jk|server)(/|$)\">\nRequire all denied\n</LocationMatch>",
    "JkMount /jk st\n<Location ~ \"^/j\">\nRequire local\n</Location>",
    "JkMount /jk st\n<Location /jk>\n<RequireAny>\nRequire local\nRequire ip 10.1.2.3\n</RequireAny>\n</Location>",
    "JkMount /jk st\n<Location /jk>\n<RequireAll>\nRequire ip 10\nRequire not ip 10.1.2.3\n</RequireAll>\n</Location>",
    "JkMount /jk st\n<Location />\nRequire local\n</Location>",
    "JkMount /jk st\n<Location /jk>\nInclude conf/inner.conf\n</Location>",
    "JkMount /jk st\nInclude conf/closed.conf",
    "JkMount /jk st\n<IfModule mod_jk.c>\n<IfModule authz_host_module>\n<Location /jk>\nRequire local\n</Location>\n\
     </IfModule>\n</IfModule>",
    "Define CLOSED\nJkMount /jk st\n<IfDefine CLOSED>\n<Location /jk>\nRequire local\n</Location>\n</IfDefine>",
    "JkMount /jk st\n<Macro Closed $path>\n<Location $path>\nRequire local\n</Location>\n</Macro>\nUse Closed /jk",
    "JkMount /jk st\n<If \"%{REQUEST_URI} =~ m#^/jk#\">\nRequire local\n</If>",
    "JkMount /jk st\nRewriteEngine on\nRewriteCond %{REMOTE_ADDR} !=127.0.0.1\nRewriteRule ^/jk - [F]",
    "JkMount /jk st\n<Location /jk>\nRequire local\n</Location>\n<Location /jk>\nAuthMerging And\nRequire all granted\n</Location>",
    "JkMount /jk st\nJkMountCopy All\n<Location /jk>\nRequire local\n</Location>\n<VirtualHost *:@PORT@>\nServerName v\n</VirtualHost>",
    "<VirtualHost *:@PORT@>\nServerName v\nJkMount /jk st\n<Location /jk>\nRequire local\n</Location>\n</VirtualHost>",
    "JkMount /jk st\nJkUnMount /jk st",
    "<Location /jk>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME st\nRequire local\n</Location>",
    "<Directory \"@ROOT@/htdocs\">\nRequire local\n</Directory>\n<Location /jk>\nSetHandler jakarta-servlet\nSetEnv \
     JK_WORKER_NAME st\n</Location>",
    "JkMount /jk st\n<Location /jk>\n<Limit GET>\nRequire local\n</Limit>\n<LimitExcept GET>\nRequire all denied\n\
     </LimitExcept>\n</Location>",
    "<VirtualHost *:@PORT@>\nServerName v\nJkMount /jk st\nRedirect permanent / https://a/\n</VirtualHost>",
    "<VirtualHost *:@PORT@>\nServerName v\nJkMount /jk|/* st\nRedirectMatch ^/?(.*) https://a/$1\n</VirtualHost>",
    "<VirtualHost *:@PORT@>\nServerName v\nJkMount /jk|/* st\nRewriteEngine on\nRewriteRule ^ https://a%{REQUEST_URI} \
     [R=301,L]\n</VirtualHost>",
    "JkMount /jk st\nRewriteEngine on\nRewriteCond %{HTTPS} !=on\nRewriteRule ^(.*)$ https://a$1 [R,L]",
];

pub fn protected() {
    for conf in PROTECTED {
        let site = site(conf).file("conf/inner.conf", "Require local\n").file("conf/users", "");
        let found: Vec<_> = warnings(&site).into_iter().filter(|line| line.contains("everybody")).collect();
        assert_eq!(found, [""; 0], "{conf}");
    }
    for property in ["read_only=true", "user=admin"] {
        let site = site("JkMount /jk st");
        let workers = format!(
            "worker.list=w,st\n{}worker.st.type=status\nworker.st.{property}\n",
            backend::worker("w", 18009)
        );
        assert_eq!(warnings(&site.file("conf/workers.properties", &workers)), [""; 0], "{property}");
    }
}

/// Ways in which a page is open: the directives, the word on whose line it is told, the URI, and a section that would do.
const OPEN: [(&str, &str, &str, &str); 17] = [
    ("JkMount /jk st", "JkMount", "/jk", "<Location \"/jk\">"),
    ("<Location /jkmanager/>\nJkMount st\n</Location>", "JkMount", "/jkmanager/", "<Location \"/jkmanager\">"),
    ("JkMount /jk st\n<Location /jk>\nRequire all granted\n</Location>", "JkMount", "/jk", "<Location \"/jk\">"),
    ("JkMount /jk st\n<Location /jk/>\nRequire local\n</Location>", "JkMount", "/jk", "<Location \"/jk\">"),
    ("JkMount /jk* st\n<Location /jk>\nRequire local\n</Location>", "JkMount", "/jk*", "<LocationMatch \"^/jk\">"),
    ("JkMount /jk st\n<Location /jk>\nOrder deny,allow\nAllow from 127.0.0.1\n</Location>", "JkMount", "/jk", "<Location"),
    ("JkMount /jk st\n<Directory \"@ROOT@/htdocs\">\nRequire local\n</Directory>", "JkMount", "/jk", "<Location"),
    (
        "JkMount /jk st\n<Location />\nRequire local\n</Location>\n<Location /jk>\nRequire all granted\n</Location>",
        "JkMount",
        "/jk",
        "<Location",
    ),
    (
        "<VirtualHost *:@PORT@>\nServerName v\nJkMount /jk st\n</VirtualHost>\n<VirtualHost *:@PORT@>\nServerName u\n\
         <Location /jk>\nRequire local\n</Location>\n</VirtualHost>",
        "JkMount",
        "/jk in virtual host v ",
        "<Location",
    ),
    (
        "<Location /jk>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME st\nRequire all granted\n</Location>",
        "SetHandler",
        "/jk",
        "<Location",
    ),
    (
        "JkMount /jk st\n<Location /jk>\n<LimitExcept GET>\nRequire ip 10.0.0.1\n</LimitExcept>\n</Location>",
        "JkMount",
        "/jk",
        "<Location",
    ),
    (
        "JkMount /jk st\n<Location /jk>\n<Limit GET POST>\nRequire ip 10.0.0.1\n</Limit>\n</Location>",
        "JkMount",
        "/jk",
        "<Location",
    ),
    (
        "JkMount /jk st\n<Location /jk>\nOrder allow,deny\nAllow from all\nRequire ip 10\nSatisfy Any\n</Location>",
        "JkMount",
        "/jk",
        "<Location",
    ),
    (
        "JkMount /jk st\n<Location /jk>\n<RequireAll>\nRequire all granted\nRequire not ip 10.1.2.3\n</RequireAll>\n\
         </Location>",
        "JkMount",
        "/jk",
        "<Location",
    ),
    ("JkMount /jk st\nRedirect permanent /j https://a/", "JkMount", "/jk", "<Location"),
    (
        "JkMount /jk st\nRewriteEngine on\nRewriteCond %{HTTP_HOST} !^www\nRewriteRule ^(.*)$ https://www.a$1 [R,L]",
        "JkMount",
        "/jk",
        "<Location",
    ),
    ("JkMountFile conf/map", "conf/map:2", "/jk", "<Location"),
];

pub fn open() {
    for (conf, place, uri, section) in OPEN {
        let site = site(conf).file("conf/map", "# the page\n/jk=st\n");
        let found = warnings(&site);
        assert_eq!(found.len(), 1, "{conf}: {found:?}");
        let place = match place.contains(':') {
            true => site.path(place).display().to_string(),
            false => format!("{}:{}", site.path("conf/httpd.conf").display(), site.conf_line(place)),
        };
        assert!(found[0].starts_with(&format!("mod_jk: warning: {place}: ")), "{conf}: {found:?}");
        let reaches = format!("everybody who reaches {uri}");
        for text in [
            reaches.as_str(),
            "status worker st",
            "Require ip 127.0.0.1",
            section,
            "worker.st.read_only=True",
        ] {
            assert!(found[0].contains(text), "{conf}: {text} in {found:?}");
        }
    }
    let workers = format!(
        "worker.list=w,st\n{}worker.st.type=status\nworker.st.mount=/jk\n",
        backend::worker("w", 18009)
    );
    let by_worker = site("").file("conf/workers.properties", &workers);
    let found = warnings(&by_worker);
    assert!(
        found.len() == 1
            && found[0].contains("workers.properties:")
            && found[0].contains("worker.st.mount=/jk: everybody"),
        "{found:?}"
    );
    let strict = site("JkMount /jk st\nJkConfigCheck Strict").configtest();
    assert!(!strict.ok, "{}", strict.output);
    let (is_good, _, said) = super::dump(&site("JkMount /jk st"), &["-t", "-D", "DUMP_JK_MOUNTS"]);
    assert!(is_good && said.contains("everybody who reaches /jk can change the workers"), "{said}");
}
