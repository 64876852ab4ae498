//! Methods that are told apart, URIs that are answered before they reach a page, and folders.

use super::*;

#[test]
fn only_what_holds_for_post_counts_where_changes_come_by_it() {
    let protects = |text: &str| is_closed("/jk", &section(text), None, UpdateMethods::Post, false);
    for text in ["<Limit POST>\nRequire local\n</Limit>", "<LimitExcept GET>\nRequire local\n</LimitExcept>"]
    {
        assert!(protects(text), "{text}");
    }
    for text in ["<Limit GET>\nRequire local\n</Limit>", "<LimitExcept POST>\nRequire local\n</LimitExcept>"]
    {
        assert!(!protects(text), "{text}");
    }
}

#[test]
fn what_is_redirected_is_out_of_reach() {
    for text in [
        "Redirect permanent / https://www.example.org/",
        "Redirect / https://www.example.org/",
        "Redirect 301 /jk https://www.example.org/",
        "RedirectPermanent / https://www.example.org/",
        "RedirectMatch ^/(.*)$ https://www.example.org/$1",
        "RedirectMatch 302 (.*) https://www.example.org/$1",
        "RewriteRule ^ https://www.example.org%{REQUEST_URI} [R=301,L]",
        "RewriteRule ^/?(.*) https://www.example.org/$1 [L]",
        "RewriteCond %{HTTPS} off\nRewriteRule .* https://www.example.org/ [L,R]",
        "RewriteCond %{REQUEST_URI} !^/.well-known\nRewriteRule ^(.*)$ https://www.example.org/ [L,R]",
        "RewriteCond %{HTTPS} off [OR]\nRewriteCond %{HTTP_HOST} !^www\nRewriteRule ^ https://www.example.org/ [R]",
    ] {
        assert!(is_protected("/jk/*", "", text), "{text}");
    }
    for text in [
        "Redirect permanent /j https://www.example.org/",
        "Redirect permanent /jk/old https://www.example.org/",
        "RedirectMatch ^/other(.*) https://www.example.org/",
        "RewriteRule ^/other https://www.example.org/ [R]",
        "RewriteRule ^ - [L]",
        "RewriteCond %{HTTP_HOST} !^www\nRewriteRule ^(.*)$ https://www.example.org/ [R]",
        "RewriteCond %{REQUEST_URI} !^/jk\nRewriteRule ^(.*)$ https://www.example.org/ [R]",
    ] {
        assert!(!is_protected("/jk/*", "", text), "{text}");
    }
    let rule = "RewriteRule ^ https://www.example.org/ [R]";
    assert!(!is_protected("/jk", rule, "") && is_protected("/jk", rule, "RewriteOptions Inherit"));
}

#[test]
fn folders_count_where_the_handler_alone_makes_a_page() {
    let protects = |conf: &str, by_handler: bool| {
        let conf = format!("DocumentRoot /srv/www/\n<Directory />\nRequire all denied\n</Directory>\n{conf}");
        is_closed("/jk", &conf, None, UpdateMethods::Any, by_handler)
    };
    let folder = |path: &str, text: &str| format!("<Directory {path}>\n{text}\n</Directory>\n");
    let (open, closed) = ("Require all granted", "Require local");
    assert!(protects("", true) && !protects("", false));
    assert!(protects(&folder("/srv/www", closed), true));
    assert!(protects(&format!("{}{}", folder("/srv/www", closed), folder("/srv", open)), true));
    assert!(protects(&folder("/srv/w", open), true));
    assert!(!protects(&folder("\"/srv/www\"", open), true));
    assert!(!protects(&folder("~ ^/srv", open), true));
    assert!(!protects(&section(open), true));
}
