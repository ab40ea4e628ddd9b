//! The synchronous baseline: while foo blocks, nothing else happens.

use super::{IN_PYTHON, Program, Script};

pub const PROGRAM: Program = Program {
    name: "blocking_foo",
    article: IN_PYTHON,
    shows: "no concurrency at all: a blocking call holds everything up, in order",
    note: "",
    original: "blocking_foo.py",
    original_prints: &["in foo", "end foo", "Termination of the program"],
    mended: None,
    main: |script| Box::pin(async move { main(&script) }),
};

fn foo(script: &Script) {
    script.print("in foo");
    // Blocks its thread, which is the point here and a mistake anywhere else.
    std::thread::sleep(script.seconds(10.0));
    script.print("end foo");
}

fn main(script: &Script) {
    foo(script);
    script.print("Termination of the program");
}
