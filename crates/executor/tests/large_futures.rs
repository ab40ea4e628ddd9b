//! A future that is half as large as a thread's stack: it must be run, ended and dropped where it is,
//! without copies on the stack. Alone in its binary, because a stack overflow ends the process.

mod support;

use std::pin::Pin;
use std::task::{Context, Poll};
use support::{Counter, each_multi};

/// A mebibyte; a thread of std has two.
const LARGE: usize = 1 << 20;

/// Needs next to no stack itself.
struct Large<G> {
    bytes: Box<u8>,
    padding: [u8; LARGE],
    polled: bool,
    ends: bool,
    _guard: G,
}

impl<G: Unpin> Future for Large<G> {
    type Output = u8;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u8> {
        if std::mem::replace(&mut self.polled, true) && self.ends {
            return Poll::Ready(*self.bytes + self.padding[LARGE / 2]);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn run_and_drop(ends: bool) {
    each_multi(move |executor| {
        let dropped = Counter::new();
        let counter = dropped.clone();
        let guard = Box::new(support::on_drop(move || {
            counter.add_one();
        }));
        // Spawned with room to spare; it is the worker's stack that is tried.
        let handle = executor.handle().clone();
        let spawner = std::thread::Builder::new().stack_size(64 * LARGE);
        let spawned = spawner.spawn(move || {
            handle.spawn(Large {
                bytes: Box::new(1),
                padding: [3; LARGE],
                polled: false,
                ends,
                _guard: guard,
            })
        });
        let task = spawned.unwrap().join().unwrap();
        if ends {
            assert_eq!(executor.block_on(task).unwrap(), 4);
        } else {
            task.abort();
            assert!(executor.block_on(task).unwrap_err().is_cancelled());
        }
        assert_eq!(dropped.get(), 1);
    });
}

#[test]
fn a_future_of_a_mebibyte_runs_to_its_end_on_a_stack_of_two() {
    run_and_drop(true);
}

#[test]
fn a_future_of_a_mebibyte_is_aborted_on_a_stack_of_two() {
    run_and_drop(false);
}

#[test]
fn a_task_on_a_default_stack_spawns_a_future_of_several_hundred_kilobytes() {
    each_multi(|executor| {
        let outer = executor.spawn(async {
            let large = async {
                let bytes = [1_u8; 300 << 10];
                filch_executor::yield_now().await;
                bytes.iter().map(|&byte| usize::from(byte)).sum::<usize>()
            };
            filch_executor::spawn(large).await.unwrap()
        });
        assert_eq!(executor.block_on(outer).unwrap(), 300 << 10);
    });
}
