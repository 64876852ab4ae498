//! A real browser: Chromium without a window, driven by its driver over WebDriver (W3C), which is JSON over HTTP.
//!
//! Each browser has a profile of its own, reaches this machine alone, and ends with the value that stands for it. What it
//! is told to wait for are facts, never times.

mod chromium;

use std::path::Path;
use std::time::Duration;

use serde_json::{json, Value};
use tempfile::TempDir;

use super::client::Client;
use super::process::{self, Process};
use super::{base64, wait};

const END_LIMIT: Duration = Duration::from_secs(10);

/// Within which a page has to show what a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Height of the screen in CSS pixels.
const HEIGHT: u32 = 900;

/// The name under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one tab.
pub struct Browser {
    client: Client,
    /// Where the driver has what belongs to this tab.
    session: String,
    /// The browser itself, a child of the driver.
    id: Option<u32>,
    _driver: Process,
    _profile: TempDir,
}

/// What a page is shown on.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Of the screen, in CSS pixels.
    pub width: u32,
    /// The user prefers a dark page.
    pub dark: bool,
}

/// Something on a page.
#[derive(Clone)]
pub struct Element<'b> {
    browser: &'b Browser,
    id: String,
}

impl Browser {
    /// A browser as people have it.
    pub fn start() -> Self {
        Self::with_settings(&[])
    }

    /// A browser that runs no script of a page.
    pub fn without_scripts() -> Self {
        Self::with_settings(&["--blink-settings=scriptEnabled=false"])
    }

    fn with_settings(settings: &[&str]) -> Self {
        let profile =
            tempfile::Builder::new().prefix("mod_jk-browser-").tempdir().expect("a temporary directory");
        let (driver, port) = chromium::driver(profile.path());
        let client = Client::new(port);
        let mut browser =
            Self { client, session: "/session".into(), id: None, _driver: driver, _profile: profile };
        let begun = browser.post("", &chromium::capabilities(browser._profile.path(), settings));
        let session = begun["sessionId"].as_str().expect("a session");
        browser.session = format!("/session/{session}");
        let id = begun["capabilities"]["goog:processID"].as_u64();
        browser.id = id.and_then(|id| u32::try_from(id).ok());
        browser
    }

    /// Shows pages as on such a screen from now on.
    pub fn look(&self, look: Look) {
        self.size(look.width, HEIGHT);
        let scheme = if look.dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    fn size(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Goes to an address, and waits until the page is there.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.get("/url").as_str().expect("an address").to_owned()
    }

    /// The element that `selector` (CSS) finds, as soon as there is one.
    pub fn find(&self, selector: &str) -> Element<'_> {
        self.search("css selector", selector)
    }

    /// The link with that text, as soon as there is one.
    pub fn link(&self, text: &str) -> Element<'_> {
        self.search("link text", text)
    }

    fn search(&self, using: &str, value: &str) -> Element<'_> {
        let mut found = Err(String::new());
        wait::happens(PATIENCE, || {
            found = self.search_below("", using, value);
            found.is_ok()
        });
        let id = found.unwrap_or_else(|error| panic!("{error}\n{}", self.source()));
        Element { browser: self, id }
    }

    fn search_below(&self, place: &str, using: &str, value: &str) -> Result<String, String> {
        let found = self.try_post(&format!("{place}/element"), &json!({"using": using, "value": value}))?;
        Ok(found[ELEMENT].as_str().expect("an element").to_owned())
    }

    /// Where it is, and what it has of the page, for those who look for what is not there.
    fn source(&self) -> String {
        let ask = |path| self.try_send("GET", path, &Value::Null).unwrap_or_else(Value::String);
        format!("{}\n{}", ask("/url"), ask("/source"))
    }

    /// Runs `script`, which returns a value, with `arguments` (`arguments[0]` and so on), whatever the page allows.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// As [`Browser::run`], for a script whose result comes later: it calls its last argument with it.
    pub fn run_later(&self, script: &str, arguments: &[Value]) -> Value {
        self.post("/execute/async", &json!({"script": script, "args": arguments}))
    }

    /// Waits until `script` returns true.
    pub fn wait_for(&self, script: &str) {
        wait::until_true(script, PATIENCE, || self.run(script, &[]) == true);
    }

    /// Waits until the whole text of the page has `text`.
    pub fn wait_for_text(&self, text: &str) {
        wait::until_true(&format!("the page to say {text:?}"), PATIENCE, || {
            let body = self.search_below("", "css selector", "body");
            body.is_ok_and(|id| {
                let shown = self.try_send("GET", &format!("/element/{id}/text"), &Value::Null);
                shown.is_ok_and(|shown| shown.as_str().is_some_and(|shown| shown.contains(text)))
            })
        });
    }

    /// What the console says since the last call: errors of scripts, and what the policy of a page forbids.
    pub fn console(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({"type": "browser"}));
        entries.as_array().expect("a list").iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// A picture (PNG) of the page from its top to its end, at most `most` pixels high.
    pub fn picture(&self, look: Look, most: u32) -> Vec<u8> {
        let height = self.run("return document.documentElement.scrollHeight", &[]).as_u64().unwrap_or(0);
        self.size(look.width, u32::try_from(height).unwrap_or(most).min(most));
        let picture = self.get("/screenshot");
        self.size(look.width, HEIGHT);
        base64::decode(picture.as_str().expect("a picture"))
    }

    /// A command of Chromium's own (DevTools protocol).
    fn devtools(&self, command: &str, parameters: &Value) {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    }

    fn get(&self, path: &str) -> Value {
        self.try_send("GET", path, &Value::Null).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.try_post(path, body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn try_post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.try_send("POST", path, body)
    }

    fn try_send(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let path = format!("{}{path}", self.session);
        let reply = self.client.try_send(method, &path, &[("Content-Type", "application/json")], &body);
        let reply = reply.map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
        match reply.status {
            200 => Ok(answer["value"].clone()),
            _ => Err(answer["value"]["message"].to_string()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.client.try_send("DELETE", &self.session, &[], &[]).ok();
        let Some(id) = self.id else { return };
        let place = format!("/proc/{id}");
        let ends =
            || !Path::new(&place).exists() || process::stat_fields(id).is_none_or(|fields| fields[0] == "Z");
        if !wait::happens(END_LIMIT, ends) {
            process::send(id, rustix::process::Signal::KILL);
        }
    }
}

impl Element<'_> {
    /// Clicks it, as soon as it can be clicked.
    pub fn click(&self) {
        let click = || self.browser.try_post(&format!("/element/{}/click", self.id), &json!({}));
        wait::until("a click", PATIENCE, || click().ok());
    }

    /// Types into it.
    pub fn enter(&self, text: &str) {
        self.browser.post(&format!("/element/{}/value", self.id), &json!({"text": text}));
    }

    /// The text that is seen.
    pub fn text(&self) -> String {
        let text = self.browser.get(&format!("/element/{}/text", self.id));
        text.as_str().expect("a text").to_owned()
    }

    /// The element in this one that `selector` (CSS) finds.
    pub fn find(&self, selector: &str) -> Self {
        self.search("css selector", selector)
    }

    /// The link in this one with that text.
    pub fn link(&self, text: &str) -> Self {
        self.search("link text", text)
    }

    /// Chooses an option of a list.
    pub fn choose(&self, option: &str) {
        self.search("xpath", &format!(".//option[.='{option}']")).click();
    }

    fn search(&self, using: &str, value: &str) -> Self {
        let id = self.browser.search_below(&format!("/element/{}", self.id), using, value);
        let id = id.unwrap_or_else(|error| panic!("{error}"));
        Self { browser: self.browser, id }
    }
}
