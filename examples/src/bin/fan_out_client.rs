//! How do I fetch many things at once, but not too many?
//!
//! A group with a limit: so many requests are under way at a time, and no task is made for one that could
//! not begin. Each has a time-out. Ctrl-C ends it early, with what is known by then.
//!
//! ```sh
//! cargo run --release -p filch-examples --bin fan_out_client -- --at-a-time 8 --times 100 http://127.0.0.1:8080/
//! ```

use clap::Parser;
use filch::signal::ctrl_c;
use filch::sync::mpsc;
use filch::task::TaskGroup;
use filch::time::{Duration, Instant, timeout};
use filch_examples::client::get;
use filch_examples::service::{at_least_one, seconds};
use filch_examples::{Error, Failure};
use hyper::{StatusCode, Uri};

/// Fetches URLs, several at a time.
#[derive(Parser)]
struct Options {
    /// What to fetch
    #[arg(value_name = "URL", required = true)]
    urls: Vec<Uri>,

    /// How often to fetch each of them
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "1")]
    times: usize,

    /// How many requests are under way at a time
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "16")]
    at_a_time: usize,

    /// How many seconds a request may take
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    timeout: Duration,
}

#[derive(Default)]
struct Summary {
    good: usize,
    failed: usize,
    bytes: usize,
}

#[filch::main]
async fn main() -> Result<(), Failure> {
    let Options { urls, times, at_a_time, timeout } = Options::parse();
    let start = Instant::now();
    let mut summary = Summary::default();
    filch::select! {
        biased; // it listens before the first request is under way
        interrupted = ctrl_c() => interrupted?, // what is under way is aborted
        done = fetch_all(&urls, times, at_a_time, timeout, &mut summary) => done?,
    }

    let Summary { good, failed, bytes } = summary;
    let unknown = urls.len() * times - good - failed;
    println!(
        "{good} good, {failed} failed, {unknown} not known; {bytes} bytes in {:.1?}",
        start.elapsed()
    );
    if good == urls.len() * times { Ok(()) } else { Err(Failure::new("not all is well")) }
}

async fn fetch_all(
    urls: &[Uri],
    times: usize,
    at_a_time: usize,
    timeout: Duration,
    summary: &mut Summary,
) -> Result<(), Failure> {
    // Whoever waits for its line to be printed keeps its place in the group: nothing piles up.
    let (results, mut fetched) = mpsc::channel(1);
    let requests = TaskGroup::new().limit(at_a_time).run(async move |s| {
        for url in (0..times).flat_map(|_| urls).cloned() {
            s.ready().await;
            let results = results.clone();
            s.spawn(async move {
                let start = Instant::now();
                let result = fetch(&url, timeout).await;
                // The other end is there as long as the group is.
                let _ = results.send((url, start.elapsed(), result)).await;
            });
        }
    });
    let print = async {
        while let Some((url, took, result)) = fetched.recv().await {
            match result {
                Ok((status, length)) => {
                    summary.good += 1;
                    summary.bytes += length;
                    println!("{status}, {length} bytes, {took:.1?}: {url}");
                }
                Err(error) => {
                    summary.failed += 1;
                    println!("failed, {took:.1?}: {url}: {error}");
                }
            }
        }
    };
    let (requests, ()) = filch::join!(requests, print);
    Ok(requests?)
}

/// The status and the length of the body; an error of the server's is one.
async fn fetch(url: &Uri, limit: Duration) -> Result<(StatusCode, usize), Error> {
    let answer = timeout(limit, get(url, 16 << 20)).await??;
    let status = answer.head.status;
    if !status.is_success() && !status.is_redirection() {
        return Err(status.to_string().into());
    }
    Ok((status, answer.body.ok_or("the body is larger than 16 MiB")?.len()))
}
