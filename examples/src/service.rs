//! Listening, accepting, and stopping when told to.

use crate::{Error, Failure};
use filch::net::{TcpListener, TcpStream};
use filch::signal::unix::{SignalKind, signal};
use filch::sync::CancellationToken;
use filch::task::{self, Scope, TaskGroup};
use filch::time::{Duration, sleep};
use std::io::{self, Write};
use std::process;

/// What can be chosen about every server here.
#[derive(clap::Args, Debug, Clone)]
pub struct Limits {
    /// How many seconds connections have to end after Ctrl-C or SIGTERM
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    pub drain: Duration,

    /// How many connections there are at a time; further clients wait
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "1024")]
    pub connections: usize,
}

/// Reads a number of seconds, such as `0.5`, from the command line.
///
/// # Errors
/// If it is none.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is wanted".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Reads a number that is not 0 from the command line.
///
/// # Errors
/// If it is none.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n > 0).ok_or_else(|| "a number from 1 up is wanted".to_owned())
}

/// Listens on `address`, and prints `<what> on <address>`: whoever asked for port 0 has to be told.
///
/// # Errors
/// In words that say what to do.
pub async fn listen(what: &str, address: &str) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::new(match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "{address} is in use: end the program that listens there, or choose another address \
                 (port 0: any that is free)"
            ),
            _ => format!("cannot listen on {address}: {error}"),
        })
    })?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{what} on {}", listener.local_addr()?)?;
    stdout.flush()?; // a pipe would keep it
    Ok(listener)
}

/// A token that the first Ctrl-C or SIGTERM cancels. The second one ends the process, for who does not
/// want to wait any longer.
///
/// # Errors
/// If the signals cannot be listened to.
pub fn stop_signal() -> io::Result<CancellationToken> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    filch::spawn(async move {
        loop {
            filch::select! {
                Some(()) = interrupts.recv() => {}
                Some(()) = terminations.recv() => {}
                else => return, // the runtime ends
            }
            if told.is_cancelled() {
                eprintln!("told twice: ending at once");
                process::exit(130);
            }
            told.cancel();
        }
    });
    Ok(stop)
}

/// Runs `connection` for every client until `stop`. Then clients are refused, and those that are there have
/// [`Limits::drain`] to end; whoever has not ended by then is dropped, and named.
///
/// `connection` is given the stream, a scope for what belongs to this connection, and a token that says
/// when to stop. Its error or panic ends this connection and nothing else.
///
/// # Errors
/// If a connection blocks its thread and so cannot be dropped.
pub async fn serve<F, C>(
    listener: TcpListener,
    limits: &Limits,
    stop: CancellationToken,
    connection: F,
) -> Result<(), Failure>
where
    F: Fn(TcpStream, Scope<Error>, CancellationToken) -> C + Clone + Send + 'static,
    C: Future<Output = Result<(), Error>> + Send + 'static,
{
    let connections = TaskGroup::new()
        .limit(limits.connections)
        .grace(limits.drain)
        .patience(Duration::from_secs(1));
    loop {
        // Whoever is one too many waits in the operating system's queue, and costs nothing here.
        let accept = async {
            connections.ready().await;
            listener.accept().await
        };
        filch::select! {
            () = stop.cancelled() => break,
            accepted = accept => match accepted {
                Ok((stream, peer)) => {
                    let (connection, stopping) = (connection.clone(), connections.token());
                    connections.named(&peer.to_string()).spawn(async move {
                        // Answers are written whole, and a client that vanished is found out.
                        let _ = stream.set_nodelay(true).and_then(|()| stream.set_keepalive(true));
                        let ended = task::try_scope(move |s| connection(stream, s, stopping));
                        if let Err(error) = ended.await {
                            eprintln!("{peer}: {error}");
                        }
                    });
                }
                Err(error) => {
                    eprintln!("accept: {error}");
                    // Descriptors have run out, most likely: the next attempt would fail at once, too.
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    let address = listener.local_addr()?;
    drop(listener); // from here on, clients are refused
    let (left, drain) = (connections.scope().len(), limits.drain);
    eprintln!("stopping: {left} connections to {address} have {drain:?} to end");
    connections.cancel();
    for cut in connections.join().await?.forced() {
        eprintln!("cut off: {cut}");
    }
    Ok(())
}
