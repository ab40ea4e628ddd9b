//! A file against what std does, with and without reads that need no hop.

use super::File;
use filch_executor::Executor;
use filch_io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, SeekFrom};
use filch_primitives::coop::unconstrained;
use std::future::{Future, poll_fn};
use std::io::{Read, Seek, Write};
use std::pin::pin;
use std::task::Poll;

fn executor() -> Executor {
    filch_executor::Builder::new_current_thread().build().unwrap()
}

/// Polls once.
async fn begin<F: Future>(future: F) -> Poll<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// A chain of numbers without pattern, the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }
}

fn read_write(path: &std::path::Path) -> std::fs::File {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).open(path).unwrap()
}

/// One operation on both, and the same outcome of both. Now and then ours is given up after its first
/// poll, and then done again as far as that is needed.
async fn same_step(dice: &mut Dice, ours: &mut File, theirs: &mut std::fs::File) {
    let gives_up = dice.below(4) == 0;
    match dice.below(6) {
        0 | 1 => {
            let length = 1 + dice.below(300);
            let (mut mine, mut other) = (vec![0; length], vec![0; length]);
            if gives_up {
                // Nothing was read into it, so it is lost only if it says so.
                if let Poll::Ready(count) = begin(ours.read(&mut mine)).await {
                    theirs.read_exact(&mut other[..count.unwrap()]).unwrap();
                    assert_eq!(mine, other);
                }
                return;
            }
            let end = length - usize::from(dice.below(2) == 0) * dice.below(length);
            let mut filled = 0;
            while filled < end {
                match ours.read(&mut mine[filled..end]).await.unwrap() {
                    0 => break,
                    count => filled += count,
                }
            }
            let mut expected = Vec::new();
            theirs.take(end as u64).read_to_end(&mut expected).unwrap();
            assert_eq!(mine[..filled], expected);
        }
        2 | 3 => {
            let bytes = vec![dice.below(256) as u8; dice.below(300)];
            if gives_up {
                if let Poll::Ready(count) = begin(ours.write(&bytes)).await {
                    theirs.write_all(&bytes[..count.unwrap()]).unwrap();
                }
                return;
            }
            ours.write_all(&bytes).await.unwrap();
            theirs.write_all(&bytes).unwrap();
        }
        4 => {
            let to = match dice.below(3) {
                0 => SeekFrom::Start(dice.below(2000) as u64),
                1 => SeekFrom::End(-(dice.below(10) as i64)),
                _ => SeekFrom::Current(dice.below(50) as i64),
            };
            if theirs.metadata().unwrap().len() >= 10 {
                assert_eq!(ours.seek(to).await.unwrap(), theirs.seek(to).unwrap());
            }
        }
        _ => {
            if gives_up {
                let _ = begin(ours.flush()).await;
            } else {
                let length = ours.metadata().await.unwrap().len();
                assert_eq!(length, theirs.metadata().unwrap().len());
            }
        }
    }
}

#[test]
fn any_sequence_of_operations_does_what_std_does() {
    for seed in 0..60 {
        executor().block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let mut dice = Dice(seed);
            let mut ours = File::from_std(read_write(&dir.path().join("ours")));
            let mut theirs = read_write(&dir.path().join("theirs"));
            if seed % 2 == 0 {
                // Like a file system, or a platform, that never reads without waiting.
                ours.inline.refuse();
            }
            if seed % 3 == 0 {
                ours.set_max_buf_size(64);
            }
            for _ in 0..60 {
                same_step(&mut dice, &mut ours, &mut theirs).await;
            }
            // The positions agree too.
            let mut mine = ours.into_std().await;
            assert_eq!(mine.stream_position().unwrap(), theirs.stream_position().unwrap());
            let contents = |name| std::fs::read(dir.path().join(name)).unwrap();
            assert!(contents("ours") == contents("theirs"), "seed {seed}");
        });
    }
}

#[test]
fn small_reads_share_a_hop() {
    let executor = executor();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    std::fs::write(&path, [7; 10_000]).unwrap();
    executor.block_on(async {
        let mut file = File::open(&path).await.unwrap();
        file.inline.refuse();
        file.read_u8().await.unwrap();
        for _ in 1..10_000 {
            // What one hop has brought is here at once, unless the task has to give way.
            assert!(matches!(begin(unconstrained(file.read_u8())).await, Poll::Ready(Ok(7))));
        }
        file.read_u8().await.unwrap_err();
    });
}

#[test]
fn a_clone_and_std_go_on_where_the_reader_stopped() {
    let executor = executor();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    std::fs::write(&path, "abcdef").unwrap();
    executor.block_on(async {
        let mut file = File::open(&path).await.unwrap();
        file.inline.refuse();
        assert_eq!(file.read_u8().await.unwrap(), b'a');
        let mut clone = file.try_clone().await.unwrap();
        assert_eq!(clone.read_u8().await.unwrap(), b'b');
        let mut std = clone.into_std().await;
        assert_eq!(std.stream_position().unwrap(), 2);
        let mut byte = [0];
        std.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"c");
        assert_eq!(file.read_u8().await.unwrap(), b'd');
    });
}

#[test]
fn into_std_waits_for_operations_that_were_given_up() {
    let executor = executor();
    let dir = tempfile::tempdir().unwrap();
    executor.block_on(async {
        let mut file = File::create(dir.path().join("a")).await.unwrap();
        let _given_up = begin(file.sync_all()).await;
        let _given_up = begin(file.write_at(b"late", 10)).await;
        file.write_all(b"early").await.unwrap();
        let std = file.into_std().await;
        assert_eq!(std.metadata().unwrap().len(), 14);
    });
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"early\0\0\0\0\0late");
}

/// A file of these bytes that never reads without waiting.
fn slow(path: &std::path::Path, bytes: &str) -> File {
    std::fs::write(path, bytes).unwrap();
    let file = File::from_std(read_write(path));
    file.inline.refuse();
    file
}

async fn rest_of(file: &mut File) -> String {
    let mut rest = String::new();
    file.read_to_string(&mut rest).await.unwrap();
    rest
}

#[test]
fn clones_share_the_position_also_where_reads_take_a_hop() {
    let dir = tempfile::tempdir().unwrap();
    executor().block_on(async {
        let mut first = slow(&dir.path().join("a"), "abcdefgh");
        assert_eq!(first.read_u8().await.unwrap(), b'a');
        let mut second = first.try_clone().await.unwrap();
        second.inline.refuse();
        let mut third = second.try_clone().await.unwrap();
        third.inline.refuse();
        assert_eq!(first.read_u8().await.unwrap(), b'b');
        assert_eq!(second.read_u8().await.unwrap(), b'c');
        assert_eq!(third.read_u8().await.unwrap(), b'd');
        drop(third);
        assert_eq!(first.read_u8().await.unwrap(), b'e');
        assert_eq!(rest_of(&mut second).await, "fgh");
    });
}

#[test]
fn what_was_read_ahead_is_not_read_after_the_file_was_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    executor().block_on(async {
        let mut file = slow(&dir.path().join("a"), "abcdef");
        assert_eq!(file.read_u8().await.unwrap(), b'a');
        file.set_len(3).await.unwrap();
        assert_eq!(rest_of(&mut file).await, "bc");
    });
}

#[test]
fn what_was_read_ahead_is_not_read_after_it_was_written_over() {
    let dir = tempfile::tempdir().unwrap();
    executor().block_on(async {
        let mut file = slow(&dir.path().join("a"), "abcdef");
        assert_eq!(file.read_u8().await.unwrap(), b'a');
        file.write_all_at(b"XY", 2).await.unwrap();
        assert_eq!(rest_of(&mut file).await, "bXYef");
    });
}

/// Begins a read that takes a hop, and gives it up before it gets the only thread there is.
async fn give_up_a_read(file: &mut File) {
    let (free, busy) = std::sync::mpsc::channel::<()>();
    let keeps_busy = filch_executor::Handle::current().spawn_blocking(move || {
        let _ = busy.recv();
    });
    assert!(begin(unconstrained(file.read_u8())).await.is_pending());
    drop(free);
    keeps_busy.await.unwrap();
}

#[test]
fn what_a_read_that_was_given_up_brings_is_void_after_the_file_was_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = filch_executor::Builder::new_current_thread();
    builder.max_blocking_threads(1).build().unwrap().block_on(async {
        let mut file = slow(&dir.path().join("a"), "abcdef");
        give_up_a_read(&mut file).await;
        file.set_len(0).await.unwrap();
        assert_eq!(rest_of(&mut file).await, "");
        // The end that such a read has found is void, too.
        give_up_a_read(&mut file).await;
        file.set_len(1).await.unwrap();
        assert_eq!(rest_of(&mut file).await, "\0");
    });
}
