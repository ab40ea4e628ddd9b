//! Two tasks take turns on one thread.

use filch::time::{Duration, sleep};

async fn fetch_data() -> u32 {
    println!("Start fetching");
    sleep(Duration::from_secs(2)).await; // as if for an answer from the network
    println!("Done fetching");
    1
}

async fn print_numbers() {
    for i in 0..10 {
        println!("{i}");
        sleep(Duration::from_millis(300)).await;
    }
}

// On one thread, and with a clock that jumps instead of waiting: see `filch::time::pause`.
#[filch::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let task1 = filch::spawn(fetch_data());
    let task2 = filch::spawn(print_numbers());

    let data = task1.await.expect("fetch_data does not panic");
    println!("{{'data': {data}}}");
    task2.await.expect("print_numbers does not panic");
}
