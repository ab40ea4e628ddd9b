//! A task that nobody awaits ends with main, in the middle of its wait.

use super::{IN_PYTHON, Program, Script};

pub const PROGRAM: Program = Program {
    name: "task_dropped",
    article: IN_PYTHON,
    shows: "create_task without await: \"Ending foo\" is never printed, and the program ends at \
            once",
    note: "foo gets its first turn because it was ready when main ended; then it is cancelled \
           where it waits, and what it holds is dropped.",
    original: "task_dropped.py",
    original_prints: &["awaiting foo...", "finished awaiting foo", "inside foo"],
    mended: None,
    main: |script| Box::pin(main(script)),
};

async fn main(script: Script) {
    script.print("awaiting foo...");
    let _task = script.spawn(foo(script.clone(), "inside foo"));
    script.print("finished awaiting foo");
}

pub async fn foo(script: Script, text: &str) {
    script.print(text);
    script.sleep(1.0).await;
    script.print("Ending foo");
}
