//! `fan_out_client`, with Python's HTTP server, and servers that misbehave.

mod support;

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpListener;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;
use support::{Program, server, tool};

const CLIENT: &str = env!("CARGO_BIN_EXE_fan_out_client");

#[test]
fn files_of_pythons_server_arrive_whole() {
    let Some(python) = tool("python3", "python3") else { return };
    let directory = tempfile::tempdir().unwrap();
    let lengths = HashMap::from([("small", 1), ("medium", 40_000), ("large", 3_000_000)]);
    for (name, &length) in &lengths {
        std::fs::write(directory.path().join(name), vec![7; length]).unwrap();
    }
    let mut command = Command::new(python);
    command
        .args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"])
        .current_dir(directory.path());
    let server = Program::run(&mut command);
    let port = server.port_of_python();
    let urls: Vec<_> =
        lengths.keys().map(|name| format!("http://127.0.0.1:{port}/{name}")).collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    let ended = Program::start(CLIENT, &[&["--times", "5"], urls.as_slice()].concat()).end();
    assert!(ended.status.success(), "{ended:?}");
    for length in lengths.values() {
        let so_long = format!("200 OK, {length} bytes");
        assert_eq!(ended.stdout.matches(&so_long).count(), 5, "{ended:?}");
    }
    assert!(ended.stdout.contains("15 good, 0 failed, 0 not known"), "{ended:?}");
}

#[test]
fn as_many_requests_are_under_way_as_allowed_and_no_more() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let three = Barrier::new(3);
    let address = server(move |_path, stream| {
        MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        three.wait();
        thread::sleep(Duration::from_millis(5)); // a fourth would come now
        NOW.fetch_sub(1, Ordering::SeqCst);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    let url = format!("http://{address}/");
    let ended = Program::start(CLIENT, &["--at-a-time", "3", "--times", "30", &url]).end();
    assert!(ended.stdout.contains("30 good"), "{ended:?}");
    assert_eq!(MOST.load(Ordering::SeqCst), 3);
}

#[test]
fn who_does_not_answer_is_not_waited_for() {
    let kept = Mutex::new(Vec::new());
    let silent = server(move |_path, stream| kept.lock().unwrap().push(stream.try_clone()));
    let ended = Program::start(CLIENT, &["--timeout", "0.2", &format!("http://{silent}/")]).end();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.contains("elapsed"), "{ended:?}");
}

#[test]
fn what_fails_is_told_and_stops_nothing_else() {
    let good = server(|_path, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    let noise = server(|_path, stream| {
        let _ = stream.write_all(&[0x15; 100]);
    });
    let cut = server(|_path, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\nonly a part");
    });
    let endless = server(|_path, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[0; 1 << 16]).is_ok() {}
    });
    let error = server(|_path, stream| {
        let _ = stream.write_all(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n");
    });
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls: Vec<_> = [noise, cut, endless, error, nobody, good]
        .iter()
        .map(|address| format!("http://{address}/"))
        .chain(["https://localhost/".to_owned()])
        .collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    let ended = Program::start(CLIENT, &urls).end();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.contains("1 good, 6 failed, 0 not known"), "{ended:?}");
    for words in ["500", "larger than 16 MiB", "only http://", "refused"] {
        assert!(ended.stdout.contains(words), "{words}: {ended:?}");
    }
}

#[test]
fn interrupted_it_says_what_it_knows() {
    let kept = Mutex::new(Vec::new());
    let (met, meets) = std::sync::mpsc::channel();
    let silent = server(move |_path, stream| {
        kept.lock().unwrap().push(stream.try_clone());
        let _ = met.send(());
    });
    let url = format!("http://{silent}/");
    let client = Program::start(CLIENT, &["--timeout", "3600", "--times", "100", &url]);
    meets.recv_timeout(support::LONG).unwrap();
    client.signal(rustix::process::Signal::INT);
    let ended = client.end();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.contains("0 good, 0 failed, 100 not known"), "{ended:?}");
}
