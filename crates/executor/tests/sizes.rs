//! Futures and outputs of unusual size and alignment.

mod support;

use filch_executor::{id, yield_now};
use support::both_flavours;

#[test]
fn futures_and_outputs_of_no_size_at_all() {
    struct Nothing;
    both_flavours(|executor| {
        let task = executor.spawn(std::future::ready(Nothing));
        let Nothing = executor.block_on(task).unwrap();
        let tasks: Vec<_> = (0..100).map(|_| executor.spawn(async {})).collect();
        for task in tasks {
            executor.block_on(task).unwrap();
        }
        let task = executor.spawn(std::future::pending::<Nothing>());
        task.abort();
        assert!(executor.block_on(task).is_err());
    });
}

#[repr(align(128))]
#[derive(Clone, Copy, PartialEq, Debug)]
struct Aligned(u8);

impl Aligned {
    fn is_aligned(&self) -> bool {
        std::ptr::from_ref(self).addr() % 128 == 0
    }
}

#[test]
fn futures_and_outputs_aligned_to_128_bytes() {
    both_flavours(|executor| {
        for n in 0..100 {
            let value = Aligned(n);
            let task = executor.spawn(async move {
                let inside = value;
                assert!(inside.is_aligned());
                yield_now().await;
                assert!(inside.is_aligned());
                let _id = id();
                inside
            });
            let output = executor.block_on(task).unwrap();
            assert!(output.is_aligned());
            assert_eq!(output, value);
        }
    });
}

#[test]
fn many_futures_of_some_kibibytes_run() {
    both_flavours(|executor| {
        let tasks: Vec<_> = (0..200_u8)
            .map(|n| {
                executor.spawn(async move {
                    let bytes = [n; 16 << 10];
                    yield_now().await;
                    bytes[n as usize]
                })
            })
            .collect();
        for (n, task) in (0..200_u8).zip(tasks) {
            assert_eq!(executor.block_on(task).unwrap(), n);
        }
    });
}
