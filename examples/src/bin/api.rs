//! How do I keep a JSON API alive when clients ask for more than it can do?
//!
//! It does a limited number of requests at a time, and tells the others at once to come back later (503,
//! `Retry-After`), instead of letting all of them wait; each request has a time-out; a client that goes
//! away is not worked for any longer; Ctrl-C or SIGTERM lets requests end that have begun.
//!
//! ```sh
//! cargo run --release -p filch-examples --bin api -- --listen 127.0.0.1:8080
//! curl --json '{"text": "buy milk"}' http://127.0.0.1:8080/notes
//! curl http://127.0.0.1:8080/notes
//! ```

use bytes::Bytes;
use clap::Parser;
use filch::sync::Semaphore;
use filch::time::{Duration, Instant, sleep, timeout_at};
use filch_examples::Failure;
use filch_examples::http::{self, http1, response};
use filch_examples::service::{Limits, at_least_one, listen, seconds, serve, stop_signal};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A JSON API: GET and POST /notes, GET and DELETE /notes/ID, GET /slow/SECONDS, GET /health.
#[derive(Parser)]
struct Options {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,

    /// How many requests are worked on at a time; others are told to come back
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "64")]
    at_a_time: usize,

    /// How many seconds a request may take
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "5")]
    timeout: Duration,

    #[command(flatten)]
    limits: Limits,
}

#[filch::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let stop = stop_signal()?;
    let listener = listen("api", &options.listen).await?;

    let api = Arc::new(Api {
        room: Semaphore::new(options.at_a_time),
        timeout: options.timeout,
        notes: Mutex::default(),
    });
    // A client that closes its side is taken to have gone: the future that works for it is dropped, and its
    // place is free again.
    let http = http1(options.timeout);
    serve(listener, &options.limits, stop, move |stream, _scope, stopping| {
        let (http, api) = (http.clone(), api.clone());
        async move {
            let service = service_fn(async |request| Ok(api.answer(request).await));
            http::serve(&http, stream, service, stopping).await
        }
    })
    .await
}

struct Api {
    room: Semaphore,
    timeout: Duration,
    notes: Mutex<BTreeMap<u64, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewNote {
    text: String,
}

#[derive(Serialize)]
struct Note {
    id: u64,
    text: String,
}

/// Why a request is not done, in words for the client.
struct Refusal(StatusCode, String);

impl Api {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let deadline = Instant::now() + self.timeout;
        // Asked when all places are taken, too: whoever is busy is not ill.
        if request.uri().path() == "/health" {
            return json_response(
                StatusCode::OK,
                &json!({ "free": self.room.available_permits() }),
            );
        }
        let answer = match self.room.try_acquire() {
            Ok(_place) => self.route(request, deadline).await,
            Err(_) => Err(Refusal::unavailable("too many requests are under way")),
        };
        answer.unwrap_or_else(|Refusal(status, error)| {
            let mut response = json_response(status, &json!({ "error": error }));
            if status == StatusCode::SERVICE_UNAVAILABLE {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            response
        })
    }

    async fn route(
        &self,
        request: Request<Incoming>,
        deadline: Instant,
    ) -> Result<Response<Full<Bytes>>, Refusal> {
        let (head, body) = request.into_parts();
        let body = http::body(body, 64 << 10, deadline).await;
        let body = body.map_err(|(status, why)| Refusal(status, why))?;

        let path: Vec<_> = head.uri.path().trim_matches('/').split('/').collect();
        match (&head.method, path.as_slice()) {
            (&Method::GET, ["notes"]) => Ok(json_response(StatusCode::OK, &self.list())),
            (&Method::POST, ["notes"]) => {
                let new: NewNote = serde_json::from_slice(&body)
                    .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, error.to_string()))?;
                Ok(json_response(StatusCode::CREATED, &self.add(new)))
            }
            (&Method::GET, ["notes", id]) => {
                let note = self.find(id).ok_or_else(Refusal::not_found)?;
                Ok(json_response(StatusCode::OK, &note))
            }
            (&Method::DELETE, ["notes", id]) => {
                let note = self.remove(id).ok_or_else(Refusal::not_found)?;
                Ok(json_response(StatusCode::OK, &note))
            }
            (&Method::GET, ["slow", seconds]) => {
                let time = seconds.parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
                let query = sleep(time.ok_or_else(Refusal::not_found)?); // a database, say
                let found = timeout_at(deadline, query).await;
                found.map_err(|_| Refusal::unavailable("it took too long"))?;
                Ok(json_response(StatusCode::OK, &json!({ "waited": seconds })))
            }
            (_, ["notes"] | ["notes", _] | ["slow", _]) => {
                Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "not with this method"))
            }
            _ => Err(Refusal::not_found()),
        }
    }

    fn list(&self) -> Vec<Note> {
        self.notes().iter().map(|(&id, text)| Note { id, text: text.clone() }).collect()
    }

    fn add(&self, NewNote { text }: NewNote) -> Note {
        let mut notes = self.notes();
        let id = notes.last_key_value().map_or(1, |(last, _)| last + 1);
        notes.insert(id, text.clone());
        Note { id, text }
    }

    fn find(&self, id: &str) -> Option<Note> {
        let id = id.parse().ok()?;
        Some(Note { id, text: self.notes().get(&id)?.clone() })
    }

    fn remove(&self, id: &str) -> Option<Note> {
        let id = id.parse().ok()?;
        Some(Note { id, text: self.notes().remove(&id)? })
    }

    /// A lock of std's is right here: it is held for a moment, and never across an await.
    fn notes(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, String>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refusal {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self(status, error.into())
    }

    fn unavailable(error: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error)
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such thing here")
    }
}

fn json_response(status: StatusCode, value: &impl Serialize) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(value).expect("numbers and text always have a JSON form");
    response(status, "application/json", body)
}
