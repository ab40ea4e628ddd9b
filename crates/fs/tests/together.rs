//! Many at once, and large ones.

mod support;

use filch_executor::{Builder, spawn};
use filch_fs::File;
use filch_io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use filch_primitives::coop::unconstrained;
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn many_tasks_write_and_read_one_file_at_offsets() {
    let _bounded = support::bounded();
    let executor = Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    executor.block_on(async {
        let file = Arc::new(File::create_new(dir.path().join("a")).await.unwrap());
        let block = |n: u8| vec![n; 1000 + usize::from(n)];
        let tasks = (0..64_u8).map(|n| {
            let file = file.clone();
            spawn(async move {
                let offset = 2000 * u64::from(n);
                file.write_all_at(&block(n), offset).await.unwrap();
                let mut back = vec![0; block(n).len()];
                file.read_exact_at(&mut back, offset).await.unwrap();
                assert_eq!(back, block(n));
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(file.read_at(&mut [0; 8], 1 << 40).await.unwrap(), 0);
    });
}

#[test]
fn a_large_file_comes_back_as_it_was_written_in_pieces() {
    let _bounded = support::bounded();
    let executor = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let bytes: Vec<u8> =
        (0..20_000_000_u32).map(|n| (n.wrapping_mul(2654435761) >> 24) as u8).collect();
    executor.block_on(async {
        let mut file = File::create_new(&path).await.unwrap();
        for (n, piece) in bytes.chunks(7919).enumerate() {
            file.write_all(piece).await.unwrap();
            if n % 500 == 0 {
                file.flush().await.unwrap();
            }
        }
        file.flush().await.unwrap();
        file.rewind().await.unwrap();
        let mut back = Vec::new();
        file.read_to_end(&mut back).await.unwrap();
        assert!(back == bytes);
        assert!(filch_fs::read(&path).await.unwrap() == bytes);
    });
}

#[test]
fn a_directory_of_many_batches_is_listed_once() {
    let _bounded = support::bounded();
    let executor = Builder::new_current_thread().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    for n in 0..1000 {
        std::fs::write(dir.path().join(n.to_string()), "").unwrap();
    }
    executor.block_on(async {
        let mut entries = filch_fs::read_dir(dir.path()).await.unwrap();
        let mut names = BTreeSet::new();
        let mut given_up = 0;
        loop {
            // Giving up a call loses no entry.
            let entry = match support::begin(unconstrained(entries.next_entry())).await {
                std::task::Poll::Ready(entry) => entry,
                std::task::Poll::Pending => {
                    given_up += 1;
                    entries.next_entry().await
                }
            };
            let Some(entry) = entry.unwrap() else { break };
            assert!(names.insert(entry.file_name()));
            assert!(entry.file_type().await.unwrap().is_file());
        }
        assert_eq!(names.len(), 1000);
        assert!(given_up <= 8);
    });
}

#[test]
fn a_task_that_reads_from_memory_only_lets_others_run() {
    let _bounded = support::bounded();
    let executor = Builder::new_current_thread().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    std::fs::write(&path, [0; 64]).unwrap();
    executor.block_on(async {
        let reader = spawn(async move {
            let file = File::open(&path).await.unwrap();
            loop {
                file.read_exact_at(&mut [0; 8], 8).await.unwrap();
            }
        });
        for _ in 0..100 {
            filch_executor::yield_now().await;
        }
        reader.abort();
        assert!(reader.await.unwrap_err().is_cancelled());
    });
}

#[test]
#[should_panic(expected = "no Filch runtime is entered")]
fn a_runtime_is_needed_also_for_what_is_in_memory() {
    let mut read = std::pin::pin!(filch_fs::read("Cargo.toml"));
    let _ = read.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
}
