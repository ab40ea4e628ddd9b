//! The same promise with its other ending: the timer rejects it.

use super::{LIKE_A_PRO, Program, promise_resolved};

pub const PROGRAM: Program = Program {
    name: "promise_rejected",
    article: LIKE_A_PRO,
    shows: "a promise: reject, and the callback that was registered with catch()",
    note: "The article's program with `success = false`, the ending that it provides for and does \
           not show.",
    original: "promise_rejected.js",
    original_prints: &[
        "Yay, let's execute the promise!",
        "Fetching data...",
        "Error fetching data",
    ],
    mended: None,
    main: |script| Box::pin(promise_resolved::main(script, false)),
};
