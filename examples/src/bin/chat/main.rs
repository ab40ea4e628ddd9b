//! How do I write a chat server, for browsers and for `nc`, that no slow client can hold up?
//!
//! One room. Browsers come by WebSocket, to a page that is served here too; everybody else by TCP, a line
//! per message. What is said goes into a broadcast channel that waits for nobody: a client that does not
//! keep up is dropped, not waited for. Ctrl-C or SIGTERM says goodbye to everybody.
//!
//! | file | what |
//! |---|---|
//! | `room.rs` | who is here, and what is said |
//! | `tcp.rs`, `web.rs` | the two kinds of client |
//! | `page/` | the page |
//!
//! ```sh
//! cargo run --release -p filch-examples --bin chat
//! nc 127.0.0.1 7000        # and http://127.0.0.1:8080/ in a browser
//! ```

mod room;
mod tcp;
mod web;

use clap::Parser;
use filch::time::Duration;
use filch_examples::Failure;
use filch_examples::http::{self, http1};
use filch_examples::service::{Limits, listen, seconds, serve, stop_signal};
use hyper::service::service_fn;
use room::Room;

/// A chat server for browsers (WebSocket) and for plain TCP clients.
#[derive(Parser)]
struct Options {
    /// Where browsers are served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,

    /// Where plain TCP clients are served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7000")]
    listen_tcp: String,

    /// How many seconds a client has to take a message, and to give its name
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "30")]
    patience: Duration,

    #[command(flatten)]
    limits: Limits,
}

#[filch::main]
async fn main() -> Result<(), Failure> {
    let Options { listen: web, listen_tcp: tcp, patience, limits } = Options::parse();
    let stop = stop_signal()?;
    let (web, tcp) = (listen("web", &web).await?, listen("tcp", &tcp).await?);
    let room = Room::new();

    let browsers = serve(web, &limits, stop.clone(), {
        let (http, room) = (http1(patience), room.clone());
        move |stream, scope, stopping| {
            let (http, room, token) = (http.clone(), room.clone(), stopping.clone());
            let client = web::Client { room, scope, stopping: token, patience };
            async move {
                let service = service_fn(async |request| Ok(client.answer(request).await));
                http::serve(&http, stream, service, stopping).await
            }
        }
    });
    let plain = serve(tcp, &limits, stop.clone(), move |stream, _scope, stopping| {
        tcp::client(stream, room.clone(), stopping, patience)
    });
    filch::try_join!(browsers, plain)?;
    Ok(())
}
