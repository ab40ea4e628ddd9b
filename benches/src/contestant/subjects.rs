//! What a runtime has beside tasks, one trait per subject.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

/// A channel for one message.
pub trait Oneshot: 'static {
    /// The sending half.
    type Sender<T: Send + 'static>: Send + 'static;
    /// The receiving half.
    type Receiver<T: Send + 'static>: Send + 'static;

    /// Both halves.
    fn channel<T: Send + 'static>() -> (Self::Sender<T>, Self::Receiver<T>);
    /// Sends; the receiver is there.
    fn send<T: Send + 'static>(sender: Self::Sender<T>, value: T);
    /// Receives; the sender sends.
    fn receive<T: Send + 'static>(receiver: Self::Receiver<T>) -> impl Future<Output = T> + Send;
}

/// A bounded channel with many senders and one receiver.
pub trait Channel: 'static {
    /// A sending half.
    type Sender<T: Send + 'static>: Clone + Send + Sync + 'static;
    /// The receiving half.
    type Receiver<T: Send + 'static>: Send + 'static;

    /// Both halves of a channel that holds `capacity` messages.
    fn bounded<T: Send + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>);
    /// Sends, when there is room; the receiver is there.
    fn send<T: Send + 'static>(
        sender: &Self::Sender<T>,
        value: T,
    ) -> impl Future<Output = ()> + Send;
    /// Receives; `None` after the last sender.
    fn receive<T: Send + 'static>(
        receiver: &mut Self::Receiver<T>,
    ) -> impl Future<Output = Option<T>> + Send;
}

/// A lock around a number that may be held across an `await`.
pub trait Mutex: Send + Sync + 'static {
    /// Unlocked, at zero.
    fn new() -> Self;
    /// Locks, adds one, awaits `during`, unlocks.
    fn increment(&self, during: impl Future<Output = ()> + Send)
    -> impl Future<Output = ()> + Send;
    /// The number.
    fn get(&self) -> impl Future<Output = u64> + Send;
}

/// A lock around a number, for many who read or one who writes, that may be held across an `await`.
pub trait RwLock: Send + Sync + 'static {
    /// Unlocked, at zero.
    fn new() -> Self;
    /// Locks for reading, awaits `during`, unlocks; the number.
    fn read(&self, during: impl Future<Output = ()> + Send) -> impl Future<Output = u64> + Send;
    /// Locks for writing, adds one, awaits `during`, unlocks.
    fn increment(&self, during: impl Future<Output = ()> + Send)
    -> impl Future<Output = ()> + Send;
}

/// A semaphore.
pub trait Semaphore: Send + Sync + 'static {
    /// With so many permits.
    fn new(permits: usize) -> Self;
    /// Takes a permit, awaits `during`, gives it back.
    fn with_permit(
        &self,
        during: impl Future<Output = ()> + Send,
    ) -> impl Future<Output = ()> + Send;
}

/// A notification that is kept for the next who asks, once.
pub trait Notify: Send + Sync + 'static {
    /// Nobody was notified.
    fn new() -> Self;
    /// Notifies the one who waits, or the next who will.
    fn notify_one(&self);
    /// Waits for that.
    fn notified(&self) -> impl Future<Output = ()> + Send;
}

/// A TCP socket.
pub trait Stream: Sized + Send + 'static {
    /// A listening socket.
    type Listener: Send + Sync + 'static;

    /// Listens on a free port of the loopback interface.
    fn listen() -> impl Future<Output = io::Result<(Self::Listener, SocketAddr)>> + Send;
    /// Accepts one connection.
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self>> + Send;
    /// Connects.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self>> + Send;
    /// Reads until the buffer is full.
    fn read_exact(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<()>> + Send;
    /// Writes all of it.
    fn write_all(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<()>> + Send;
}

/// A UDP socket.
pub trait Datagram: Sized + Send + Sync + 'static {
    /// On a free port of the loopback interface.
    fn bind() -> impl Future<Output = io::Result<(Self, SocketAddr)>> + Send;
    /// Sends all of it in one datagram.
    fn send_to(
        &self,
        bytes: &[u8],
        to: SocketAddr,
    ) -> impl Future<Output = io::Result<usize>> + Send;
    /// Receives one datagram: its length, and from where.
    fn receive_from(
        &self,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Send;
}

/// A file that is read from its beginning.
pub trait File: Sized + Send + 'static {
    /// Opens it.
    fn open(path: &Path) -> impl Future<Output = io::Result<Self>> + Send;
    /// Reads some; 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Send;
    /// The contents of a whole file, without opening it first.
    fn read_whole(path: &Path) -> impl Future<Output = io::Result<Vec<u8>>> + Send;
}

/// A channel in which every receiver gets every message.
pub trait Broadcast: 'static {
    /// The sending half.
    type Sender: Send + Sync + 'static;
    /// A receiving half.
    type Receiver: Send + 'static;

    /// A sender, and so many receivers of a channel that holds `capacity` messages.
    fn channel(capacity: usize, receivers: usize) -> (Self::Sender, Vec<Self::Receiver>);
    /// Sends; the receivers are there, and none is `capacity` messages behind.
    fn send(sender: &Self::Sender, value: u64);
    /// Receives the next; `None` after the sender.
    fn receive(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send;
}

/// A channel that has only the latest value.
pub trait Watch: 'static {
    /// The sending half.
    type Sender: Send + Sync + 'static;
    /// A receiving half.
    type Receiver: Clone + Send + 'static;

    /// Both halves, at zero.
    fn channel() -> (Self::Sender, Self::Receiver);
    /// Sends; the receivers are there.
    fn send(sender: &Self::Sender, value: u64);
    /// Waits for a value that this receiver has not seen, and sees it.
    fn changed(receiver: &mut Self::Receiver) -> impl Future<Output = u64> + Send;
}

/// A timer whose deadline can be moved.
pub trait Resettable: Send + 'static {
    /// Armed for `after` from now, by its first poll.
    fn armed(after: std::time::Duration) -> impl Future<Output = Self> + Send;
    /// Moves the deadline to `after` from now.
    fn reset(&mut self, after: std::time::Duration);
}
