//! The same task, awaited before main ends.

use super::task_dropped::foo;
use super::{IN_PYTHON, Program, Script};

pub const PROGRAM: Program = Program {
    name: "task_awaited",
    article: IN_PYTHON,
    shows: "create_task, awaited at the end: main goes on first, foo is finished all the same",
    note: "On an event loop foo starts when main awaits it, after \"finished awaiting foo\". On \
           several workers another worker may start it before that.",
    original: "task_awaited.py",
    original_prints: &["awaiting foo...", "finished awaiting foo", "inside foo", "Ending foo"],
    mended: None,
    main: |script| Box::pin(main(script)),
};

async fn main(script: Script) {
    script.print("awaiting foo...");
    let task = script.spawn(foo(script.clone(), "inside foo"));
    script.print("finished awaiting foo");
    task.await.expect("foo does not panic");
}
