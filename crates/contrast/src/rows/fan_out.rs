//! *Fan-out I/O*: must show that concurrency is enough here too. A client of a service that takes its time spends
//! its own time waiting, so one thread can keep hundreds of requests going.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use filch::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    ALL_COLUMNS, Prepared, Row, SAME_WITHIN, Shown, USUAL_FIGURES, Unprepared, Verdict, on_threads,
};
use crate::cell::{CellArgs, Column, Means, Sample};
use crate::http::parse_response;
use crate::measure::{Stopwatch, working_here};
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::duration;
use crate::server::ServerProcess;

pub const ROW: Row = Row {
    title: "Fan-out I/O",
    columns: ALL_COLUMNS,
    figures: USUAL_FIGURES,
    prepare,
    cell,
    verdict,
};

/// Tasks, each with a connection of its own.
const CONNECTIONS: usize = 100;
/// The server's.
const DELAY: Duration = Duration::from_millis(20);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// Of the sequential column, which is extrapolated.
const SAMPLE_OF_CONNECTIONS: usize = 2;
/// A server that does not answer for so long never will.
const PATIENCE: Duration = Duration::from_secs(30);

fn requests_each(quick: bool) -> usize {
    if quick { 10 } else { 20 }
}

fn prepare(plan: &Plan) -> Result<Prepared, Unprepared> {
    let server = ServerProcess::start(DELAY)?;
    let each = requests_each(plan.quick);
    Ok(Prepared {
        work: format!(
            "{} requests over {CONNECTIONS} connections to an HTTP/1.1 server on this machine, \
             written with Filch, that answers after {} ms; a task per connection. (Sequential is \
             extrapolated from {} requests.)",
            CONNECTIONS * each,
            DELAY.as_millis(),
            SAMPLE_OF_CONNECTIONS * each,
        ),
        args: vec!["--server".into(), server.address().to_string().into()],
        limit_s: 120,
        server: Some(server),
        ..Prepared::default()
    })
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let server = args.server.ok_or("--server is missing")?;
    let requests = requests_each(args.quick);
    let watch = Stopwatch::start();
    match args.means() {
        Means::Sequential => {
            for _ in 0..SAMPLE_OF_CONNECTIONS {
                ask_blocking(server, requests)?;
            }
            let part = SAMPLE_OF_CONNECTIONS as f64 / CONNECTIONS as f64;
            return Ok(Sample::of_part(&watch, SAMPLE_OF_CONNECTIONS, part));
        }
        Means::Threads => {
            on_threads::run_each(CONNECTIONS, CONNECTIONS, |_| ask_blocking(server, requests))?
        }
        Means::Tasks(flavour) => flavour
            .run(async {
                let tasks: Vec<_> =
                    (0..CONNECTIONS).map(|_| filch::spawn(ask(server, requests))).collect();
                for task in tasks {
                    task.await.map_err(|error| error.to_string())??;
                }
                Ok(())
            })
            .map_err(|error| error.to_string())
            .and_then(|done| done)?,
    }
    Ok(Sample::of_all_work(&watch, CONNECTIONS))
}

/// Sends `requests` requests over one connection, each after the answer to the one before; awaits.
async fn ask(server: SocketAddr, requests: usize) -> Result<(), String> {
    let conversation = async {
        let mut stream = filch::net::TcpStream::connect(server).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let mut received = Vec::with_capacity(1024);
        for _ in 0..requests {
            working_here();
            stream.write_all(REQUEST).await.map_err(failed)?;
            while !take_response(&mut received)? {
                if stream.read_buf(&mut received).await.map_err(failed)? == 0 {
                    return Err(HUNG_UP.to_owned());
                }
            }
        }
        Ok(())
    };
    filch::time::timeout(PATIENCE, conversation)
        .await
        .map_err(|_| "the server does not answer".to_owned())?
}

/// The same; blocks.
fn ask_blocking(server: SocketAddr, requests: usize) -> Result<(), String> {
    let mut stream = std::net::TcpStream::connect(server).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let mut received = Vec::with_capacity(1024);
    let mut chunk = [0; 1024];
    for _ in 0..requests {
        working_here();
        stream.write_all(REQUEST).map_err(failed)?;
        while !take_response(&mut received)? {
            match stream.read(&mut chunk).map_err(failed)? {
                0 => return Err(HUNG_UP.to_owned()),
                read => received.extend_from_slice(&chunk[..read]),
            }
        }
    }
    Ok(())
}

const HUNG_UP: &str = "the server hung up in the middle of an answer";

fn failed(error: std::io::Error) -> String {
    format!("a request failed: {error}")
}

/// Takes a complete response off the beginning of `received`; false while there is none.
fn take_response(received: &mut Vec<u8>) -> Result<bool, String> {
    match parse_response(received)? {
        None => Ok(false),
        Some((200, length)) => {
            received.drain(..length);
            Ok(true)
        }
        Some((status, _)) => Err(format!("the server answered with status {status}")),
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
