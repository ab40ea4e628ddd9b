//! Two tasks take turns on one thread, and one of them returns a value.

use super::{IN_PYTHON, Program, Script};

pub const PROGRAM: Program = Program {
    name: "fetch_and_numbers",
    article: IN_PYTHON,
    shows: "interleaving: numbers are printed while the data is fetched; awaiting a task gives \
            its value",
    note: "The fetch ends after 2 s and eight steps of 0.25 s a little later: so 0 to 7 come \
           before \"Done fetching\". The article prints this listing twice; the text between the \
           two speaks of a version that prints the task itself instead of its value.",
    original: "fetch_and_numbers.py",
    original_prints: &[
        "Start fetching",
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "Done fetching",
        "{'data': 1}",
        "8",
        "9",
    ],
    mended: None,
    main: |script| Box::pin(main(script)),
};

async fn fetch_data(script: Script) -> (&'static str, u32) {
    script.print("Start fetching");
    script.sleep(2.0).await;
    script.print("Done fetching");
    ("data", 1)
}

async fn print_numbers(script: Script) {
    for i in 0..10 {
        script.print(i);
        script.sleep(0.25).await;
    }
}

async fn main(script: Script) {
    let task1 = script.spawn(fetch_data(script.clone()));
    let task2 = script.spawn(print_numbers(script.clone()));

    let (key, value) = task1.await.expect("fetch_data does not panic");
    script.print(format!("{{'{key}': {value}}}"));
    task2.await.expect("print_numbers does not panic");
}
