//! # Filch: a multi-threaded work-stealing async runtime
//!
//! Workers, one per core, steal tasks from each other; no task holds up the others. The names and their
//! meaning are tokio's, so that a program moves by replacing `tokio::` with `filch::`.
//!
//! ```
//! use filch::net::{TcpListener, TcpStream};
//! use filch::io::{AsyncReadExt, AsyncWriteExt};
//!
//! #[filch::main]
//! async fn main() -> std::io::Result<()> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let address = listener.local_addr()?;
//!
//!     let server = filch::spawn(async move {
//!         let (mut stream, _peer) = listener.accept().await?;
//!         stream.write_all(b"hello").await
//!     });
//!
//!     let mut greeting = String::new();
//!     TcpStream::connect(address).await?.read_to_string(&mut greeting).await?;
//!     assert_eq!(greeting, "hello");
//!     server.await?
//! }
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`runtime`] | [`Runtime`](runtime::Runtime) with N workers, [`EventLoop`](runtime::EventLoop) with one thread, their builder and handles |
//! | [`task`] | spawning, joining, aborting, giving way; scopes, whose tasks end with them; task-locals; blocking calls; tasks that are not `Send` |
//! | [`time`] | sleeps, time-outs, intervals |
//! | [`net`] | TCP, UDP, Unix sockets and pipes, name look-ups |
//! | [`io`] | reading and writing: the traits, their extensions, buffers; the standard streams; `AsyncFd` |
//! | [`fs`] | files and directories |
//! | [`process`], [`signal`] | child processes, and the operating system's signals (on Unix) |
//! | [`sync`] | channels, locks, notifications |
//! | [`record`] | what each thread did, and when |
//! | `hyper` | what the crate hyper asks of a runtime; under the feature `hyper` |
//! | [`promise`] | JavaScript's promises, with callbacks |
//! | here | [`spawn`]; [`gather`], [`race`] and their like; `select!`, `join!`, `try_join!` |
//!
//! Nothing is global: several runtimes in one process are normal. A function that needs a runtime takes
//! the one that is entered on the thread, and panics with words that say what to do where none is.

#![forbid(unsafe_code)]
#![doc(test(attr(deny(warnings))))]

mod combinators;
#[cfg(feature = "hyper")]
pub mod hyper;
pub mod promise;
mod ready_set;
pub mod runtime;
pub mod task;
pub mod time;

/// Reading and writing without blocking: the traits, their extension methods, buffers, and pipes.
///
/// ```
/// use filch::io::{AsyncReadExt, AsyncWriteExt};
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let (mut here, mut there) = filch::io::duplex(64);
/// here.write_all(b"hello").await?;
/// let mut buf = [0; 5];
/// there.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"hello");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub mod io {
    #[cfg(feature = "io-std")]
    pub use filch_fs::stdio::*;
    pub use filch_io::*;
    #[cfg(unix)]
    pub use filch_io_driver::unix;
    pub use filch_io_driver::{Interest, Ready};
}

/// Sockets and pipes: TCP, UDP, Unix; and names to addresses.
///
/// ```
/// use filch::net::{TcpListener, TcpStream};
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// let (_server, address) = listener.accept().await?;
/// assert_eq!(client.local_addr()?, address);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub mod net {
    pub use filch_io_driver::net::*;
}

/// Files and directories, in the shape of [`std::fs`].
///
/// Operations that may block are done by the runtime's threads for blocking calls, in as few hops as can
/// be; on Linux a [`File`](fs::File) whose bytes are in memory is read without any.
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let manifest = filch::fs::read_to_string("Cargo.toml").await?;
/// assert!(manifest.contains("filch"));
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[cfg(feature = "fs")]
pub mod fs {
    #[cfg(unix)]
    pub use filch_fs::symlink;
    pub use filch_fs::{
        DirBuilder, DirEntry, File, OpenOptions, ReadDir, canonicalize, copy, create_dir,
        create_dir_all, hard_link, metadata, read, read_dir, read_link, read_to_string, remove_dir,
        remove_dir_all, remove_file, rename, set_permissions, symlink_metadata, try_exists, write,
    };
    #[cfg(windows)]
    pub use filch_fs::{symlink_dir, symlink_file};
}

/// Child processes, in the shape of [`std::process`].
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let output = filch::process::Command::new("echo").arg("hello").output().await?;
/// assert_eq!(output.stdout, b"hello\n");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[cfg(all(unix, feature = "process"))]
pub mod process {
    pub use filch_process::*;
}

/// The operating system's signals.
///
/// ```no_run
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// filch::signal::ctrl_c().await?;
/// println!("good-bye");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[cfg(all(unix, feature = "signal"))]
pub mod signal {
    pub use filch_signal::*;
}

/// What each thread of a runtime did, and when: polls, spawns, wakes, thefts, sleeps, blocking calls.
///
/// [`Builder::record`](runtime::Builder::record) prepares it, a [`Recorder`](record::Recorder) starts and stops it, and a
/// [`Recording`](record::Recording) tells, for each thread, its events in the order of time. What is exact, what is
/// interpolated, what is left out and what it costs: [`filch_executor::record`].
///
/// ```
/// use filch::record::EventKind;
/// use filch::runtime::Builder;
/// use filch::time::{Duration, sleep};
///
/// let runtime = Builder::new_multi_thread().worker_threads(2).record(10_000).build()?;
/// let recorder = runtime.recorder().unwrap();
/// recorder.start();
/// runtime.block_on(runtime.spawn(async { sleep(Duration::from_millis(1)).await }))?;
/// let recording = recorder.stop();
///
/// let events = recording.lanes().iter().flat_map(|lane| &lane.events);
/// let polls = events.filter(|event| matches!(event.kind, EventKind::PollStart { .. }));
/// assert_eq!(polls.count(), 2); // before the sleep and after it
/// # std::io::Result::Ok(())
/// ```
pub mod record {
    pub use filch_executor::record::{
        Event, EventKind, Lane, LaneKind, PollOutcome, Recorder, Recording,
    };
}

/// Channels, locks and notifications. They know nothing but `Waker`, and work on any runtime.
///
/// ```
/// use filch::sync::mpsc;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let (words, mut inbox) = mpsc::channel(8);
/// filch::spawn(async move { words.send("hello").await });
/// assert_eq!(inbox.recv().await, Some("hello"));
/// # });
/// # std::io::Result::Ok(())
/// ```
#[cfg(feature = "sync")]
pub mod sync {
    pub use filch_sync::*;
}

#[cfg(feature = "macros")]
mod macros;

#[cfg(feature = "macros")]
#[doc(hidden)]
pub use macros::support;

#[cfg(feature = "macros")]
pub use filch_macros::{main, test};

pub use combinators::{
    AllSettled, Any, AsCompleted, Gather, Race, all_settled, any, as_completed, gather, race,
    shield, wait_for,
};
pub use task::spawn;
