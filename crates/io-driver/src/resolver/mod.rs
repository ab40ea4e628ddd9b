//! Names to addresses, off the threads that run tasks.
//!
//! The system's resolver blocks for seconds when a network is down, so each driver has a few threads for
//! it, apart from all other blocking work: a look-up never waits for a file, nor a file for a look-up.
//! Threads start when they are needed and end when they have been idle. A look-up that nobody waits for any
//! more is skipped, unless it has begun: then its thread goes on alone until it has an answer.

mod lookup;
#[cfg(test)]
mod tests;

pub use lookup::Lookup;

use crate::driver::shut_down;
use filch_primitives::sync::{Condvar, Mutex};
use filch_primitives::thread;
use lookup::Question;
use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

pub(crate) type Answer = io::Result<Vec<SocketAddr>>;

/// Threads of one driver. More names than this that hang at once hold up the others.
const THREADS: usize = 16;

/// How long a thread without work stays.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Resolver {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    state: Mutex<State>,
    asked: Condvar,
    /// The system's resolver, but for tests.
    resolve: fn(&str, u16) -> Answer,
    keep_alive: Duration,
}

#[derive(Debug, Default)]
struct State {
    questions: VecDeque<Arc<Question>>,
    threads: usize,
    /// Threads that wait for a question.
    idle: usize,
    is_shutdown: bool,
}

impl Resolver {
    pub(crate) fn new() -> Self {
        let resolve = |host: &str, port| Ok((host, port).to_socket_addrs()?.collect());
        Self::with(resolve, KEEP_ALIVE)
    }

    fn with(resolve: fn(&str, u16) -> Answer, keep_alive: Duration) -> Self {
        let (state, asked) = (Mutex::default(), Condvar::new());
        Self { pool: Arc::new(Pool { state, asked, resolve, keep_alive }) }
    }

    /// Has the question answered; an error if nobody ever will.
    fn ask(&self, question: Arc<Question>) -> io::Result<()> {
        let mut state = self.pool.state.lock();
        if state.is_shutdown {
            return Err(shut_down());
        }
        state.questions.push_back(question);
        if state.idle >= state.questions.len() {
            self.pool.asked.notify_one();
            return Ok(());
        }
        if state.threads == THREADS {
            return Ok(());
        }
        let pool = Arc::clone(&self.pool);
        let builder = thread::Builder::new().name("filch-resolver".to_owned());
        // Under the lock: whoever looks meanwhile must find the thread counted if there is one.
        match builder.spawn(move || pool.run()) {
            Ok(_) => state.threads += 1,
            // Somebody else is there to come to it.
            Err(_) if state.threads > 0 => {}
            Err(error) => {
                state.questions.pop_back();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Answers every question with an error, and lets the threads end.
    pub(crate) fn shutdown(&self) {
        let unanswered = {
            let mut state = self.pool.state.lock();
            state.is_shutdown = true;
            std::mem::take(&mut state.questions)
        };
        self.pool.asked.notify_all();
        for question in unanswered {
            question.answer(Err(shut_down()));
        }
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Pool {
    /// What each thread does.
    fn run(&self) {
        while let Some(question) = self.next() {
            if let Some((host, port)) = question.wanted() {
                question.answer((self.resolve)(host, port));
            }
        }
    }

    /// `None`: the thread has left the pool.
    fn next(&self) -> Option<Arc<Question>> {
        let mut state = self.state.lock();
        let mut has_idled = false;
        loop {
            if let Some(question) = state.questions.pop_front() {
                return Some(question);
            }
            if state.is_shutdown || has_idled {
                state.threads -= 1;
                return None;
            }
            state.idle += 1;
            (state, has_idled) = self.asked.wait_timeout(state, self.keep_alive);
            state.idle -= 1;
        }
    }
}
