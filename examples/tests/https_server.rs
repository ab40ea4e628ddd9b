//! `https_server`, with curl and openssl.

mod support;

use std::fs;
use std::process::Command;
use support::{Program, connect, output, read_to_end, send_and_read, tool};

const SERVER: &str = env!("CARGO_BIN_EXE_https_server");

#[test]
fn curl_trusts_the_certificate_that_was_saved_and_no_other() {
    let Some(curl) = tool("curl", "curl") else { return };
    let directory = tempfile::tempdir().unwrap();
    let certificate = directory.path().join("localhost.pem");
    let saved = certificate.to_str().unwrap();
    let server = Program::start(SERVER, &["--listen", "127.0.0.1:0", "--save-certificate", saved]);
    let url = format!("https://localhost:{}/", server.address("https").port());
    let curl = || {
        let mut command = Command::new(&curl);
        command.args(["--silent", "--show-error", "--fail", "--ipv4", "--max-time", "30"]);
        command
    };
    let hello = "hello, unheard by others\n";
    assert_eq!(output(curl().args(["--cacert", saved, &url])), hello);
    assert_eq!(output(curl().args(["--tls-max", "1.2", "--cacert", saved, &url])), hello);
    assert_eq!(output(curl().args(["--cacert", saved, &url, &url])), hello.repeat(2));
    let distrusted = Program::run(curl().arg(&url)).end();
    assert!(!distrusted.status.success(), "it took a certificate that it does not know");
}

#[test]
fn openssl_shakes_hands_with_a_certificate_that_openssl_made() {
    let Some(openssl) = tool("openssl", "openssl") else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    output(Command::new(&openssl).args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ]));
    let given = ["--listen", "127.0.0.1:0", "--certificate", &certificate, "--key", &key];
    let server = Program::start(SERVER, &given);
    let address = server.address("https").to_string();
    let seen = output(Command::new(&openssl).args([
        "s_client",
        "-connect",
        &address,
        "-servername",
        "localhost",
        "-CAfile",
        &certificate,
        "-verify_return_error",
        "-verify_hostname",
        "localhost",
        "-alpn",
        "http/1.1",
    ]));
    assert!(seen.contains("Verify return code: 0 (ok)"), "{seen}");
    assert!(seen.contains("ALPN protocol: http/1.1"), "{seen}");
}

#[test]
fn who_speaks_no_tls_or_does_not_finish_the_handshake_is_dropped() {
    let server = Program::start(SERVER, &["--listen", "127.0.0.1:0", "--patience", "0.3"]);
    let address = server.address("https");
    let answer = send_and_read(address, b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert!(!answer.contains("hello"), "{answer}");
    read_to_end(&mut connect(address)); // says nothing, and is not waited for
    server.complaint("elapsed");
}

#[test]
fn a_file_that_is_no_certificate_is_said_clearly() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("nonsense.pem");
    fs::write(&file, "nonsense").unwrap();
    let file = file.to_str().unwrap();
    for key in [file, "/does/not/exist.pem"] {
        let given = ["--listen", "127.0.0.1:0", "--certificate", file, "--key", key];
        let ended = Program::start(SERVER, &given).end();
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains(key), "{ended:?}");
    }
}
