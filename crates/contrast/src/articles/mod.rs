//! The programs of the four articles, each ported once and run on both flavours.
//!
//! | file | concept |
//! |---|---|
//! | `script.rs` | what a program is given: a transcript to print to, the scale of its waits, `spawn` |
//! | `stage.rs` | runs a program on a flavour and returns what it printed |
//! | `javascript.rs` | as much of promises and `setTimeout` as the JavaScript programs need |
//! | `show.rs` | the `articles` command: every program beside what its original prints |
//! | the rest | one program each |
//!
//! Each program carries the lines that its original prints: the originals are in `originals/`, and a test runs them
//! with Python and Node to compare. Where an article's text shows something else than its program does, the program
//! is right and the note says so.

mod await_foo;
mod await_foo_twice;
mod blocking_foo;
mod fetch_and_numbers;
mod fetch_once;
mod gather_three;
mod get_user_input;
mod hello_world;
mod javascript;
mod promise_rejected;
mod promise_resolved;
mod say_hi_and_count;
mod script;
pub mod show;
mod stage;
mod task_awaited;
mod task_dropped;
#[cfg(test)]
mod tests;

use std::pin::Pin;

use script::Script;

/// One program of an article and its port.
#[derive(Debug)]
pub struct Program {
    /// Its file here, and in `originals/`.
    pub name: &'static str,
    /// The article it is from.
    pub article: &'static str,
    /// What it teaches, in one line.
    pub shows: &'static str,
    /// Where the port, the original or the article differ, and why. May be empty.
    pub note: &'static str,
    /// The original, in `originals/`.
    pub original: &'static str,
    /// What the original prints, line for line; a time of day is written `HH:MM:SS`.
    pub original_prints: &'static [&'static str],
    /// Where the port means what the article says instead of what its program does.
    pub mended: Option<Mended>,
    /// The port.
    pub main: fn(Script) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// An original put right, where the article's own program does not do what the article says.
#[derive(Debug)]
pub struct Mended {
    /// The mended original, in `originals/`.
    pub original: &'static str,
    /// What the mended original prints, and therefore the port.
    pub prints: &'static [&'static str],
}

impl Program {
    /// What the port has to print.
    pub fn expected(&self) -> &'static [&'static str] {
        self.mended.as_ref().map_or(self.original_prints, |mended| mended.prints)
    }
}

/// Every program, in the order of the articles.
pub const PROGRAMS: &[Program] = &[
    promise_resolved::PROGRAM,
    promise_rejected::PROGRAM,
    say_hi_and_count::PROGRAM,
    get_user_input::PROGRAM,
    fetch_once::PROGRAM,
    gather_three::PROGRAM,
    blocking_foo::PROGRAM,
    hello_world::PROGRAM,
    await_foo::PROGRAM,
    await_foo_twice::PROGRAM,
    task_dropped::PROGRAM,
    task_awaited::PROGRAM,
    fetch_and_numbers::PROGRAM,
];

/// Titles of the articles, as [`Program::article`] names them.
const LIKE_A_PRO: &str = "Async Programming Like a Pro";
const ESSENTIALS: &str = "Coding Essentials: Asynchronous Programming 101";
const IN_PYTHON: &str = "Asynchronous Programming in Python";
