//! What may move to another thread, and what may be shared: futures are spawned, so they must be `Send`.

use filch_sync::futures::{Notified, OwnedNotified};
use filch_sync::{
    Barrier, CancellationToken, DropGuard, MappedMutexGuard, Mutex, MutexGuard, Notify, OnceCell,
    OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock,
    RwLockReadGuard, RwLockWriteGuard, Semaphore, SemaphorePermit, SetOnce,
    WaitForCancellationFuture, WaitForCancellationFutureOwned, broadcast, mpsc, oneshot, watch,
};
use std::cell::Cell;
use std::sync::Arc;

fn send<T: Send>(_: T) {}
fn is_send<T: Send>() {}
fn is_send_and_sync<T: Send + Sync>() {}
fn is_unpin<T: Unpin>() {}

/// `Send`, but not `Sync`: enough for what is handed over.
type Message = Cell<u32>;

#[test]
fn handles_go_everywhere() {
    is_send_and_sync::<oneshot::Sender<Message>>();
    is_send_and_sync::<oneshot::Receiver<Message>>();
    is_send_and_sync::<mpsc::Sender<Message>>();
    is_send_and_sync::<mpsc::WeakSender<Message>>();
    is_send_and_sync::<mpsc::Receiver<Message>>();
    is_send_and_sync::<mpsc::UnboundedSender<Message>>();
    is_send_and_sync::<mpsc::UnboundedReceiver<Message>>();
    is_send_and_sync::<mpsc::Permit<'_, Message>>();
    is_send_and_sync::<mpsc::OwnedPermit<Message>>();
    is_send_and_sync::<Mutex<Message>>();
    is_send_and_sync::<Semaphore>();
    is_send_and_sync::<SemaphorePermit<'_>>();
    is_send_and_sync::<OwnedSemaphorePermit>();
    is_send_and_sync::<broadcast::Sender<Message>>();
    is_send_and_sync::<broadcast::Receiver<Message>>();
    is_send_and_sync::<watch::Sender<u32>>();
    is_send_and_sync::<watch::Receiver<u32>>();
    is_send_and_sync::<RwLock<u32>>();
    is_send::<RwLock<Message>>();
    is_send_and_sync::<OnceCell<u32>>();
    is_send_and_sync::<SetOnce<u32>>();
    is_send_and_sync::<Barrier>();
    is_send_and_sync::<CancellationToken>();
    is_send_and_sync::<DropGuard>();
    is_send_and_sync::<WaitForCancellationFuture<'_>>();
    is_send_and_sync::<WaitForCancellationFutureOwned>();
    is_send_and_sync::<Notify>();
    is_send_and_sync::<Notified<'_>>();
    is_send_and_sync::<OwnedNotified>();
    is_unpin::<oneshot::Receiver<std::marker::PhantomPinned>>();
    is_unpin::<mpsc::Receiver<std::marker::PhantomPinned>>();
}

#[test]
fn guards_go_where_the_value_may() {
    is_send::<MutexGuard<'_, Message>>();
    is_send::<MappedMutexGuard<'_, Message>>();
    is_send::<OwnedMutexGuard<Message>>();
    is_send_and_sync::<MutexGuard<'_, u32>>();
    is_send_and_sync::<MappedMutexGuard<'_, u32>>();
    is_send_and_sync::<OwnedMutexGuard<u32>>();
    is_send_and_sync::<RwLockReadGuard<'_, u32>>();
    is_send_and_sync::<RwLockWriteGuard<'_, u32>>();
    is_send_and_sync::<OwnedRwLockReadGuard<u32>>();
    is_send_and_sync::<OwnedRwLockWriteGuard<u32>>();
}

#[test]
fn futures_may_be_spawned() {
    let (tx, mut rx) = mpsc::channel::<Message>(1);
    send(tx.send(Cell::new(1)));
    send(tx.reserve());
    send(tx.closed());
    send(rx.recv());
    send(tx.reserve_owned());
    let (mut tx, rx) = oneshot::channel::<Message>();
    send(tx.closed());
    send(rx);
    let mutex = Arc::new(Mutex::new(Cell::new(1)));
    send(mutex.lock());
    send(mutex.clone().lock_owned());
    let semaphore = Arc::new(Semaphore::new(1));
    send(semaphore.acquire());
    send(semaphore.clone().acquire_owned());
    let lock = Arc::new(RwLock::new(1));
    send(lock.read());
    send(lock.write());
    send(lock.clone().read_owned());
    send(lock.clone().write_owned());
    let (tx, mut rx) = broadcast::channel::<Message>(1);
    send(tx.closed());
    send(rx.recv());
    let (tx, mut rx) = watch::channel(1);
    send(tx.closed());
    send(rx.changed());
    send(OnceCell::new().get_or_init(std::future::pending::<u32>));
    send(SetOnce::<u32>::new().wait());
    send(Barrier::new(1).wait());
    send(CancellationToken::new().run_until_cancelled(std::future::pending::<u32>()));
}
