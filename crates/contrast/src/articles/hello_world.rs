//! The smallest coroutine that runs.

use super::{IN_PYTHON, Program, Script};

pub const PROGRAM: Program = Program {
    name: "hello_world",
    article: IN_PYTHON,
    shows: "a coroutine does nothing by itself: an event loop has to run it",
    note: "Before it the article calls main() without an event loop and gets a coroutine object. \
           Rust is the same: calling an async function makes a future and runs nothing; the \
           compiler warns about a future that is dropped unused.",
    original: "hello_world.py",
    original_prints: &["hello world"],
    mended: None,
    main: |script| Box::pin(main(script)),
};

async fn main(script: Script) {
    script.print("hello world");
}
