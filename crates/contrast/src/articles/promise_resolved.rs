//! A promise that a timer resolves after two seconds.

use super::javascript::{Promise, set_timeout};
use super::{LIKE_A_PRO, Program, Script};

pub const PROGRAM: Program = Program {
    name: "promise_resolved",
    article: LIKE_A_PRO,
    shows: "a promise: resolve, and the callback that was registered with then()",
    note: "A JavaScript process lives until nothing is pending, block_on until main ends: so the \
           port awaits its last promise.",
    original: "promise_resolved.js",
    original_prints: &["Yay, let's execute the promise!", "Fetching data...", "Some fetched data"],
    mended: None,
    main: |script| Box::pin(main(script, true)),
};

pub async fn main(script: Script, success: bool) {
    let promise = Promise::new(|settle| {
        set_timeout(&script, 2.0, move || {
            if success {
                settle.resolve("Some fetched data");
            } else {
                settle.reject("Error fetching data");
            }
        });
    });

    script.print("Yay, let's execute the promise!");

    let (fulfilled, rejected) = (script.clone(), script.clone());
    let settled = promise.then_catch(
        &script,
        move |result| fulfilled.print(result),
        move |error| rejected.print(error),
    );

    script.print("Fetching data...");
    settled.await.expect("the callbacks do not panic");
}
