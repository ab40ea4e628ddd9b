//! What every server here has to stand.

mod support;

use rustix::process::Signal;
use std::io::Write;
use std::net::Shutdown;
use support::{Program, connect, read_to_end};

/// Each server: the program, the name of its address, what it is told.
const SERVERS: [(&str, &str, &[&str]); 5] = [
    (env!("CARGO_BIN_EXE_http_server"), "http", &["--listen", "127.0.0.1:0"]),
    (env!("CARGO_BIN_EXE_https_server"), "https", &["--listen", "127.0.0.1:0"]),
    (env!("CARGO_BIN_EXE_api"), "api", &["--listen", "127.0.0.1:0"]),
    (
        env!("CARGO_BIN_EXE_chat"),
        "web",
        &["--listen", "127.0.0.1:0", "--listen-tcp", "127.0.0.1:0"],
    ),
    (
        env!("CARGO_BIN_EXE_chat"),
        "tcp",
        &["--listen", "127.0.0.1:0", "--listen-tcp", "127.0.0.1:0"],
    ),
];

#[test]
fn noise_half_words_and_silence_do_not_keep_it_from_stopping() {
    for (path, what, arguments) in SERVERS {
        let server = Program::start(path, &[arguments, &["--drain", "1"]].concat());
        let address = server.address(what);
        let noise: Vec<u8> =
            (0..9_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for number in 0..20 {
            let mut client = connect(address);
            // It may be thrown out before it has said all.
            let _ = client.write_all(&noise[..number * 400]);
            if number % 2 == 0 {
                let _ = client.shutdown(Shutdown::Write);
                read_to_end(&mut client);
            }
        }
        let silent = connect(address);
        server.signal(Signal::TERM);
        let ended = server.end();
        assert!(ended.status.success(), "{path} {what}: {ended:?}");
        assert!(!ended.stderr.contains("panic"), "{path} {what}: {ended:?}");
        drop(silent);
    }
}

#[test]
fn a_port_in_use_is_said_clearly() {
    for (path, what, arguments) in SERVERS {
        let first = Program::start(path, arguments);
        let address = first.address(what).to_string();
        let arguments: &[&str] = match what {
            "tcp" => &["--listen", "127.0.0.1:0", "--listen-tcp", &address],
            "web" => &["--listen", &address, "--listen-tcp", "127.0.0.1:0"],
            _ => &["--listen", &address],
        };
        let ended = Program::start(path, arguments).end();
        assert_eq!(ended.status.code(), Some(1), "{path}: {ended:?}");
        let clear = ended.stderr.contains(&format!("{address} is in use"));
        assert!(clear && ended.stderr.lines().count() == 1, "{path}: {ended:?}");
    }
}
