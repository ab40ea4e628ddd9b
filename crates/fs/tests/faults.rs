//! What the operating system refuses is an error, once, in the right place; what was taken is not lost.
#![cfg(target_os = "linux")]

mod support;

use filch_executor::{Builder, Executor};
use filch_fs::File;
use filch_io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use std::future::Future;
use std::io::ErrorKind;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;
use support::{begin, child, ends};

fn executor() -> Executor {
    Builder::new_current_thread().build().unwrap()
}

#[test]
fn an_error_of_a_deferred_write_comes_with_the_flush_and_only_once() {
    let _bounded = support::bounded();
    executor().block_on(async {
        let mut file = File::options().write(true).open("/dev/full").await.unwrap();
        file.write_all(b"taken").await.unwrap();
        let error = file.flush().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        file.flush().await.unwrap();
        // The file is as good as before.
        file.write_all(b"taken").await.unwrap();
        assert_eq!(file.sync_all().await.unwrap_err().kind(), ErrorKind::StorageFull);
    });
}

#[test]
fn an_error_of_a_deferred_write_comes_with_a_later_write() {
    let _bounded = support::bounded();
    executor().block_on(async {
        let mut file = File::options().write(true).open("/dev/full").await.unwrap();
        let error = loop {
            if let Err(error) = file.write_all(b"taken").await {
                break error;
            }
            filch_executor::yield_now().await;
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    });
}

#[test]
fn a_full_disk_is_an_error_and_what_fitted_is_in_the_file() {
    let _bounded = support::bounded();
    // 8 blocks of 512 bytes; the signal that comes with the limit would end the process.
    let prelude = "ulimit -f 8 && trap '' XFSZ";
    let mut command = child("child_that_fills_the_disk", prelude);
    // The limit is on every file, and this test's own output may go to one that is large already.
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = ends(&mut child);
    assert!(status.success(), "{:?}", child.wait_with_output().unwrap());
}

#[test]
#[ignore = "run by a_full_disk_is_an_error_and_what_fitted_is_in_the_file, with the limit that it needs"]
fn child_that_fills_the_disk() {
    let _bounded = support::bounded();
    // `sh` may count in blocks of 512 or of 1024 bytes.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    executor().block_on(async {
        let mut file = File::create(&path).await.unwrap();
        let bytes = vec![1; 2 * limit as usize];
        file.write_all(&bytes).await.unwrap();
        assert_eq!(file.flush().await.unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(file.metadata().await.unwrap().len(), limit);

        let error = file.write_all_at(b"beyond", limit - 2).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        let error = filch_fs::write(&path, &bytes).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);

        // With room again, all is well.
        file.set_len(0).await.unwrap();
        file.rewind().await.unwrap();
        file.write_all(b"fits").await.unwrap();
        file.flush().await.unwrap();
        assert_eq!(filch_fs::read(&path).await.unwrap(), b"fits");
    });
}

#[test]
fn out_of_descriptors_is_an_error_until_there_are_some() {
    let _bounded = support::bounded();
    let prelude = "ulimit -n 40";
    let mut child = child("child_without_descriptors", prelude).spawn().unwrap();
    assert!(ends(&mut child).success());
}

#[test]
#[ignore = "run by out_of_descriptors_is_an_error_until_there_are_some, with the limit that it needs"]
fn child_without_descriptors() {
    let _bounded = support::bounded();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    executor().block_on(async {
        let mut file = File::create_new(&path).await.unwrap();
        let mut open = Vec::new();
        let error = loop {
            match File::open(&path).await {
                Ok(file) => open.push(file),
                Err(error) => break error,
            }
        };
        let full = rustix::io::Errno::MFILE.raw_os_error();
        assert_eq!(error.raw_os_error(), Some(full));
        assert_eq!(file.try_clone().await.unwrap_err().raw_os_error(), Some(full));
        assert!(filch_fs::read(&path).await.is_err());
        assert!(filch_fs::read_dir(dir.path()).await.is_err());
        // Nobody else is harmed.
        file.write_all(b"hello").await.unwrap();
        file.flush().await.unwrap();
        let mut buf = [0; 5];
        open[0].read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"hello");

        open.clear();
        assert_eq!(filch_fs::read(&path).await.unwrap(), b"hello");
    });
}

#[test]
fn without_a_thread_reading_is_an_error_and_writing_is_done_here() {
    let _bounded = support::bounded();
    // More address space than there is: no thread can have such a stack.
    let executor = Builder::new_current_thread().thread_stack_size(1 << 46).build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    executor.block_on(async {
        filch_fs::read(&path).await.unwrap_err();
        let mut file = File::from_std(std::fs::File::create_new(&path).unwrap());
        file.write_all(b"hello").await.unwrap();
        file.flush().await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"hello");
    });
}

#[test]
fn what_was_taken_is_written_although_the_runtime_ends_first() {
    let _bounded = support::bounded();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let executor = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let (release, released) = mpsc::channel::<()>();
    let occupied = executor.handle().spawn_blocking(move || released.recv());
    executor.block_on(async {
        let mut file = File::from_std(std::fs::File::create(&path).unwrap());
        // It queues: the only thread is occupied.
        file.write_all(b"taken").await.unwrap();
        assert!(begin(file.flush()).await.is_pending());
    });
    executor.shutdown_background();
    assert_eq!(std::fs::read(&path).unwrap(), b"taken");
    drop((release, occupied));
}

#[test]
fn after_the_end_of_the_runtime_operations_are_errors() {
    let _bounded = support::bounded();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    std::fs::write(&path, "hello").unwrap();
    let executor = executor();
    let handle = executor.handle().clone();
    drop(executor);
    handle.block_on(async {
        let error = filch_fs::copy(&path, dir.path().join("b")).await.unwrap_err();
        assert!(error.to_string().contains("shut down"), "{error}");
        let fifo = dir.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, 0o600.into()).unwrap();
        let options = std::fs::OpenOptions::new().read(true).write(true).clone();
        let mut file = File::from_std(options.open(&fifo).unwrap());
        let error = file.read_u8().await.unwrap_err();
        assert!(error.to_string().contains("shut down"), "{error}");
    });
}

#[test]
fn a_read_that_is_given_up_loses_nothing() {
    let _bounded = support::bounded();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, 0o600.into()).unwrap();
    executor().block_on(async {
        let mut file = File::options().read(true).write(true).open(&path).await.unwrap();
        assert!(begin(file.read_u8()).await.is_pending());
        // The read that was given up is still there, and gets this.
        std::fs::write(&path, "ab").unwrap();
        let mut buf = [0; 2];
        file.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"ab");
    });
}

#[test]
fn an_aborted_task_leaves_the_file_usable_whatever_it_was_doing() {
    let _bounded = support::bounded();
    let executor = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    executor.block_on(async {
        for pause in 0..60 {
            let path = dir.path().join(format!("{pause}"));
            let file = std::fs::File::create_new(&path).unwrap();
            let mut ours = File::from_std(file.try_clone().unwrap());
            let busy = filch_executor::spawn(async move {
                loop {
                    ours.write_all(&[b'x'; 100]).await?;
                    ours.rewind().await?;
                    ours.sync_data().await?;
                    ours.set_len(100).await?;
                    ours.write_all_at(&[b'x'; 100], 100).await?;
                    ours.flush().await?;
                    ours.metadata().await?;
                    ours.try_clone().await?;
                    std::io::Result::<()>::Ok(())?;
                }
                #[expect(unreachable_code, reason = "it says what the task resolves to")]
                std::io::Result::<()>::Ok(())
            });
            std::thread::sleep(Duration::from_micros(50 * pause));
            busy.abort();
            assert!(busy.await.unwrap_err().is_cancelled());

            let mut file = File::from_std(file);
            file.sync_all().await.unwrap();
            file.rewind().await.unwrap();
            let bytes = filch_fs::read(&path).await.unwrap();
            assert!(bytes.iter().all(|byte| *byte == b'x'));
        }
        filch_fs::remove_dir_all(dir.path()).await.unwrap();
    });
}

#[test]
fn a_waker_that_panics_keeps_nobody_else_from_hearing_that_the_writes_are_done() {
    let _bounded = support::bounded();
    let dir = tempfile::tempdir().unwrap();
    let executor = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let (release, released) = mpsc::channel::<()>();
    let occupied = executor.handle().spawn_blocking(move || released.recv());
    executor.block_on(async {
        let mut file = File::from_std(std::fs::File::create(dir.path().join("a")).unwrap());
        file.write_all(b"taken").await.unwrap();
        assert!(support::begin_with(&support::panicking_waker(), file.flush()).is_pending());
        // It waits behind the other one.
        let mut release = Some(release);
        let mut flush = std::pin::pin!(file.flush());
        std::future::poll_fn(|cx| {
            let flushed = flush.as_mut().poll(cx);
            release.take();
            flushed
        })
        .await
        .unwrap();
        file.write_all(b", again").await.unwrap();
        file.flush().await.unwrap();
    });
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"taken, again");
    drop(occupied);
}
