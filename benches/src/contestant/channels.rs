//! Channels that run on any runtime, as guests of the contestants; and how a workload says which it takes.

use super::Contestant;
use super::subjects::Channel;

pub use super::smol::AsyncChannel;

/// The channel that a workload uses.
pub trait Pick: 'static {
    /// It, on runtime `C`.
    type Channel<C: Contestant>: Channel;
}

/// The runtime's own.
#[derive(Debug)]
pub struct Own;

impl Pick for Own {
    type Channel<C: Contestant> = C::Channel;
}

/// One for all runtimes.
#[derive(Debug)]
pub struct Guest<Ch>(Ch);

impl<Ch: Channel> Pick for Guest<Ch> {
    type Channel<C: Contestant> = Ch;
}

/// flume's.
#[derive(Debug)]
pub struct Flume;

impl Channel for Flume {
    type Sender<T: Send + 'static> = flume::Sender<T>;
    type Receiver<T: Send + 'static> = flume::Receiver<T>;

    fn bounded<T: Send + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        flume::bounded(capacity)
    }

    async fn send<T: Send + 'static>(sender: &Self::Sender<T>, value: T) {
        assert!(sender.send_async(value).await.is_ok(), "the receiver is there");
    }

    async fn receive<T: Send + 'static>(receiver: &mut Self::Receiver<T>) -> Option<T> {
        receiver.recv_async().await.ok()
    }
}

/// kanal's.
#[derive(Debug)]
pub struct Kanal;

impl Channel for Kanal {
    type Sender<T: Send + 'static> = kanal::AsyncSender<T>;
    type Receiver<T: Send + 'static> = kanal::AsyncReceiver<T>;

    fn bounded<T: Send + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        kanal::bounded_async(capacity)
    }

    async fn send<T: Send + 'static>(sender: &Self::Sender<T>, value: T) {
        assert!(sender.send(value).await.is_ok(), "the receiver is there");
    }

    async fn receive<T: Send + 'static>(receiver: &mut Self::Receiver<T>) -> Option<T> {
        receiver.recv().await.ok()
    }
}

/// tachyonix's.
#[derive(Debug)]
pub struct Tachyonix;

impl Channel for Tachyonix {
    type Sender<T: Send + 'static> = tachyonix::Sender<T>;
    type Receiver<T: Send + 'static> = tachyonix::Receiver<T>;

    fn bounded<T: Send + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        tachyonix::channel(capacity)
    }

    async fn send<T: Send + 'static>(sender: &Self::Sender<T>, value: T) {
        assert!(sender.send(value).await.is_ok(), "the receiver is there");
    }

    async fn receive<T: Send + 'static>(receiver: &mut Self::Receiver<T>) -> Option<T> {
        receiver.recv().await.ok()
    }
}
