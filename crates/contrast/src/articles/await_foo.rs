//! Awaiting a coroutine runs it to its end before going on.

use super::{IN_PYTHON, Program, Script};

pub const PROGRAM: Program = Program {
    name: "await_foo",
    article: IN_PYTHON,
    shows: "await: main goes on when foo has ended",
    note: "",
    original: "await_foo.py",
    original_prints: &["awaiting foo...", "inside foo", "finished awaiting foo"],
    mended: None,
    main: |script| Box::pin(main(script)),
};

async fn main(script: Script) {
    script.print("awaiting foo...");
    foo(&script, "inside foo").await;
    script.print("finished awaiting foo");
}

pub async fn foo(script: &Script, text: &str) {
    script.print(text);
    script.sleep(1.0).await;
}
