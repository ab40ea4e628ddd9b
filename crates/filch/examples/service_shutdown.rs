//! How does a service stop? It is told to, accepts nobody any more, gives the connections time to end,
//! drops those that do not, and says which.
//!
//! `cargo run --example service_shutdown` plays service and clients: one client ends with its
//! request, one waits idle, one has asked for something that takes too long.

use filch::io::{AsyncReadExt, AsyncWriteExt};
use filch::net::{TcpListener, TcpStream};
use filch::sync::CancellationToken;
use filch::task::{self, ScopeError, StopReport, TaskGroup};
use filch::time::{Duration, sleep};
use std::io;
use std::pin::pin;

/// Serves until `stop` is ready, which in a service is the signal of the operating system.
async fn serve(
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<StopReport, ScopeError> {
    // Connections have 200 ms to end after they were asked to; one that even then computes or blocks is
    // left behind after another second.
    let connections =
        TaskGroup::new().grace(Duration::from_millis(200)).patience(Duration::from_secs(1));
    let mut stop = pin!(stop);
    loop {
        filch::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let token = connections.token();
                    connections.named(&peer.to_string()).spawn(contained(stream, token));
                }
                Err(error) => eprintln!("accept: {error}"),
            },
        }
    }
    drop(listener); // from here on, clients are refused
    connections.cancel();
    connections.join().await
}

/// A connection in a scope of its own: its panic ends this connection, not the service.
async fn contained(stream: TcpStream, stopping: CancellationToken) {
    let connection = task::try_scope(async |s| {
        s.try_spawn(connection(stream, stopping));
        Ok(())
    });
    if let Err(error) = connection.await {
        eprintln!("a connection failed: {error}");
    }
}

/// Answers requests until the client or the service has enough.
async fn connection(mut stream: TcpStream, stopping: CancellationToken) -> io::Result<()> {
    let mut request = [0; 64];
    loop {
        // Between two requests is the time to stop: what was begun is finished.
        let len = filch::select! {
            () = stopping.cancelled() => break,
            len = stream.read(&mut request) => len?,
        };
        match &request[..len] {
            b"" => return Ok(()),
            b"slow" => sleep(Duration::from_secs(3600)).await,
            _ => sleep(Duration::from_millis(50)).await,
        }
        stream.write_all(b"done ").await?;
    }
    stream.write_all(b"goodbye").await
}

#[filch::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;

    let service = filch::spawn(serve(listener, sleep(Duration::from_millis(100))));
    let clients = ["quick", "", "slow"].map(|request| async move {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, io::Error>((request, answer))
    });
    for client in filch::all_settled(clients).await {
        match client {
            Ok((request, answer)) => println!("client {request:?} heard {answer:?}"),
            Err(error) => println!("client: {error}"),
        }
    }

    match service.await? {
        Ok(report) => {
            for cut in report.forced() {
                println!("did not end in time and was dropped: {cut}");
            }
        }
        Err(error) => println!("{error}"),
    }
    Ok(())
}
