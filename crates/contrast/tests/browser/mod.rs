//! A real browser without a window: Chromium, driven over the pipe of its DevTools protocol.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use command_fds::{CommandFdExt as _, FdMapping};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Far more than any answer takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// As the distributions call it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A browser with one page.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    commands: UnixStream,
    answers: UnixStream,
    received: Vec<u8>,
    next_id: u64,
    session: Option<String>,
    /// What the page complained about, and what it asked the network for.
    pub complaints: Vec<String>,
    loaded: bool,
    _profile: TempDir,
}

impl Browser {
    /// Starts the browser; `None`, loudly, where there is none.
    pub fn start() -> Option<Self> {
        let Some(program) = NAMES.into_iter().find(|name| is_in_path(name)) else {
            let line = "#".repeat(80);
            // Not `eprintln!`: what that says in a test that passes, nobody sees.
            let note = format!(
                "\n{line}\nNOT TESTED: the page was not opened in a browser, because there is no Chromium in \
                 PATH.\nInstall it (Debian, Ubuntu: apt-get install chromium) and run this test again.\n{line}\n"
            );
            let _ = std::io::stderr().write_all(note.as_bytes());
            return None;
        };
        let profile = tempfile::tempdir().expect("a temporary directory");
        let (commands, child_reads) = UnixStream::pair().expect("sockets");
        let (answers, child_writes) = UnixStream::pair().expect("sockets");
        answers.set_read_timeout(Some(PATIENCE)).expect("is no zero");
        let process = Command::new(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .args(["--hide-scrollbars", "--remote-debugging-pipe", "about:blank"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .fd_mappings(vec![
                FdMapping { parent_fd: child_reads.into(), child_fd: 3 },
                FdMapping { parent_fd: child_writes.into(), child_fd: 4 },
            ])
            .expect("no two are the same")
            .spawn()
            .expect("the browser can be started");
        let mut browser = Self {
            process,
            commands,
            answers,
            received: Vec::new(),
            next_id: 0,
            session: None,
            complaints: Vec::new(),
            loaded: false,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = Some(session["sessionId"].as_str().expect("a text").to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Opens a file, in a window of that size.
    pub fn open(&mut self, file: &Path, width: u32, height: u32, scheme: &str) {
        self.resize(width, height, 1.0);
        let features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")]
            .map(|(name, value)| json!({"name": name, "value": value}));
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
        self.loaded = false;
        let url = format!("file://{}", file.display());
        let navigated = self.call("Page.navigate", json!({"url": url}));
        assert!(navigated.get("errorText").is_none(), "{navigated}");
        while !self.loaded {
            self.receive();
        }
        self.settle();
    }

    pub fn resize(&mut self, width: u32, height: u32, scale: f64) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Waits until everything that was to be drawn is drawn.
    pub fn settle(&mut self) {
        let frames = "new Promise((done) => { let left = 4; const next = () => --left ? requestAnimationFrame(next) : done(true); next(); })";
        assert_eq!(self.evaluate(frames), json!(true));
    }

    /// What an expression comes to, in the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let ask = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", ask);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer:#}");
        answer["result"]["value"].clone()
    }

    /// Presses a key, by the name that the page sees.
    pub fn press(&mut self, key: &str) {
        let mut event = json!({"type": "keyDown", "key": key, "code": key});
        match (key, key.chars().count()) {
            ("Tab", _) => event["windowsVirtualKeyCode"] = json!(9),
            ("Enter", _) => event["text"] = json!("\r"),
            (_, 1) => event["text"] = json!(key),
            _ => {}
        }
        self.call("Input.dispatchKeyEvent", event.clone());
        event["type"] = json!("keyUp");
        event.as_object_mut().expect("is one").remove("text");
        self.call("Input.dispatchKeyEvent", event);
        self.settle();
    }

    /// Something that the mouse does; `more` is what depends on the kind.
    pub fn mouse(&mut self, kind: &str, x: f64, y: f64, more: &Value) {
        let mut event = json!({"type": kind, "x": x, "y": y});
        for (name, value) in more.as_object().expect("is one") {
            event[name] = value.clone();
        }
        self.call("Input.dispatchMouseEvent", event);
        self.settle();
    }

    /// A picture of the page from `top` on, as PNG.
    pub fn screenshot(&mut self, width: u32, top: f64, height: f64) -> Vec<u8> {
        let clip = json!({"x": 0, "y": top, "width": width, "height": height, "scale": 1});
        let ask = json!({"format": "png", "clip": clip, "captureBeyondViewport": true});
        let answer = self.call("Page.captureScreenshot", ask);
        let data = answer["data"].as_str().expect("a text");
        base64::prelude::BASE64_STANDARD.decode(data).expect("is base64")
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.next_id += 1;
        let mut command = json!({"id": self.next_id, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).expect("the browser listens");
        loop {
            let message = self.receive();
            if message["id"] == self.next_id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    /// The next message, after a note of what it tells about the page.
    fn receive(&mut self) -> Value {
        let started = Instant::now();
        let end = loop {
            if let Some(end) = self.received.iter().position(|&byte| byte == 0) {
                break end;
            }
            let mut buffer = [0; 1 << 16];
            match self.answers.read(&mut buffer) {
                Ok(0) => panic!("the browser has ended: {:?}", self.process.try_wait()),
                Ok(length) => self.received.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("no answer after {:?}: {error}", started.elapsed()),
            }
        };
        let message: Vec<u8> = self.received.drain(..=end).take(end).collect();
        let message: Value = serde_json::from_slice(&message).expect("is JSON");
        self.note(&message);
        message
    }

    fn note(&mut self, message: &Value) {
        let params = &message["params"];
        let is_worse = |level: &Value| *level == "error" || *level == "warning";
        match message["method"].as_str() {
            Some("Page.loadEventFired") => self.loaded = true,
            Some("Runtime.exceptionThrown") => self.complaints.push(params.to_string()),
            Some("Runtime.consoleAPICalled") if is_worse(&params["type"]) => {
                self.complaints.push(params.to_string());
            }
            Some("Log.entryAdded") if is_worse(&params["entry"]["level"]) => {
                self.complaints.push(params.to_string());
            }
            Some("Network.requestWillBeSent") => {
                let url = params["request"]["url"].as_str().expect("a text");
                if !url.starts_with("file://") && !url.starts_with("data:") {
                    self.complaints.push(format!("asked the network for {url}"));
                }
            }
            _ => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_in_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(name).is_file())
}
