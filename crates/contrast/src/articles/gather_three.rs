//! Three waits of two seconds take two seconds.

use super::{ESSENTIALS, Program, Script};

pub const PROGRAM: Program = Program {
    name: "gather_three",
    article: ESSENTIALS,
    shows: "gather: three coroutines at a time; three waits of 2 s take 2 s, not 6",
    note: "The article's listing ends before its last line, asyncio.run(main()). gather makes a \
           task of each coroutine, and so does the port.",
    original: "gather_three.py",
    original_prints: &[
        "Task 1: Fetching data starts",
        "Task 2: Fetching data starts",
        "Task 3: Fetching data starts",
        "Task 1: Fetching data completes",
        "Task 2: Fetching data completes",
        "Task 3: Fetching data completes",
    ],
    mended: None,
    main: |script| Box::pin(main(script)),
};

async fn fetch_data(script: Script, task_name: &str) {
    script.print(format!("{task_name}: Fetching data starts"));
    script.sleep(2.0).await;
    script.print(format!("{task_name}: Fetching data completes"));
}

async fn main(script: Script) {
    let tasks =
        ["Task 1", "Task 2", "Task 3"].map(|name| script.spawn(fetch_data(script.clone(), name)));
    for task in tasks {
        task.await.expect("fetch_data does not panic");
    }
}
