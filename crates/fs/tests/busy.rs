//! Where no more blocking calls may queue, operations are errors, and all is well once there is room.
#![cfg(unix)]

mod support;

use filch_executor::{Builder, Executor, yield_now};
use filch_fs::File;
use filch_io::AsyncWriteExt;
use std::collections::BTreeSet;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::sync::mpsc;
use std::time::Duration;

/// One thread, and one call that may wait for it.
fn executor() -> Executor {
    Builder::new_current_thread().max_blocking_threads(1).max_blocking_queue(1).build().unwrap()
}

/// Until the result is dropped, the thread is occupied, and the queue is full.
async fn occupy(executor: &Executor) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (begins, begun) = mpsc::channel();
    let occupy = move || {
        begins.send(()).unwrap();
        let _ = released.recv();
    };
    drop(executor.handle().spawn_blocking(occupy));
    begun.recv_timeout(support::HUNG).unwrap();
    drop(executor.handle().spawn_blocking(|| ()));
    release
}

/// Repeats an operation until there is room for it.
async fn once_there_is_room<F, R>(mut operation: impl FnMut() -> F) -> R
where
    F: Future<Output = io::Result<R>>,
{
    loop {
        match operation().await {
            Ok(result) => return result,
            Err(error) => assert_eq!(error.kind(), ErrorKind::ResourceBusy),
        }
        yield_now().await;
    }
}

#[test]
fn a_directory_goes_on_after_a_call_that_was_refused() {
    let _bounded = support::bounded();
    let dir = tempfile::tempdir().unwrap();
    for n in 0..300 {
        std::fs::write(dir.path().join(n.to_string()), "").unwrap();
    }
    let executor = executor();
    executor.block_on(async {
        let mut entries = filch_fs::read_dir(dir.path()).await.unwrap();
        let release = occupy(&executor).await;
        let mut names = BTreeSet::new();
        let error = loop {
            match entries.next_entry().await {
                Ok(entry) => assert!(names.insert(entry.expect("there are more").file_name())),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::ResourceBusy);
        let again = entries.next_entry().await.expect_err("there is still no room");
        assert_eq!(again.kind(), ErrorKind::ResourceBusy);
        drop(release);
        loop {
            match entries.next_entry().await {
                Ok(Some(entry)) => assert!(names.insert(entry.file_name())),
                Ok(None) => break,
                Err(error) => assert_eq!(error.kind(), ErrorKind::ResourceBusy),
            }
            yield_now().await;
        }
        assert_eq!(names.len(), 300);
    });
}

#[test]
fn the_end_of_the_runtime_is_not_the_end_of_a_directory() {
    let _bounded = support::bounded();
    let dir = tempfile::tempdir().unwrap();
    for n in 0..300 {
        std::fs::write(dir.path().join(n.to_string()), "").unwrap();
    }
    let executor = executor();
    let handle = executor.handle().clone();
    let mut entries = executor.block_on(filch_fs::read_dir(dir.path())).unwrap();
    drop(executor);
    handle.block_on(async {
        while let Ok(entry) = entries.next_entry().await {
            entry.expect("there are more");
        }
        let error = entries.next_entry().await.unwrap_err();
        assert!(error.to_string().contains("shut down"), "{error}");
    });
}

#[test]
fn a_write_that_was_refused_is_an_error_and_takes_nothing() {
    let _bounded = support::bounded();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let executor = executor();
    executor.block_on(async {
        let mut file = File::from_std(std::fs::File::create_new(&path).unwrap());
        let release = occupy(&executor).await;
        for _ in 0..2 {
            let error = file.write_all(b"refused").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ResourceBusy);
            // This thread has not written it either: that might block.
            assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
        }
        // Nothing is under way, and the error was told.
        file.flush().await.unwrap();
        drop(release);
        loop {
            match file.write_all(b"taken").await {
                Ok(()) => break,
                Err(error) => assert_eq!(error.kind(), ErrorKind::ResourceBusy),
            }
            yield_now().await;
        }
        file.flush().await.unwrap();
        assert_eq!(once_there_is_room(|| filch_fs::read(&path)).await, b"taken");
    });
}

#[test]
fn what_waits_in_a_full_queue_is_written() {
    let _bounded = support::bounded();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let executor = Builder::new_current_thread()
        .max_blocking_threads(1)
        .max_blocking_queue(2)
        .build()
        .unwrap();
    executor.block_on(async {
        let mut file = File::from_std(std::fs::File::create_new(&path).unwrap());
        let release = occupy(&executor).await;
        file.write_all(b"one ").await.unwrap();
        // The queue is full now, but the call that writes is in it already.
        file.write_all(b"two").await.unwrap();
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
        drop(release);
        file.flush().await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one two");
    });
}
