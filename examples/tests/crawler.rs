//! `crawler`, over a directory, and over servers on this machine.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use support::{Ended, Program, server, tool};

const CRAWLER: &str = env!("CARGO_BIN_EXE_crawler");

fn crawl(arguments: &[&str]) -> Ended {
    Program::start(CRAWLER, arguments).end()
}

/// The numbers of the summary: pages, links, outside, too large, not visited, broken.
fn summary(ended: &Ended) -> [usize; 6] {
    let line = ended.stdout.lines().last().unwrap_or_else(|| panic!("{ended:?}"));
    let numbers = line.split(", ").map_while(|part| part.split(' ').next()?.parse().ok());
    numbers.collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{ended:?}"))
}

/// A site with everything that a crawler has to bear; returns its directory.
fn site() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let site = directory.path().join("site");
    fs::create_dir_all(site.join("deeper")).unwrap();
    let pages = [
        (
            "index.html",
            r##"<a href="a.html">a</a> <a href="deeper/">deeper</a> <a href="#top">up</a>"##,
        ),
        // A cycle, a link that is on every page, a fragment, what only looks like a link.
        (
            "a.html",
            r#"<a href="index.html#there">back</a> <A HREF='/gone.html'>other root</A>
               <a href="deeper/../a.html?x#y">me</a> <img src="picture.png">
               <script>"<a href='in-a-script.html'>"</script> <!-- <a href="in-a-comment.html"> -->
               <a href="mailto:a@b">mail</a> <a href="http://example.com/">far</a>"#,
        ),
        ("deeper/index.html", r#"<a href="missing.html">gone</a> <a href="../huge.html">huge</a>"#),
        ("huge.html", &"<a href='x.html'>".repeat(20_000)),
    ];
    for (name, html) in pages {
        fs::write(site.join(name), html).unwrap();
    }
    fs::write(site.join("picture.png"), [0; 100]).unwrap();
    fs::write(directory.path().join("secret.html"), "").unwrap();
    symlink("../secret.html", site.join("escape.html")).unwrap();
    directory
}

#[test]
fn a_directory_is_walked_once_and_never_left() {
    let directory = site();
    let site = directory.path().join("site");
    fs::write(site.join("c d.html"), "<a href='escape.html'>out</a> <a href='a b.html'>no URL</a>")
        .unwrap();
    let begin = [site.to_str().unwrap(), &format!("{}/c d.html", site.display())];
    let ended = crawl(&[begin.as_slice(), &["--bytes", "100000"]].concat());
    // index, a, a?x, picture, deeper/index, c d; the links of `a` count twice.
    assert_eq!(summary(&ended), [6, 3 + 6 + 6 + 2 + 2, 2 * 3, 1, 0, 3], "{ended:?}");
    assert_eq!(ended.status.code(), Some(1));
    for (link, why) in [
        ("deeper/missing.html on file://", "No such file"),
        ("escape.html on file://", "out of the directory"),
        ("a b.html on file://", "unexpected character"),
    ] {
        let told = ended.stdout.lines().any(|line| line.contains(link) && line.contains(why));
        assert!(told, "{link}: {ended:?}");
    }
}

#[test]
fn pythons_server_shows_the_same_site() {
    let Some(python) = tool("python3", "python3") else { return };
    let directory = site();
    let mut command = Command::new(python);
    command.args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"]);
    let server = Program::run(command.current_dir(directory.path().join("site")));
    let start = format!("http://127.0.0.1:{}/", server.port_of_python());
    let ended = crawl(&["--bytes", "100000", &start]);
    // As above, but `/` and `/index.html` are two, and `/gone.html` is on this host.
    assert_eq!(summary(&ended), [6, 3 + 3 + 6 + 6 + 2, 2 * 2, 1, 0, 2], "{ended:?}");
}

fn page(stream: &mut TcpStream, html: &str) {
    // The crawler may have gone.
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n{html}",
        html.len()
    );
}

#[test]
fn redirects_in_circles_endless_pages_and_silence_come_to_an_end() {
    let kept = Mutex::new(Vec::new());
    let address = server(move |path, stream| match path {
        "/" => page(
            stream,
            "<a href=round>1</a><a href=endless>2</a><a href=silent>3</a><a href=bad>4</a>",
        ),
        "/round" => drop(write!(
            stream,
            "HTTP/1.1 302 Found\r\nlocation: /round2\r\ncontent-length: 0\r\n\r\n"
        )),
        "/round2" => drop(write!(
            stream,
            "HTTP/1.1 301 Moved\r\nlocation: round\r\ncontent-length: 0\r\n\r\n"
        )),
        "/endless" => {
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n");
            while stream.write_all(&[b' '; 1 << 16]).is_ok() {}
        }
        "/silent" => kept.lock().unwrap().push(stream.try_clone().unwrap()),
        _ => drop(write!(stream, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")),
    });
    let ended = crawl(&["--timeout", "2", "--bytes", "100000", &format!("http://{address}")]);
    assert_eq!(summary(&ended), [1, 4, 0, 1, 0, 2], "{ended:?}");
    assert!(
        ended.stdout.contains("404 Not Found") && ended.stdout.contains("elapsed"),
        "{ended:?}"
    );
}

#[test]
fn a_host_is_asked_as_seldom_and_as_little_at_a_time_as_wished() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let links: String = (0..20).map(|number| format!("<a href=/{number}>")).collect();
    let times = Arc::new(Mutex::new(BTreeMap::new()));
    let asked = times.clone();
    let address = server(move |path, stream| {
        asked.lock().unwrap().insert(path.to_owned(), Instant::now());
        MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(30));
        NOW.fetch_sub(1, Ordering::SeqCst);
        page(stream, if path == "/" { &links } else { "" });
    });
    let start = format!("http://{address}/");
    let begin = Instant::now();
    let ended = crawl(&["--per-host", "2", "--pause", "0.01", &start]);
    assert!(begin.elapsed() >= Duration::from_millis(20 * 10), "it was in a hurry");
    assert_eq!(summary(&ended)[..2], [21, 20], "{ended:?}");
    assert!(MOST.load(Ordering::SeqCst) <= 2);
    assert_eq!(times.lock().unwrap().len(), 21);
}

#[test]
fn a_site_without_end_is_left_after_so_many_pages() {
    let next = AtomicUsize::new(0);
    let address = server(move |_path, stream| {
        let number = next.fetch_add(2, Ordering::SeqCst);
        page(stream, &format!("<a href=/p{number}><a href=/p{}>", number + 1));
    });
    let ended = crawl(&["--pages", "50", &format!("http://{address}/")]);
    assert_eq!(summary(&ended), [50, 100, 0, 0, 1 + 100 - 50, 0], "{ended:?}");
    assert!(ended.status.success());
}

#[test]
fn a_start_that_is_not_there_is_said_clearly() {
    let ended = crawl(&["/does/not/exist"]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("/does/not/exist"), "{ended:?}");
}
