//! What may be visited, when, and what is found there.

use crate::links::links;
use filch::fs;
use filch::io::AsyncReadExt;
use filch::sync::{Mutex, Semaphore, SemaphorePermit};
use filch::time::{Duration, Interval, MissedTickBehavior, interval};
use filch_examples::client::get;
use filch_examples::{Error, Failure};
use fluent_uri::Uri;
use fluent_uri::pct_enc::{EString, encoder::Path as PathEncoder};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, LOCATION};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// The directories and hosts that were named.
pub struct Territory {
    directories: Vec<PathBuf>,
    hosts: HashMap<String, Host>,
    bytes: usize,
}

/// Manners towards one host.
struct Host {
    connections: Semaphore,
    pace: Option<Mutex<Interval>>,
}

/// What is at the end of a link.
pub enum Found {
    /// A page, with its links as they are written there.
    Page(Vec<String>),
    /// Something else that is there: an image, a style sheet.
    Other,
    Redirect(String),
    TooLarge,
    Broken(String),
}

impl Territory {
    /// What the `starts` name; and the starts as URIs.
    pub fn new(
        starts: &[String],
        per_host: usize,
        pause: Duration,
        bytes: usize,
    ) -> Result<(Self, Vec<Uri<String>>), Failure> {
        let mut territory = Self { directories: Vec::new(), hosts: HashMap::new(), bytes };
        let mut uris = Vec::new();
        for start in starts {
            let unusable = |why: &dyn std::fmt::Display| Failure::new(format!("{start}: {why}"));
            if start.starts_with("http://") {
                let uri = Uri::parse(start.as_str()).map_err(|error| unusable(&error))?.normalize();
                let host = Host {
                    connections: Semaphore::new(per_host),
                    pace: (!pause.is_zero()).then(|| Mutex::new(patient_interval(pause))),
                };
                territory.hosts.entry(authority(&uri).to_owned()).or_insert(host);
                uris.push(uri);
            } else {
                let path = Path::new(start).canonicalize().map_err(|error| unusable(&error))?;
                let directory = if path.is_dir() { &path } else { path.parent().unwrap_or(&path) };
                territory.directories.push(directory.to_owned());
                uris.push(file_uri(&path).map_err(|error| unusable(&error))?);
            }
        }
        Ok((territory, uris))
    }

    /// Whether it may be visited.
    pub fn contains(&self, uri: &Uri<String>) -> bool {
        match uri.scheme().as_str() {
            "http" => self.hosts.contains_key(authority(uri)),
            "file" => {
                self.directories.iter().any(|directory| file_path(uri).starts_with(directory))
            }
            _ => false,
        }
    }

    /// Waits until the host can be asked; it is until what is returned is dropped.
    pub async fn turn(&self, uri: &Uri<String>) -> Option<SemaphorePermit<'_>> {
        let host = self.hosts.get(authority(uri))?; // a directory needs no manners
        let permit = host.connections.acquire().await.ok();
        if let Some(pace) = &host.pace {
            pace.lock().await.tick().await;
        }
        permit
    }

    /// Looks what is there.
    pub async fn visit(&self, uri: &Uri<String>) -> Found {
        let found = match uri.scheme().as_str() {
            "file" => self.visit_file(&file_path(uri)).await,
            _ => self.visit_http(uri).await,
        };
        found.unwrap_or_else(|error| Found::Broken(error.to_string()))
    }

    async fn visit_http(&self, uri: &Uri<String>) -> Result<Found, Error> {
        let answer = get(&uri.as_str().parse()?, self.bytes).await?;
        let (status, headers) = (answer.head.status, &answer.head.headers);
        Ok(match (answer.body, text(headers, CONTENT_TYPE)) {
            _ if status.is_redirection() => {
                Found::Redirect(text(headers, LOCATION).ok_or("a redirect to nowhere")?.to_owned())
            }
            _ if !status.is_success() => Found::Broken(status.to_string()),
            (Some(html), Some(kind)) if kind.starts_with("text/html") => Found::Page(links(&html)),
            (None, Some(kind)) if kind.starts_with("text/html") => Found::TooLarge,
            _ => Found::Other,
        })
    }

    async fn visit_file(&self, path: &Path) -> Result<Found, Error> {
        // Where the link leads may be outside, by a symbolic link.
        let path = fs::canonicalize(path).await?;
        if !self.directories.iter().any(|directory| path.starts_with(directory)) {
            return Err("it leads out of the directory".into());
        }
        let metadata = fs::metadata(&path).await?;
        if metadata.is_dir() {
            fs::metadata(path.join("index.html")).await.map_err(|_| "no index.html in it")?;
            return Ok(Found::Redirect(file_uri(&path.join("index.html"))?.into_string()));
        }
        if !metadata.is_file() {
            return Err("it is no file".into()); // reading a pipe would wait for ever
        }
        if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("html") || e == "htm") {
            return Ok(Found::Other);
        }
        // A limit, and no look at the length: the file may be growing.
        let mut html = Vec::new();
        let most = self.bytes as u64;
        fs::File::open(&path).await?.take(most + 1).read_to_end(&mut html).await?;
        Ok(if html.len() > self.bytes { Found::TooLarge } else { Found::Page(links(&html)) })
    }
}

/// Ticks at that distance, and does not make up for ticks that nobody waited for.
fn patient_interval(pause: Duration) -> Interval {
    let mut pace = interval(pause);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

fn authority(uri: &Uri<String>) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn file_path(uri: &Uri<String>) -> PathBuf {
    PathBuf::from(uri.path().decode().to_string_lossy().into_owned())
}

fn file_uri(path: &Path) -> io::Result<Uri<String>> {
    let name = path.to_str().ok_or_else(|| io::Error::other("the path is not in UTF-8"))?;
    let mut encoded = EString::<PathEncoder>::new();
    encoded.encode_str::<PathEncoder>(name);
    Uri::parse(format!("file://{}", encoded.into_string()))
        .map_err(|(error, _)| io::Error::other(error))
}
