//! Browsers: the page, and a WebSocket for each.

use crate::room::{Ears, Event, LONGEST, Member, Room};
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::handshake::derive_accept_key;
use async_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use async_tungstenite::{WebSocketReceiver, WebSocketSender, WebSocketStream};
use bytes::Bytes;
use filch::hyper::FilchIo;
use filch::io::compat::{Compat, FilchAsyncReadCompatExt};
use filch::sync::CancellationToken;
use filch::task::Scope;
use filch::time::{Duration, timeout};
use filch_examples::Error;
use filch_examples::http::response;
use futures_lite::StreamExt;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN,
    SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::{self, OnUpgrade, Upgraded};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;
use std::sync::Arc;

/// hyper's stream under the traits of futures-io, which tungstenite asks for.
type Stream = Compat<FilchIo<Upgraded>>;

/// What a connection is answered with, and by.
pub struct Client {
    pub room: Arc<Room>,
    pub scope: Scope<Error>,
    pub stopping: CancellationToken,
    pub patience: Duration,
}

impl Client {
    pub async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET {
            return response(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET\n");
        }
        let (kind, body) = match request.uri().path() {
            "/" => ("text/html; charset=utf-8", include_str!("page/page.html")),
            "/page.css" => ("text/css", include_str!("page/page.css")),
            "/page.js" => ("text/javascript", include_str!("page/page.js")),
            "/ws" => return self.upgrade(request),
            _ => return response(StatusCode::NOT_FOUND, "text/plain", "the page is at /\n"),
        };
        let mut page = response(StatusCode::OK, kind, body);
        let only_ours = HeaderValue::from_static("default-src 'self'");
        page.headers_mut().insert(CONTENT_SECURITY_POLICY, only_ours);
        page
    }

    /// Says yes to a WebSocket; the talking is done by a child of this connection's scope, once hyper has
    /// sent the answer.
    fn upgrade(&self, mut request: Request<Incoming>) -> Response<Full<Bytes>> {
        if let Err(why) = check(&request) {
            return response(StatusCode::BAD_REQUEST, "text/plain", why);
        }
        let key = derive_accept_key(request.headers()[SEC_WEBSOCKET_KEY].as_bytes());
        let upgraded = upgrade::on(&mut request);
        let (room, stopping) = (self.room.clone(), self.stopping.clone());
        self.scope.try_spawn(client(upgraded, room, stopping, self.patience));

        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, key.parse().expect("a key is in base64"));
        response
    }
}

/// Whether it is a request for a WebSocket, and from our own page: another site's could speak here in the
/// name of its visitor.
fn check(request: &Request<Incoming>) -> Result<(), &'static str> {
    let header =
        |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if !header(UPGRADE).is_some_and(|to| to.eq_ignore_ascii_case("websocket"))
        || header(SEC_WEBSOCKET_VERSION) != Some("13")
        || header(SEC_WEBSOCKET_KEY).is_none()
    {
        return Err("a WebSocket is at this address\n");
    }
    let origin = header(ORIGIN).and_then(|origin| origin.split_once("://"));
    match origin {
        Some((_, host)) if header(HOST) != Some(host) => Err("not from another site\n"),
        _ => Ok(()),
    }
}

async fn client(
    upgraded: OnUpgrade,
    room: Arc<Room>,
    stopping: CancellationToken,
    patience: Duration,
) -> Result<(), Error> {
    let stream = FilchIo::new(timeout(patience, upgraded).await??).compat();
    let limits = WebSocketConfig::default().max_message_size(Some(LONGEST));
    let stream = WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits)).await;
    let (mut sender, mut receiver) = stream.split();
    let (mut member, mut ears) = loop {
        let message = timeout(patience, stopping.run_until_cancelled(next(&mut receiver))).await?;
        let Some(Some(name)) = message.transpose()? else { return Ok(()) };
        match room.join(&name) {
            Ok(joined) => break joined,
            Err(why) => {
                send(&mut sender, json!({ "kind": "refused", "why": why }), patience).await?
            }
        }
    };
    filch::select! {
        ended = talk(&mut member, &mut receiver) => ended,
        ended = listen(&mut ears, &mut sender, &stopping, patience) => ended,
    }
}

async fn talk(member: &mut Member, receiver: &mut WebSocketReceiver<Stream>) -> Result<(), Error> {
    while let Some(text) = next(receiver).await? {
        member.say(&text).await;
    }
    Ok(())
}

async fn listen(
    ears: &mut Ears,
    sender: &mut WebSocketSender<Stream>,
    stopping: &CancellationToken,
    patience: Duration,
) -> Result<(), Error> {
    while let Some(event) = stopping.run_until_cancelled(ears.next()).await {
        let event: Arc<Event> = event?;
        send(sender, serde_json::to_value(&*event)?, patience).await?;
    }
    send(sender, json!({ "kind": "stopping" }), patience).await?;
    timeout(patience, sender.close(None)).await??;
    Ok(())
}

async fn send(
    sender: &mut WebSocketSender<Stream>,
    event: serde_json::Value,
    patience: Duration,
) -> Result<(), Error> {
    timeout(patience, sender.send(Message::text(event.to_string()))).await??;
    Ok(())
}

/// The next text; `None` at the end.
async fn next(receiver: &mut WebSocketReceiver<Stream>) -> Result<Option<String>, Error> {
    while let Some(message) = receiver.next().await {
        match message? {
            Message::Text(text) => return Ok(Some(text.to_string())),
            Message::Close(_) => return Ok(None),
            _ => {} // pings are answered by the library; binary messages mean nothing here
        }
    }
    Ok(None)
}
