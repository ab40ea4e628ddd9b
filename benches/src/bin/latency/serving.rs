//! What runs in the process of a server.
//!
//! Both contestants run the same text: an echo loop, or hyper as its users write it, with a timer for
//! its time-outs. The process answers each line on its standard input with the processor time that it
//! has used, and ends with that input, so that none is left behind.

use crate::heavy::compute;
use crate::plan::Contestant;
use crate::wire::{BODY, HEAVY_MARK, HEAVY_PATH, MESSAGE, Wire};
use clap::Args;
use std::io::{self, BufRead, Write};

/// What a server is to be.
#[derive(Debug, Clone, Copy, Args)]
pub struct Contract {
    #[arg(long)]
    pub on: Contestant,
    #[arg(long)]
    pub wire: Wire,
    #[arg(long)]
    pub workers: usize,
    /// How much a heavy request computes.
    #[arg(long)]
    pub rounds: u64,
}

/// Serves until standard input ends. The first line of the output is the port.
///
/// # Errors
/// If the runtime or the listener cannot be made.
pub fn serve(contract: Contract) -> io::Result<()> {
    match contract.on {
        Contestant::Filch => on_filch::serve(contract),
        Contestant::Tokio => on_tokio::serve(contract),
    }
}

/// Says the processor time used, in nanoseconds, whenever it is asked.
fn answer_until_the_end() -> io::Result<()> {
    for _question in io::stdin().lock().lines() {
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        say(used.tv_sec as u64 * 1_000_000_000 + used.tv_nsec as u64)?;
    }
    Ok(())
}

fn say(number: u64) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{number}")?;
    output.flush()
}

/// The names are the same in both, so one text serves both.
macro_rules! contestant {
    ($name:ident, $runtime:ident, $stream:path, $timer:path) => {
        mod $name {
            use super::*;
            use http_body_util::Full;
            use hyper::body::{Bytes, Incoming};
            use hyper::{Request, Response};
            use std::convert::Infallible;
            use $runtime::io::{AsyncReadExt, AsyncWriteExt};
            use $runtime::net::{TcpListener, TcpStream};

            pub fn serve(contract: Contract) -> io::Result<()> {
                let runtime = $runtime::runtime::Builder::new_multi_thread()
                    .worker_threads(contract.workers)
                    .enable_all()
                    .build()?;
                let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
                say(listener.local_addr()?.port().into())?;
                runtime.spawn(accept(listener, contract));
                answer_until_the_end()
            }

            async fn accept(listener: TcpListener, contract: Contract) {
                loop {
                    let accepted = async {
                        let (stream, _peer) = listener.accept().await?;
                        stream.set_nodelay(true)?;
                        io::Result::Ok(stream)
                    };
                    match (accepted.await, contract.wire) {
                        (Ok(stream), Wire::Echo) => drop($runtime::spawn(echo(stream, contract))),
                        (Ok(stream), Wire::Http) => drop($runtime::spawn(http(stream, contract))),
                        (Err(error), _) => eprintln!("a connection is not accepted: {error}"),
                    }
                }
            }

            async fn echo(mut stream: TcpStream, contract: Contract) {
                let mut message = [0; MESSAGE];
                while stream.read_exact(&mut message).await.is_ok() {
                    if message[0] == HEAVY_MARK {
                        compute(contract.rounds);
                    }
                    if stream.write_all(&message).await.is_err() {
                        break;
                    }
                }
            }

            async fn http(stream: TcpStream, contract: Contract) {
                let service = hyper::service::service_fn(async |request: Request<Incoming>| {
                    if request.uri().path() == HEAVY_PATH {
                        compute(contract.rounds);
                    }
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(
                        BODY.as_bytes(),
                    ))))
                });
                let served = hyper::server::conn::http1::Builder::new()
                    .timer(<$timer>::new())
                    .serve_connection(<$stream>::new(stream), service);
                if let Err(error) = served.await {
                    eprintln!("a connection ends badly: {error}");
                }
            }
        }
    };
}

contestant!(on_filch, filch, filch::hyper::FilchIo<_>, filch::hyper::FilchTimer);
contestant!(on_tokio, tokio, hyper_util::rt::TokioIo<_>, hyper_util::rt::TokioTimer);
