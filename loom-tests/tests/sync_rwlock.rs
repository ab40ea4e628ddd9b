//! `filch-sync/src/rwlock/`: readers or one writer, and what one wrote the next one reads.
#![cfg(filch_loom)]

use filch_sync::RwLock;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::pin::pin;
use std::task::{Context, Waker};

#[test]
fn readers_and_writer_exclude() {
    loom::model(|| {
        let lock = Arc::new(RwLock::with_max_readers((0, 0), 2));
        let writer = {
            let lock = lock.clone();
            thread::spawn(move || {
                let mut pair = block_on(lock.write());
                pair.0 += 1;
                thread::yield_now();
                pair.1 += 1;
            })
        };
        let reader = {
            let lock = lock.clone();
            thread::spawn(move || {
                let pair = block_on(lock.read());
                assert_eq!(pair.0, pair.1, "half a change was read");
            })
        };
        {
            let pair = block_on(lock.read());
            assert_eq!(pair.0, pair.1, "half a change was read");
        }
        writer.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn downgrade_meets_writer() {
    loom::model(|| {
        let lock = Arc::new(RwLock::with_max_readers(0, 2));
        let mut guard = lock.try_write().unwrap();
        *guard = 1;
        let writer = {
            let lock = lock.clone();
            thread::spawn(move || *block_on(lock.write()) += 1)
        };
        let guard = guard.downgrade();
        assert_eq!(*guard, 1, "a writer came in between");
        drop(guard);
        writer.join().unwrap();
        assert_eq!(*block_on(lock.read()), 2);
    });
}

#[test]
fn a_write_given_up_meets_a_reader() {
    loom::model(|| {
        let lock = Arc::new(RwLock::with_max_readers(0, 2));
        let held = lock.try_read().unwrap();
        let reader = {
            let lock = lock.clone();
            thread::spawn(move || drop(block_on(lock.read())))
        };
        {
            let mut given_up = pin!(lock.write());
            let mut cx = Context::from_waker(Waker::noop());
            assert!(given_up.as_mut().poll(&mut cx).is_pending());
        }
        reader.join().unwrap();
        drop(held);
        assert!(lock.try_write().is_ok());
    });
}
