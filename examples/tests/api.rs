//! `api`, with curl and with clients that ask for too much.

mod support;

use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};
use support::{Program, ask, connect, eventually, output, read_to_end, request, tool};

const SERVER: &str = env!("CARGO_BIN_EXE_api");

fn start(more: &[&str]) -> (Program, SocketAddr) {
    let server = Program::start(SERVER, &[&["--listen", "127.0.0.1:0"], more].concat());
    let address = server.address("api");
    (server, address)
}

/// Status and body of an answer.
fn parts(answer: &str) -> (u16, Value) {
    let (head, body) =
        answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    (head["HTTP/1.1 ".len()..][..3].parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// A request that takes longer than the test.
fn occupy(address: SocketAddr) -> TcpStream {
    let mut client = connect(address);
    client.write_all(request("GET", "/slow/3600", "").as_bytes()).unwrap();
    client
}

fn free(address: SocketAddr) -> u64 {
    parts(&ask(address, "GET", "/health", "")).1["free"].as_u64().unwrap()
}

#[test]
fn curl_makes_reads_and_removes_notes() {
    let Some(curl) = tool("curl", "curl") else { return };
    let (_server, address) = start(&[]);
    let curl = |method: &str, path: &str, body: &str| {
        let mut command = Command::new(&curl);
        command.args(["--silent", "--show-error", "--max-time", "30", "--request", method]);
        command.args(["--write-out", "\n%{http_code}", "--data", body]);
        let printed = output(command.arg(format!("http://{address}{path}")));
        let (body, status) = printed.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), serde_json::from_str::<Value>(body).unwrap())
    };
    let milk = json!({ "id": 1, "text": "buy \"milk\" 🥛" });
    assert_eq!(curl("POST", "/notes", r#"{"text": "buy \"milk\" 🥛"}"#), (201, milk.clone()));
    assert_eq!(curl("GET", "/notes/1", ""), (200, milk.clone()));
    assert_eq!(curl("GET", "/notes", ""), (200, json!([milk])));
    assert_eq!(curl("DELETE", "/notes/1", ""), (200, milk));
    assert_eq!(curl("GET", "/notes/1", "").0, 404);
    for (method, path, body, status) in [
        ("POST", "/notes", "{", 400),
        ("POST", "/notes", r#"{"words": 1}"#, 400),
        ("PUT", "/notes", "", 405),
        ("GET", "/notes/none", "", 404),
        ("GET", "/slow/-1", "", 404),
        ("GET", "/", "", 404),
    ] {
        let (answered, body) = curl(method, path, body);
        assert_eq!(answered, status, "{method} {path}: {body}");
        assert!(body["error"].is_string(), "{method} {path}: {body}");
    }
}

#[test]
fn who_comes_when_all_places_are_taken_is_told_to_come_back() {
    let (_server, address) = start(&["--at-a-time", "2", "--timeout", "3600"]);
    let slow = [occupy(address), occupy(address)];
    eventually("both places taken", || free(address) == 0);
    let refused = ask(address, "GET", "/notes", "");
    assert_eq!(parts(&refused).0, 503);
    assert!(refused.contains("\r\nretry-after: 1\r\n"), "{refused}");
    // Those who go away leave their places at once: nothing goes on working for them.
    drop(slow);
    eventually("places free again", || free(address) == 2);
    assert_eq!(parts(&ask(address, "GET", "/notes", "")).0, 200);
}

#[test]
fn a_request_that_takes_too_long_is_given_up() {
    let (_server, address) = start(&["--timeout", "0.2"]);
    let begin = Instant::now();
    let (status, body) = parts(&ask(address, "GET", "/slow/3600", ""));
    assert_eq!((status, &body["error"]), (503, &json!("it took too long")));
    assert!(begin.elapsed() >= Duration::from_millis(200));
    let mut late = connect(address);
    late.write_all(b"POST /notes HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").unwrap();
    assert_eq!(parts(&read_to_end(&mut late)).0, 408);
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let (_server, address) = start(&[]);
    let head = "POST /notes HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let mut client = connect(address);
    client.write_all(format!("{head}content-length: 65537\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(parts(&read_to_end(&mut client)).0, 413);
    // And one that does not say how long it is.
    let mut client = connect(address);
    client.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes()).unwrap();
    // It may be refused before all of it is sent.
    let _ = client.write_all(format!("10001\r\n{}\r\n", "x".repeat(0x10001)).as_bytes());
    let answer = read_to_end(&mut client);
    assert!(answer.is_empty() || parts(&answer).0 == 413, "{answer}");
}

#[test]
fn told_to_stop_it_answers_the_request_under_way() {
    let (server, address) = start(&[]);
    let mut client = connect(address);
    let head = "POST /notes HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\n";
    client.write_all(format!("{head}{{\"text\":").as_bytes()).unwrap();
    eventually("under way", || free(address) == 63);
    server.signal(Signal::TERM);
    server.complaint("stopping");
    client.write_all(b"\"ok\"}").unwrap();
    assert_eq!(parts(&read_to_end(&mut client)), (201, json!({ "id": 1, "text": "ok" })));
    assert!(server.end().status.success());
}
