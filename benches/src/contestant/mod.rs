//! The runtimes, behind one small trait: each does the work in its own way.
//!
//! What a runtime has beside tasks (sockets, channels, locks) is behind a trait per subject, in
//! [`subjects`]. A runtime that leaves a subject to other crates takes the one that its users usually do.

pub mod channels;
mod monoio;
mod rayon;
mod smol;
pub mod subjects;
mod tokio_shaped;

pub use self::monoio::Monoio;
pub use self::rayon::Rayon;
pub use self::smol::Smol;
pub use self::tokio_shaped::{Filch, FilchChannels, FilchLoop, Tokio, TokioChannels, TokioCurrent};

use std::time::Duration;
use subjects::{Channel, Datagram, File, Mutex, Notify, Oneshot, RwLock, Semaphore, Stream};

/// A runtime that takes part.
///
/// What has no `self` is called inside of [`block_on`](Self::block_on) or of a task.
pub trait Contestant: Sized + 'static {
    /// Its name.
    const NAME: &'static str;
    /// Awaits a task's output.
    type Join<T: Send + 'static>: Future<Output = T> + Send;
    /// Spawns from any thread.
    type Spawner: Clone + Send + 'static;
    /// Its channel for one message.
    type Oneshot: Oneshot;
    /// Its bounded channel with many senders and one receiver.
    type Channel: Channel;
    /// Its lock around a number.
    type Mutex: Mutex;
    /// Its lock around a number for many who read.
    type RwLock: RwLock;
    /// Its semaphore.
    type Semaphore: Semaphore;
    /// Its notification.
    type Notify: Notify;
    /// Its TCP socket.
    type Stream: Stream;
    /// Its UDP socket.
    type Datagram: Datagram;
    /// Its file.
    type File: File;

    /// A runtime with `workers` workers; one that has a single thread by nature has one.
    fn new(workers: usize) -> Self;
    /// How many it has.
    fn workers(&self) -> usize;
    /// Waits for a future on the calling thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
    /// What spawns from other threads.
    fn spawner(&self) -> Self::Spawner;
    /// Spawns from any thread.
    fn spawn_from<F>(spawner: &Self::Spawner, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
    /// Spawns from inside the runtime.
    fn spawn<F>(future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
    /// Lets the task go.
    fn detach<T: Send + 'static>(join: Self::Join<T>);
    /// Gives way to other tasks.
    fn yield_now() -> impl Future<Output = ()> + Send;
    /// Calls `work`, which may block, on a thread for that.
    fn spawn_blocking<F, T>(work: F) -> impl Future<Output = T> + Send
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static;
    /// A timer, made at the call.
    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send;
    /// Awaits `future` for at most `limit`: `None` if that was too short.
    fn timeout<F: Future + Send>(
        limit: Duration,
        future: F,
    ) -> impl Future<Output = Option<F::Output>> + Send;
}
