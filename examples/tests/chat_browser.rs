//! `chat` in a browser: two pages in a headless Chromium, driven by its DevTools protocol.
//!
//! `apt-get install chromium`; without it this is skipped, and says so. `FILCH_SCREENSHOT=<file>.png` keeps
//! a picture of the page.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::process::Command;
use support::{Program, connect, eventually, tool};
use tungstenite::{Message, WebSocket};

/// Chromium, and how it is told what to do.
struct Browser {
    program: Program,
    socket: WebSocket<TcpStream>,
    number: u64,
    _profile: tempfile::TempDir,
}

impl Browser {
    fn start(mut command: Command) -> Self {
        let profile = tempfile::tempdir().unwrap();
        command
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--remote-debugging-port=0", "about:blank"])
            .arg(format!("--user-data-dir={}", profile.path().display()));
        let program = Program::run(&mut command);
        let line = program.complaint("DevTools listening on ");
        let url = line.trim_end().rsplit(' ').next().unwrap().to_owned();
        let address = url["ws://".len()..].split('/').next().unwrap().parse().unwrap();
        let (socket, _) = tungstenite::client(url, connect(address)).unwrap();
        Self { program, socket, number: 0, _profile: profile }
    }

    /// One call; its result.
    fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let mut call = json!({ "id": self.number, "method": method, "params": parameters });
        if let Some(session) = session {
            call["sessionId"] = session.into();
        }
        self.socket.send(Message::text(call.to_string())).unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else { continue };
            let mut answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == self.number {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }

    /// Opens a page; the session that speaks to it.
    fn open(&mut self, url: &str) -> String {
        let size = json!({ "url": url, "width": 720, "height": 520, "newWindow": true });
        let target = self.call(None, "Target.createTarget", size)["targetId"].take();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = self.call(None, "Target.attachToTarget", attach)["sessionId"].take();
        session.as_str().unwrap().to_owned()
    }

    fn evaluate(&mut self, session: &str, script: &str) -> Value {
        let script = json!({ "expression": script, "returnByValue": true });
        let mut result = self.call(Some(session), "Runtime.evaluate", script);
        assert!(result["exceptionDetails"].is_null(), "{result}");
        result["result"]["value"].take()
    }

    /// Types a line and sends it, once the page is ready for it.
    fn submit(&mut self, session: &str, text: &str) {
        eventually("loaded", || {
            self.evaluate(
                session,
                "location.protocol === 'http:' && document.readyState === 'complete'",
            ) == true
        });
        let text = Value::from(text);
        let script = format!("$('text').value = {text}; $('form').requestSubmit()");
        self.evaluate(session, &script);
    }

    fn wait_for_text(&mut self, session: &str, text: &str) {
        eventually(text, || {
            let shown = self.evaluate(session, "document.body ? document.body.innerText : ''");
            shown.as_str().is_some_and(|shown| shown.contains(text))
        });
    }
}

#[test]
fn two_pages_talk_to_each_other() {
    let Some(chromium) = tool("chromium", "chromium") else { return };
    let fixed = ["--listen", "127.0.0.1:0", "--listen-tcp", "127.0.0.1:0"];
    let chat = Program::start(env!("CARGO_BIN_EXE_chat"), &fixed);
    let url = format!("http://{}/", chat.address("web"));
    let mut browser = Browser::start(Command::new(chromium));

    let ann = browser.open(&url);
    browser.submit(&ann, "ann");
    browser.wait_for_text(&ann, "ann is here");
    let bob = browser.open(&url);
    browser.submit(&bob, "ann");
    browser.wait_for_text(&bob, "Another name, please");
    browser.submit(&bob, "bob");
    browser.wait_for_text(&bob, "ann, bob");
    browser.wait_for_text(&ann, "bob is here");

    browser.submit(&ann, "Hello, bob! Is the page <b>safe</b>?");
    browser.wait_for_text(&bob, "Hello, bob! Is the page <b>safe</b>?"); // as text, not as HTML
    browser.submit(&bob, "As you see. And a long one: ".to_owned().as_str().repeat(6).as_str());
    browser.wait_for_text(&ann, "And a long one");
    assert_eq!(browser.evaluate(&ann, "document.querySelectorAll('.said.own').length"), 1);

    if let Some(file) = std::env::var_os("FILCH_SCREENSHOT") {
        let picture = browser.call(Some(&ann), "Page.captureScreenshot", json!({}));
        std::fs::write(file, STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    chat.signal(rustix::process::Signal::TERM);
    browser.wait_for_text(&ann, "The server has stopped.");
    browser.wait_for_text(&ann, "not connected");
    assert!(chat.end().status.success());
    browser.call(None, "Browser.close", json!({}));
    browser.program.end();
}
