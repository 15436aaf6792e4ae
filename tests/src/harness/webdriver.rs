//! A small WebDriver client: as much of the W3C protocol as the browser tests need, over the same HTTP client as the
//! stories.

use super::actor::agent;
use super::peers::Browser;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Name of an element's reference in WebDriver's JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE: Duration = Duration::from_secs(20);

/// One browser window with an empty profile; closed when dropped.
pub struct Window {
    driver: Child,
    session: String,
    profile: TempDir,
}

impl Window {
    pub fn open(browser: &Browser, language: &str) -> Self {
        let profile = tempfile::Builder::new()
            .prefix("cardea-browser-")
            .tempdir()
            .expect("a temporary folder");
        let (driver, port) = start_driver(browser);
        let mut arguments: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        arguments.push(format!("--lang={language}"));
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {
                "binary": browser.chromium, "args": arguments, "prefs": {
                    "intl.accept_languages": language, "download.default_directory": profile.path().join("downloads"),
                    "download.prompt_for_download": false,
                },
            },
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let base = format!("http://127.0.0.1:{port}/session");
        let mut window = Self {
            driver,
            session: base.clone(),
            profile,
        };
        let opened = window.call("POST", "", &capabilities);
        window.session = format!("{base}/{}", opened["sessionId"].as_str().expect("a session"));
        window
    }

    /// One command; WebDriver answers `{"value": …}`.
    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_call(method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(url)
            .header("Content-Type", "application/json");
        let text = if method == "GET" || method == "DELETE" {
            String::new()
        } else {
            body.to_string()
        };
        let mut response = agent()
            .run(request.body(text).map_err(|e| e.to_string())?)
            .map_err(|e| e.to_string())?;
        let text = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string()
            .map_err(|e| e.to_string())?;
        let answer: Value = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
        if response.status().is_success() {
            Ok(answer["value"].clone())
        } else {
            Err(answer["value"].to_string())
        }
    }

    #[track_caller]
    pub fn visit(&self, url: &str) {
        self.call("POST", "/url", &json!({"url": url}));
    }

    pub fn url(&self) -> String {
        self.call("GET", "/url", &Value::Null)
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until an element with this `data-testid` can be seen.
    #[track_caller]
    pub fn find(&self, id: &str) -> Element<'_> {
        self.wait_for(&format!("element {id:?}"), || self.try_find(id))
    }

    /// The element, if it can be seen now.
    pub fn try_find(&self, id: &str) -> Option<Element<'_>> {
        self.select(&format!("[data-testid=\"{id}\"]"))
            .into_iter()
            .find(Element::is_displayed)
    }

    /// All elements that match a CSS selector.
    pub fn select(&self, css: &str) -> Vec<Element<'_>> {
        self.elements("css selector", css)
    }

    fn elements(&self, using: &str, value: &str) -> Vec<Element<'_>> {
        let found = self.try_call("POST", "/elements", &json!({"using": using, "value": value}));
        let items = found
            .ok()
            .and_then(|found| found.as_array().cloned())
            .unwrap_or_default();
        items
            .iter()
            .filter_map(|item| item[ELEMENT].as_str())
            .map(|id| Element {
                window: self,
                id: id.into(),
            })
            .collect()
    }

    /// Waits until `look` finds something.
    #[track_caller]
    pub fn wait_for<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(found) = look() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let page = self.run("return document.body ? document.body.innerText : ''", &[]);
        panic!(
            "{what} did not appear at {}; the page shows:\n{}\n{:#?}",
            self.url(),
            page.as_str().unwrap_or_default(),
            self.complaints()
        );
    }

    /// Waits until the page shows a text.
    #[track_caller]
    pub fn wait_for_text(&self, id: &str, text: &str) {
        self.wait_for(&format!("{text:?} in {id:?}"), || {
            self.try_find(id).filter(|element| element.text().contains(text))
        });
    }

    /// Runs a script in the page.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.call("POST", "/execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// Keys for whatever has the focus.
    pub fn press(&self, key: &str) {
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key},
        ]}]});
        self.call("POST", "/actions", &actions);
    }

    /// A key while another one is held.
    pub fn press_with(&self, held: &str, key: &str) {
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": held}, {"type": "keyDown", "value": key},
            {"type": "keyUp", "value": key}, {"type": "keyUp", "value": held},
        ]}]});
        self.call("POST", "/actions", &actions);
    }

    /// Drags an element onto another with the mouse.
    #[track_caller]
    pub fn drag(&self, from: &str, onto: &str) {
        let (from, onto) = (self.find(from), self.find(onto));
        let over = |element: &Element<'_>, duration: u32| {
            let origin = json!({ELEMENT: element.id});
            json!({"type": "pointerMove", "duration": duration, "x": 0, "y": 0, "origin": origin})
        };
        let actions = json!({"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
            "actions": [
                over(&from, 0), {"type": "pointerDown", "button": 0}, over(&onto, 300), over(&onto, 50),
                {"type": "pointerUp", "button": 0},
            ],
        }]});
        self.call("POST", "/actions", &actions);
    }

    /// What the page gave to the machine under this name.
    #[track_caller]
    pub fn downloaded(&self, name: &str) -> Vec<u8> {
        let file = self.profile.path().join("downloads").join(name);
        self.wait_for(&format!("the file {name}"), || {
            std::fs::read(&file).ok().filter(|bytes| !bytes.is_empty())
        })
    }

    /// Shows the page as it is printed, or as on the screen again.
    pub fn as_printed(&self, printed: bool) {
        let media = if printed { "print" } else { "" };
        let command = json!({"cmd": "Emulation.setEmulatedMedia", "params": {"media": media}});
        self.call("POST", "/goog/cdp/execute", &command);
    }

    /// Shows the page as a phone of usual size does, or as the window is again.
    pub fn as_phone(&self, phone: bool) {
        let command = if phone {
            let size = json!({"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true});
            json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": size})
        } else {
            json!({"cmd": "Emulation.clearDeviceMetricsOverride", "params": {}})
        };
        self.call("POST", "/goog/cdp/execute", &command);
    }

    /// Types text into whatever has the focus.
    pub fn type_keys(&self, text: &str) {
        text.chars().for_each(|key| self.press(&key.to_string()));
    }

    /// Sets a field as its picker would: the keys of a date differ between languages.
    #[track_caller]
    pub fn set_value(&self, id: &str, value: &str) {
        self.find(id);
        let script = "const field = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
            field.value = arguments[1];
            field.dispatchEvent(new Event('input', {bubbles: true}));
            field.dispatchEvent(new Event('change', {bubbles: true}));";
        self.run(script, &[json!(id), json!(value)]);
    }

    /// The input that belongs to a label with this text.
    #[track_caller]
    pub fn field(&self, label: &str) -> Element<'_> {
        let path = format!("//label[normalize-space(.)='{label}']/following::input[1]");
        self.wait_for(&format!("the field {label:?}"), || {
            self.elements("xpath", &path).into_iter().next()
        })
    }

    /// Drops what the browser says about refusals that the story provoked, and nothing else.
    #[track_caller]
    pub fn forgive(&self, status: &str) {
        let provoked = format!("the server responded with a status of {status}");
        let complaints = self.complaints();
        assert!(!complaints.is_empty(), "the browser should have noticed a {status}");
        assert!(
            complaints.iter().all(|line| line.contains(&provoked)),
            "the browser complains: {complaints:#?}"
        );
    }

    /// Errors and violations of the content security policy that the browser has logged since the last look.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self
            .try_call("POST", "/se/log", &json!({"type": "browser"}))
            .unwrap_or_default();
        let serious = |entry: &&Value| {
            let message = entry["message"].as_str().unwrap_or_default();
            entry["level"] == "SEVERE" || message.contains("Content Security Policy")
        };
        entries
            .as_array()
            .into_iter()
            .flatten()
            .filter(serious)
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// Saves a picture of the window.
    pub fn screenshot(&self, file: &Path) {
        let picture = self.call("GET", "/screenshot", &Value::Null);
        let bytes = BASE64.decode(picture.as_str().unwrap_or_default()).expect("base64");
        std::fs::write(file, bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.try_call("DELETE", "", &Value::Null).ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

/// Starts chromedriver on a port of its choice. It takes a free one of IPv4 and ends if the same number of IPv6 is taken, or the
/// other way round: another one takes its place.
fn start_driver(browser: &Browser) -> (Child, u16) {
    let started = (0..5).find_map(|_| try_driver(browser));
    started.expect("chromedriver names its port at the fifth start")
}

fn try_driver(browser: &Browser) -> Option<(Child, u16)> {
    let mut driver = Command::new(&browser.chromedriver)
        .args(["--port=0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("chromedriver starts");
    let mut lines = BufReader::new(driver.stdout.take().expect("its output"))
        .lines()
        .map_while(Result::ok);
    let port = lines.find_map(|line| {
        let number = line.split_once("started successfully on port ")?.1;
        number.trim_end_matches('.').parse().ok()
    });
    let Some(port) = port else {
        // It may still live, silent.
        driver.kill().ok();
        let ended = driver.wait();
        eprintln!("chromedriver named no port: {ended:?}");
        return None;
    };
    // Its pipe must stay read, or it stops when the pipe is full.
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port))
}

/// Something on the page.
pub struct Element<'a> {
    window: &'a Window,
    id: String,
}

impl Element<'_> {
    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.window.call(method, &format!("/element/{}{path}", self.id), body)
    }

    fn is_displayed(&self) -> bool {
        let path = format!("/element/{}/displayed", self.id);
        self.window
            .try_call("GET", &path, &Value::Null)
            .is_ok_and(|shown| shown == true)
    }

    pub fn is_enabled(&self) -> bool {
        let path = format!("/element/{}/enabled", self.id);
        self.window
            .try_call("GET", &path, &Value::Null)
            .is_ok_and(|enabled| enabled == true)
    }

    #[track_caller]
    pub fn click(&self) {
        self.call("POST", "/click", &json!({}));
    }

    /// Types text at the end of what is there.
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        self.call("POST", "/value", &json!({"text": text}));
    }

    /// Replaces what is there.
    #[track_caller]
    pub fn fill(&self, text: &str) {
        self.call("POST", "/clear", &json!({}));
        self.type_text(text);
    }

    pub fn text(&self) -> String {
        let path = format!("/element/{}/text", self.id);
        self.window
            .try_call("GET", &path, &Value::Null)
            .ok()
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// An attribute; none if the element has gone or lacks it.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let path = format!("/element/{}/attribute/{name}", self.id);
        self.window
            .try_call("GET", &path, &Value::Null)
            .ok()?
            .as_str()
            .map(str::to_owned)
    }

    /// A property as it is now: what a field holds, not what it began with.
    pub fn attribute_now(&self, name: &str) -> String {
        let path = format!("/element/{}/property/{name}", self.id);
        let found = self.window.try_call("GET", &path, &Value::Null).unwrap_or_default();
        found.as_str().unwrap_or_default().to_owned()
    }
}

/// Keys as WebDriver writes them.
pub const ENTER: &str = "\u{E007}";
pub const ESCAPE: &str = "\u{E00C}";
pub const SHIFT: &str = "\u{E008}";
pub const LEFT: &str = "\u{E012}";
pub const DOWN: &str = "\u{E015}";
pub const F2: &str = "\u{E032}";
pub const F3: &str = "\u{E033}";
pub const F4: &str = "\u{E034}";
pub const F6: &str = "\u{E036}";
pub const F7: &str = "\u{E037}";
pub const F8: &str = "\u{E038}";
pub const F10: &str = "\u{E03A}";
