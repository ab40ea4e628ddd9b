//! How do I walk a graph that I do not know beforehand, many steps at a time, without overrunning anybody?
//!
//! A checker of links. It begins at a directory or at `http://` URLs, follows the links of every page, and
//! says which are broken. One task owns the list of what was seen, so that there is nothing to lock; those
//! that fetch are its children. Nothing outside of the directories and hosts that were named is touched;
//! a host is asked politely (`visit.rs`). Ctrl-C ends it early, with a summary of what is known by then.
//!
//! ```sh
//! cargo doc -p filch --no-deps
//! cargo run --release -p filch-examples --bin crawler -- target/doc/filch
//! cargo run --release -p filch-examples --bin crawler -- --per-host 2 --pause 0.1 http://localhost:8000/
//! ```

mod links;
mod visit;

use clap::Parser;
use filch::signal::ctrl_c;
use filch::task::JoinSet;
use filch::time::{Duration, Instant, timeout};
use filch_examples::Failure;
use filch_examples::service::{at_least_one, seconds};
use fluent_uri::{Uri, UriRef};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use visit::{Found, Territory};

/// Follows the links of local pages, and says which are broken.
#[derive(Parser)]
struct Options {
    /// Where to begin: directories, files, or URLs that begin with http://
    #[arg(value_name = "START", required = true)]
    starts: Vec<String>,

    /// How many pages are fetched at a time
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "16")]
    at_a_time: usize,

    /// How many connections one host has to serve at a time
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "4")]
    per_host: usize,

    /// How many seconds lie between two requests to one host
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "0")]
    pause: Duration,

    /// How many seconds a page may take, the wait for its turn not counted
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    timeout: Duration,

    /// How many bytes of a page are read
    #[arg(long, value_name = "BYTES", value_parser = at_least_one, default_value = "4194304")]
    bytes: usize,

    /// After how many pages to stop
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "10000")]
    pages: usize,
}

/// A link: where it leads, and the page that it is on.
struct Link {
    to: Uri<String>,
    from: Option<Uri<String>>,
}

struct Crawl {
    territory: Arc<Territory>,
    /// What was met already: cycles end here.
    seen: HashSet<Uri<String>>,
    queue: VecDeque<Link>,
    summary: Summary,
}

#[derive(Default)]
struct Summary {
    pages: usize,
    links: usize,
    outside: usize,
    too_large: usize,
    broken: Vec<String>,
}

#[filch::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let begin = Instant::now();
    let (territory, starts) =
        Territory::new(&options.starts, options.per_host, options.pause, options.bytes)?;
    let mut crawl = Crawl {
        territory: Arc::new(territory),
        seen: HashSet::new(),
        queue: VecDeque::new(),
        summary: Summary::default(),
    };
    for start in starts {
        crawl.meet(Link { to: start, from: None });
    }
    filch::select! {
        () = crawl.run(&options) => {}
        interrupted = ctrl_c() => interrupted?, // the pages under way are given up
    }

    let Crawl { queue, summary, .. } = crawl;
    for broken in &summary.broken {
        println!("broken: {broken}");
    }
    println!(
        "{} pages, {} links, {} outside, {} too large, {} not visited, {} broken, in {:.1?}",
        summary.pages,
        summary.links,
        summary.outside,
        summary.too_large,
        queue.len(),
        summary.broken.len(),
        begin.elapsed(),
    );
    match summary.broken.len() {
        0 => Ok(()),
        n => Err(Failure::new(format!("{n} links are broken"))),
    }
}

impl Crawl {
    /// Visits what is in the queue, and what is found there, until there is nothing left.
    async fn run(&mut self, options: &Options) {
        let mut under_way = JoinSet::new();
        let mut visited = 0;
        loop {
            while under_way.len() < options.at_a_time && visited < options.pages {
                let Some(link) = self.queue.pop_front() else { break };
                visited += 1;
                let (territory, limit) = (self.territory.clone(), options.timeout);
                under_way.spawn(async move {
                    // Its turn may be long in coming; the time runs from there on.
                    let _turn = territory.turn(&link.to).await;
                    let found = timeout(limit, territory.visit(&link.to)).await;
                    (link, found.unwrap_or_else(|elapsed| Found::Broken(elapsed.to_string())))
                });
            }
            match under_way.join_next().await {
                Some(Ok((link, found))) => self.learn(link, found),
                Some(Err(panicked)) => self.summary.broken.push(panicked.to_string()),
                None => break,
            }
        }
    }

    fn learn(&mut self, link: Link, found: Found) {
        match found {
            Found::Page(links) => {
                self.summary.pages += 1;
                self.summary.links += links.len();
                for target in links {
                    self.follow(&link.to, &target);
                }
            }
            Found::Redirect(target) => self.follow(&link.to, &target),
            Found::Other => self.summary.pages += 1,
            Found::TooLarge => self.summary.too_large += 1,
            Found::Broken(why) => self.broken(link.to.as_str(), link.from.as_ref(), &why),
        }
    }

    fn follow(&mut self, page: &Uri<String>, target: &str) {
        match UriRef::parse(target.trim()).map(|link| link.resolve_against(&page.strip_fragment()))
        {
            Ok(Ok(to)) => self.meet(Link { to, from: Some(page.clone()) }),
            Ok(Err(error)) => self.broken(target, Some(page), &error.to_string()),
            Err(error) => self.broken(target, Some(page), &error.to_string()),
        }
    }

    /// Puts a link in the queue, unless that was done before or it leads out of the territory.
    fn meet(&mut self, link: Link) {
        let to = link.to.strip_fragment().normalize();
        if !self.territory.contains(&to) {
            self.summary.outside += 1;
        } else if self.seen.insert(to.clone()) {
            self.queue.push_back(Link { to, from: link.from });
        }
    }

    fn broken(&mut self, to: &str, from: Option<&Uri<String>>, why: &str) {
        let from = from.map_or(String::new(), |page| format!(" on {page}"));
        self.summary.broken.push(format!("{to}{from}: {why}"));
    }
}
