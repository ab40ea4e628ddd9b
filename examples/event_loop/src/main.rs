//! The last program of the articles, on the loop of this package: `cargo run -p event-loop-example`.

use event_loop_example::{run, sleep, spawn};
use std::time::Duration;

async fn fetch_data() -> u32 {
    println!("Start fetching");
    sleep(Duration::from_secs(2)).await; // as if for an answer from the network
    println!("Done fetching");
    1
}

async fn print_numbers() {
    for i in 0..10 {
        println!("{i}");
        sleep(Duration::from_millis(250)).await;
    }
}

fn main() {
    run(async {
        let task1 = spawn(fetch_data());
        let task2 = spawn(print_numbers());
        let data = task1.await;
        println!("{{'data': {data}}}");
        task2.await;
    });
}
