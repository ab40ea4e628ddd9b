//! *Fan-out I/O*: must show that concurrency is enough here too. A client of a service that takes its time spends
//! its own time waiting, so one thread can keep hundreds of requests going.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use filch::io::{AsyncReadExt as _, AsyncWriteExt as _};
use serde_json::json;

use super::{
    ALL_COLUMNS, Prepared, Row, SAME_WITHIN, Shown, USUAL_FIGURES, Unprepared, Verdict, on_threads,
};
use crate::cell::{CellArgs, Column, Means, Sample};
use crate::http::parse_response;
use crate::measure::{Stopwatch, working_here};
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::{counted, duration};
use crate::server::ServerProcess;
use crate::timeline::notes;
use crate::url::Url;

pub const ROW: Row = Row {
    title: "Fan-out I/O",
    columns: ALL_COLUMNS,
    most_runs: 2,
    figures: USUAL_FIGURES,
    prepare,
    cell,
    verdict,
};

/// Tasks, each with a connection of its own, to the built-in server.
const CONNECTIONS: usize = 100;
/// The server's.
const DELAY: Duration = Duration::from_millis(20);
/// Of the sequential column, which is extrapolated from them.
const IN_SEQUENCE: usize = 2;
/// The same where the servers are not ours and may differ.
const FOREIGN_IN_SEQUENCE: usize = 10;
/// An answer that is not ours may be that long, in bytes.
const LONGEST_ANSWER: usize = 64 << 20;
/// A server that does not answer for so long never will.
const PATIENCE: Duration = Duration::from_secs(30);

fn requests_each(quick: bool) -> usize {
    if quick { 10 } else { 20 }
}

fn in_sequence(args: &CellArgs) -> usize {
    if args.keep_alive { IN_SEQUENCE } else { FOREIGN_IN_SEQUENCE.min(args.urls.len()) }
}

fn prepare(plan: &Plan) -> Result<Prepared, Unprepared> {
    if plan.urls.is_empty() { from_built_in_server(plan) } else { Ok(from_the_users(plan)) }
}

fn from_built_in_server(plan: &Plan) -> Result<Prepared, Unprepared> {
    let server = ServerProcess::start(DELAY, plan.port)?;
    let each = requests_each(plan.quick);
    let urls = vec![format!("http://{}/", server.address()); CONNECTIONS];
    Ok(Prepared {
        work: format!(
            "{} requests over {CONNECTIONS} connections to an HTTP/1.1 server on this machine, \
             written with Filch, that answers after {} ms; a task per connection. (Sequential is \
             extrapolated from {} requests.)",
            CONNECTIONS * each,
            DELAY.as_millis(),
            IN_SEQUENCE * each,
        ),
        server: Some(server),
        ..asking(&urls, each, true)
    })
}

fn from_the_users(plan: &Plan) -> Prepared {
    let urls: Vec<String> = plan.urls.iter().map(ToString::to_string).collect();
    Prepared {
        work: format!(
            "{} to the servers that were named, each over a connection and in a task of its own.{}",
            counted(urls.len(), "request"),
            if urls.len() > FOREIGN_IN_SEQUENCE {
                format!(" (Sequential is extrapolated from the first {FOREIGN_IN_SEQUENCE}.)")
            } else {
                String::new()
            }
        ),
        ..asking(&urls, 1, false)
    }
}

/// What the cells are told.
fn asking(urls: &[String], requests_each: usize, keep_alive: bool) -> Prepared {
    let mut args: Vec<OsString> = vec!["--requests-each".into(), requests_each.to_string().into()];
    args.extend(keep_alive.then(|| "--keep-alive".into()));
    args.extend(urls.iter().map(|url| format!("--url={url}").into()));
    let others = json!({
        "row": "fan-out",
        "urls": urls,
        "requests_each": requests_each,
        "keep_alive": keep_alive,
    });
    Prepared { args, others: Some(others), limit_s: 120, ..Prepared::default() }
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let connections = args.urls.len();
    let conversations: Vec<_> = args.urls.iter().map(|url| Conversation::new(url, args)).collect();
    let means = args.means()?;
    let watch = Stopwatch::start();
    match means {
        Means::PlainThreads(_) => return Err("this row has no column of plain threads".into()),
        Means::Sequential => {
            let some = in_sequence(args);
            conversations[..some].iter().enumerate().try_for_each(|(number, conversation)| {
                notes::task(number, || conversation.hold_blocking())
            })?;
            return Ok(Sample::of_part(&watch, some, some as f64 / connections as f64));
        }
        Means::Threads => on_threads::run_each(connections, connections, |number| {
            conversations[number].hold_blocking()
        })?,
        Means::Tasks(flavour) => flavour
            .run(async {
                let tasks: Vec<_> = conversations
                    .into_iter()
                    .map(|conversation| filch::spawn(conversation.hold()))
                    .collect();
                for task in tasks {
                    task.await.map_err(|error| error.to_string())??;
                }
                Ok(())
            })
            .map_err(|error| error.to_string())
            .and_then(|done| done)?,
    }
    Ok(Sample::of_all_work(&watch, connections))
}

/// What is asked over one connection.
struct Conversation {
    url: Url,
    request: Vec<u8>,
    requests: usize,
    keep_alive: bool,
}

impl Conversation {
    fn new(url: &Url, args: &CellArgs) -> Self {
        let connection = if args.keep_alive { "keep-alive" } else { "close" };
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: {connection}\r\n\r\n",
            url.target, url.authority
        );
        Self {
            url: url.clone(),
            request: request.into_bytes(),
            requests: args.requests_each,
            keep_alive: args.keep_alive,
        }
    }

    /// Sends the requests, each after the answer to the one before; awaits.
    async fn hold(self) -> Result<(), String> {
        let conversation = async {
            let to = (self.url.host.as_str(), self.url.port);
            let mut stream =
                filch::net::TcpStream::connect(to).await.map_err(|error| self.failed(&error))?;
            stream.set_nodelay(true).map_err(|error| self.failed(&error))?;
            let mut received = Vec::with_capacity(1024);
            for _ in 0..self.requests {
                working_here();
                stream.write_all(&self.request).await.map_err(|error| self.failed(&error))?;
                loop {
                    let read = stream.read_buf(&mut received).await;
                    if self
                        .is_answered(&mut received, read.map_err(|error| self.failed(&error))?)?
                    {
                        break;
                    }
                }
            }
            Ok(())
        };
        filch::time::timeout(PATIENCE, conversation)
            .await
            .map_err(|_| format!("{} does not answer", self.url))?
    }

    /// The same; blocks.
    fn hold_blocking(&self) -> Result<(), String> {
        let to = (self.url.host.as_str(), self.url.port);
        let mut stream = TcpStream::connect(to).map_err(|error| self.failed(&error))?;
        stream.set_nodelay(true).map_err(|error| self.failed(&error))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| self.failed(&error))?;
        let mut received = Vec::with_capacity(1024);
        let mut chunk = [0; 1024];
        for _ in 0..self.requests {
            working_here();
            stream.write_all(&self.request).map_err(|error| self.failed(&error))?;
            loop {
                let read =
                    notes::wait(|| stream.read(&mut chunk)).map_err(|error| self.failed(&error))?;
                received.extend_from_slice(&chunk[..read]);
                if self.is_answered(&mut received, read)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Takes a complete answer off `received`, after `read` more bytes came; false while there is none.
    fn is_answered(&self, received: &mut Vec<u8>, read: usize) -> Result<bool, String> {
        let hung_up = read == 0;
        if !self.keep_alive {
            // The end of the connection is the end of the answer, and whatever is said with it is one: what is
            // measured is the waiting.
            return match hung_up {
                false if received.len() > LONGEST_ANSWER => {
                    Err(format!("{} answers with more than {LONGEST_ANSWER} bytes", self.url))
                }
                false => Ok(false),
                true if received.starts_with(b"HTTP/1.") => Ok(true),
                true => Err(format!("{} does not answer in HTTP", self.url)),
            };
        }
        match parse_response(received)? {
            None if hung_up => Err(format!("{} hung up in the middle of an answer", self.url)),
            None => Ok(false),
            Some((200, length)) => {
                received.drain(..length);
                Ok(true)
            }
            Some((status, _)) => Err(format!("{} answered with status {status}", self.url)),
        }
    }

    fn failed(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.url)
    }
}

fn verdict(measured: &Measured) -> Verdict {
    let (Some(sequential), Some(event_loop), Some(workers)) = (
        measured.wall(Column::Sequential),
        measured.wall(Column::EventLoop),
        measured.workers_wall(),
    ) else {
        return Verdict::incomplete();
    };
    let mut words = format!(
        "One request after the other would take {}. The event loop took {}, on one thread; {} \
         took {}.",
        duration(sequential),
        duration(event_loop),
        measured.workers_label(),
        duration(workers),
    );
    let shown = event_loop <= workers * (1.0 + SAME_WITHIN);
    words += if shown {
        " The client waits for somebody else's work, and waiting needs no second core."
    } else {
        " Not what was to be shown: several workers should hardly be faster here. Something else \
         may have used this machine's cores."
    };
    Verdict { shown: if shown { Shown::Yes } else { Shown::No }, words }
}

#[cfg(test)]
mod tests {
    use super::super::RowName;
    use super::*;

    #[test]
    fn the_verdict_follows_the_figures() {
        let shown = |event_loop: f64, workers: f64| {
            let walls = [
                (Column::Sequential, 100.0),
                (Column::EventLoop, event_loop),
                (Column::Workers, workers),
            ];
            verdict(&Measured::with_walls(RowName::FanOut, &walls)).shown
        };
        assert_eq!(shown(1.02, 1.0), Shown::Yes);
        assert_eq!(shown(0.9, 1.0), Shown::Yes, "faster is fine");
        assert_eq!(shown(1.5, 1.0), Shown::No);
        let nothing = verdict(&Measured::with_walls(RowName::FanOut, &[]));
        assert_eq!(nothing.shown, Shown::Undecided);
    }
}
