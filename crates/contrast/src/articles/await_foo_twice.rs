//! Awaiting is not concurrency: two awaits one after the other take twice as long.

use super::await_foo::foo;
use super::{IN_PYTHON, Program, Script};

pub const PROGRAM: Program = Program {
    name: "await_foo_twice",
    article: IN_PYTHON,
    shows: "awaiting is not concurrency: two waits of 1 s, awaited in turn, take 2 s",
    note: "The article's program with a second await, which makes plain what its text says.",
    original: "await_foo_twice.py",
    original_prints: &["awaiting foo...", "inside foo", "inside foo", "finished awaiting foo"],
    mended: None,
    main: |script| Box::pin(main(script)),
};

async fn main(script: Script) {
    script.print("awaiting foo...");
    foo(&script, "inside foo").await;
    foo(&script, "inside foo").await;
    script.print("finished awaiting foo");
}
