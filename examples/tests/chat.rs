//! `chat`: plain clients, WebSocket clients, clients that misbehave. With a browser: `chat_browser.rs`.

mod support;

use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use support::{Program, ask, connect, read_to_end};
use tungstenite::{Message, WebSocket};

const CHAT: &str = env!("CARGO_BIN_EXE_chat");

struct Chat {
    program: Program,
    web: SocketAddr,
    tcp: SocketAddr,
}

fn start(more: &[&str]) -> Chat {
    let fixed = ["--listen", "127.0.0.1:0", "--listen-tcp", "127.0.0.1:0"];
    let program = Program::start(CHAT, &[&fixed, more].concat());
    let (web, tcp) = (program.address("web"), program.address("tcp"));
    Chat { program, web, tcp }
}

/// A plain client.
struct Plain(BufReader<TcpStream>);

impl Plain {
    /// In the room, under that name.
    fn join(address: SocketAddr, name: &str) -> Self {
        let mut plain = Self(BufReader::new(connect(address)));
        assert_eq!(plain.hear(), "Your name?");
        plain.say(name);
        assert!(plain.hear().starts_with(&format!("* {name} is here (now: ")));
        plain
    }

    fn say(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

/// A client like the page's.
struct Web(WebSocket<TcpStream>);

impl Web {
    fn connect(address: SocketAddr) -> Self {
        let (socket, _) =
            tungstenite::client(format!("ws://{address}/ws"), connect(address)).unwrap();
        Self(socket)
    }

    fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    fn hear(&mut self) -> Value {
        serde_json::from_str(self.0.read().unwrap().to_text().unwrap()).unwrap()
    }
}

#[test]
fn plain_clients_and_browsers_hear_each_other() {
    let chat = start(&[]);
    let mut ann = Plain::join(chat.tcp, "ann");
    let mut bob = Web::connect(chat.web);
    bob.say("bob");
    assert_eq!(bob.hear(), json!({ "kind": "joined", "name": "bob", "here": ["ann", "bob"] }));
    assert_eq!(ann.hear(), "* bob is here (now: ann, bob)");
    ann.say("  hello, bob\t\u{1b}[31m ");
    assert_eq!(ann.hear(), "ann: hello, bob[31m");
    assert_eq!(bob.hear(), json!({ "kind": "said", "name": "ann", "text": "hello, bob[31m" }));
    bob.say("<b>hello</b>, ann");
    assert_eq!(ann.hear(), "bob: <b>hello</b>, ann");
    bob.hear();
    drop(ann);
    assert_eq!(bob.hear(), json!({ "kind": "left", "name": "ann", "here": ["bob"] }));
}

#[test]
fn a_name_is_one_persons_and_free_again_when_they_leave() {
    let chat = start(&[]);
    let ann = Plain::join(chat.tcp, "ann");
    let mut other = Plain(BufReader::new(connect(chat.tcp)));
    other.hear();
    for (name, why) in
        [("ann", "there is a ann here already"), (" \t", "a name has 1 to 20 characters")]
    {
        other.say(name);
        assert_eq!(other.hear(), why);
    }
    other.say("bob");
    assert!(other.hear().starts_with("* bob is here"));
    drop(ann);
    assert_eq!(other.hear(), "* ann has left");
    Plain::join(chat.tcp, "ann");
}

#[test]
fn a_client_that_does_not_read_is_dropped_and_holds_up_nobody() {
    let chat = start(&["--patience", "1"]);
    let mut ann = Plain::join(chat.tcp, "ann");
    let sloth = Plain::join(chat.tcp, "sloth"); // and reads no further
    assert!(ann.hear().starts_with("* sloth is here"));
    let mut writer = ann.0.get_ref().try_clone().unwrap();
    // More than the buffers of the operating system hold; ends when the connection does.
    let flood = thread::spawn(move || {
        let line = "x".repeat(4000) + "\n";
        while writer.write_all(line.as_bytes()).is_ok() {}
    });
    let mut heard = 0;
    while ann.hear() != "* sloth has left" {
        heard += 1;
    }
    assert!(heard > 100, "it was dropped after {heard} messages");
    let peer = sloth.0.get_ref().local_addr().unwrap();
    chat.program.complaint(&format!("{peer}: error"));
    drop((ann, chat));
    flood.join().unwrap();
}

#[test]
fn lines_without_end_and_names_that_do_not_come_are_not_waited_for() {
    let chat = start(&["--patience", "0.3"]);
    let mut silent = connect(chat.tcp);
    assert_eq!(read_to_end(&mut silent), "Your name?\n");
    let mut silent = Web::connect(chat.web);
    assert!(silent.0.read().is_err(), "it is waited for");

    let chat = start(&[]);
    let mut endless = Plain::join(chat.tcp, "endless");
    // It may be thrown out before it has said all.
    let _ = endless.0.get_mut().write_all(&[b'x'; 1 << 20]);
    read_to_end(endless.0.get_mut());
    let mut large = Web::connect(chat.web);
    large.say("large");
    large.hear();
    let _ = large.0.send(Message::text("x".repeat(1 << 20)));
    while large.0.read().is_ok() {}
    Plain::join(chat.tcp, "endless"); // the name is free
}

#[test]
fn what_is_no_web_socket_or_comes_from_another_site_is_refused() {
    let chat = start(&[]);
    assert!(ask(chat.web, "GET", "/", "").contains("<title>Filch chat</title>"));
    assert!(ask(chat.web, "GET", "/ws", "").starts_with("HTTP/1.1 400"));
    assert!(ask(chat.web, "GET", "/nowhere", "").starts_with("HTTP/1.1 404"));
    assert!(ask(chat.web, "POST", "/", "").starts_with("HTTP/1.1 405"));
    let from = |origin: String| {
        let mut request = tungstenite::client::IntoClientRequest::into_client_request(format!(
            "ws://{}/ws",
            chat.web
        ))
        .unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        tungstenite::client(request, connect(chat.web)).is_ok()
    };
    assert!(from(format!("http://{}", chat.web)));
    assert!(!from("http://elsewhere.example".to_owned()));
}

#[test]
fn everybody_is_told_goodbye() {
    let chat = start(&[]);
    let mut ann = Plain::join(chat.tcp, "ann");
    let mut bob = Web::connect(chat.web);
    bob.say("bob");
    bob.hear();
    ann.hear();
    chat.program.signal(Signal::TERM);
    // Ann may be seen to leave first.
    while bob.hear() != json!({ "kind": "stopping" }) {}
    assert!(matches!(bob.0.read(), Ok(Message::Close(_))));
    let rest = read_to_end(ann.0.get_mut());
    assert!(rest.ends_with("goodbye\n"), "{rest}");
    let ended = chat.program.end();
    assert!(ended.status.success() && !ended.stderr.contains("cut off"), "{ended:?}");
}
