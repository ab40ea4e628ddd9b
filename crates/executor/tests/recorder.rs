//! Recordings: balanced, in order, bounded, and taken at any moment.

mod support;

use filch_executor::record::{EventKind, Lane, LaneKind, PollOutcome, Recording};
use filch_executor::{Builder, yield_now};

#[test]
fn smoke() {
    let executor = Builder::new_multi_thread().worker_threads(2).record(10_000).build().unwrap();
    let recorder = executor.handle().recorder().unwrap();
    recorder.start();
    executor
        .block_on(executor.spawn(async {
            for _ in 0..3 {
                yield_now().await;
            }
            filch_executor::spawn(async {
                std::thread::sleep(std::time::Duration::from_millis(30))
            })
            .await
            .unwrap();
        }))
        .unwrap();
    let recording = recorder.stop();
    for lane in recording.lanes() {
        println!("{} lost {}", lane.name, lane.lost);
        for event in &lane.events {
            println!("  {:>12?} {:?} {}", event.at, event.kind, event.exact);
        }
    }
    println!("{:?}", recording.tasks());
}
