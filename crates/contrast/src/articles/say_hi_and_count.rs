//! Two tasks of which main awaits only the second: the first dies with main.

use super::script::time_of_day;
use super::{LIKE_A_PRO, Program, Script};

pub const PROGRAM: Program = Program {
    name: "say_hi_and_count",
    article: LIKE_A_PRO,
    shows: "tasks: a created task waits for its turn; what is pending when main ends is cancelled",
    note: "The article's output has \"Hi!\" and \"1\" before \"I'm a beast!\". Its program prints \
           \"I'm a beast!\" first: a created task does not start before main awaits something. \
           And it ends after 5 s: say_hi, asleep for 20 s, is cancelled. The times of day of the \
           port are UTC.",
    original: "say_hi_and_count.py",
    original_prints: &[
        "started at HH:MM:SS",
        "I'm a beast!",
        "Hi!",
        "1",
        "2",
        "3",
        "4",
        "5",
        "finished at HH:MM:SS",
    ],
    mended: None,
    main: |script| Box::pin(main(script)),
};

async fn say_hi(script: Script) {
    script.print("Hi!");
    script.sleep(20.0).await;
}

async fn count_to_n(script: Script, n: u32) {
    for i in 1..=n {
        script.print(i);
        script.sleep(1.0).await;
    }
}

async fn main(script: Script) {
    script.print(format!("started at {}", time_of_day()));
    let _hi = script.spawn(say_hi(script.clone()));
    let count = script.spawn(count_to_n(script.clone(), 5));
    script.print("I'm a beast!");
    count.await.expect("count_to_n does not panic");
    script.print(format!("finished at {}", time_of_day()));
}
