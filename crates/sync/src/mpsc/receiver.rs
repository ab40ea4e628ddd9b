//! What the two receivers have in common, with an example for each.

macro_rules! receiver {
    ($receiver:ident, $make:literal, $send:literal) => {
        impl<T> $receiver<T> {
            /// Waits for the next message. `None` once all have been received and none will come: every sender is
            /// gone, or the receiver was [closed](Self::close).
            ///
            /// # Cancel safety
            /// Safe: dropped before it is ready, it has taken no message.
            ///
            /// ```
            /// # futures_lite::future::block_on(async {
            #[doc = concat!("let (tx, mut rx) = ", $make, ";")]
            #[doc = concat!("tx.", $send, "(1).unwrap();")]
            /// drop(tx);
            /// assert_eq!(rx.recv().await, Some(1));
            /// assert_eq!(rx.recv().await, None);
            /// # });
            /// ```
            pub async fn recv(&mut self) -> Option<T> {
                poll_fn(|cx| self.poll_recv(cx)).await
            }

            /// Waits for a message, then appends all that are there to `buffer`, at most `limit`; how many it were.
            /// 0 if none will come, or if `limit` is 0.
            ///
            /// # Cancel safety
            /// Safe: dropped before it is ready, it has taken no message.
            ///
            /// ```
            /// # futures_lite::future::block_on(async {
            #[doc = concat!("let (tx, mut rx) = ", $make, ";")]
            /// for message in 0..3 {
            #[doc = concat!("    tx.", $send, "(message).unwrap();")]
            /// }
            /// let mut buffer = Vec::new();
            /// assert_eq!(rx.recv_many(&mut buffer, 2).await, 2);
            /// assert_eq!(rx.recv_many(&mut buffer, 2).await, 1);
            /// assert_eq!(buffer, [0, 1, 2]);
            /// # });
            /// ```
            pub async fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                poll_fn(|cx| self.poll_recv_many(cx, buffer, limit)).await
            }

            /// [`recv`](Self::recv), as a poll function. Only the waker of the last call is woken.
            ///
            /// ```
            /// use std::task::{Context, Poll, Waker};
            ///
            #[doc = concat!("let (tx, mut rx) = ", $make, ";")]
            /// let mut cx = Context::from_waker(Waker::noop());
            /// assert_eq!(rx.poll_recv(&mut cx), Poll::Pending);
            #[doc = concat!("tx.", $send, "(1).unwrap();")]
            /// assert_eq!(rx.poll_recv(&mut cx), Poll::Ready(Some(1)));
            /// ```
            pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
                Budget::poll(cx, |cx| self.channel.poll_recv(cx))
            }

            /// [`recv_many`](Self::recv_many), as a poll function.
            ///
            /// ```
            /// use std::task::{Context, Poll, Waker};
            ///
            #[doc = concat!("let (tx, mut rx) = ", $make, ";")]
            /// let mut cx = Context::from_waker(Waker::noop());
            /// let mut buffer = Vec::new();
            #[doc = concat!("tx.", $send, "(1).unwrap();")]
            /// assert_eq!(rx.poll_recv_many(&mut cx, &mut buffer, 9), Poll::Ready(1));
            /// ```
            pub fn poll_recv_many(
                &mut self,
                cx: &mut Context<'_>,
                buffer: &mut Vec<T>,
                limit: usize,
            ) -> Poll<usize> {
                Budget::poll(cx, |cx| self.channel.poll_recv_many(cx, buffer, limit))
            }

            /// Takes the next message if there is one.
            ///
            /// # Errors
            /// [`TryRecvError::Empty`] if one may come later, [`TryRecvError::Disconnected`] if not.
            ///
            /// ```
            #[doc = concat!("let (tx, mut rx) = ", $make, ";")]
            #[doc = concat!("tx.", $send, "(1).unwrap();")]
            /// assert_eq!(rx.try_recv(), Ok(1));
            /// assert!(rx.try_recv().is_err());
            /// ```
            pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
                self.channel.try_recv()
            }

            /// [`recv`](Self::recv) with the thread asleep. For threads that run no tasks: on a worker thread it stops
            /// the worker.
            ///
            /// # Panics
            /// On a thread that runs tasks, or is in a `block_on`.
            ///
            /// ```
            #[doc = concat!("let (tx, mut rx) = ", $make, ";")]
            #[doc = concat!("std::thread::spawn(move || tx.", $send, "(1));")]
            /// assert_eq!(rx.blocking_recv(), Some(1));
            /// assert_eq!(rx.blocking_recv(), None);
            /// ```
            #[track_caller]
            pub fn blocking_recv(&mut self) -> Option<T> {
                block_on("Receiver::blocking_recv", self.recv())
            }

            /// [`recv_many`](Self::recv_many) with the thread asleep.
            ///
            /// # Panics
            /// On a thread that runs tasks, or is in a `block_on`.
            ///
            /// ```
            #[doc = concat!("let (tx, mut rx) = ", $make, ";")]
            #[doc = concat!("tx.", $send, "(1).unwrap();")]
            /// let mut buffer = Vec::new();
            /// assert_eq!(rx.blocking_recv_many(&mut buffer, 9), 1);
            /// ```
            #[track_caller]
            pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                block_on("Receiver::blocking_recv_many", self.recv_many(buffer, limit))
            }

            /// Lets nobody send any more; what was sent before can still be received. `recv` returns `None` when that
            /// is done: to lose nothing, call it until then.
            ///
            /// ```
            #[doc = concat!("let (tx, mut rx) = ", $make, ";")]
            #[doc = concat!("tx.", $send, "(1).unwrap();")]
            /// rx.close();
            #[doc = concat!("assert!(tx.", $send, "(2).is_err());")]
            /// assert_eq!(rx.blocking_recv(), Some(1));
            /// assert_eq!(rx.blocking_recv(), None);
            /// ```
            pub fn close(&mut self) {
                self.channel.close();
            }

            /// Whether nobody can send any more: the receiver was closed, or every sender is gone.
            ///
            /// ```
            #[doc = concat!("let (tx, rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// assert!(!rx.is_closed());
            /// drop(tx);
            /// assert!(rx.is_closed());
            /// ```
            pub fn is_closed(&self) -> bool {
                self.channel.is_closed()
            }

            /// Whether there is no message now.
            ///
            /// ```
            #[doc = concat!("let (tx, rx) = ", $make, ";")]
            /// assert!(rx.is_empty());
            #[doc = concat!("tx.", $send, "(1).unwrap();")]
            /// assert!(!rx.is_empty());
            /// ```
            pub fn is_empty(&self) -> bool {
                self.channel.len() == 0
            }

            /// How many messages there are now.
            ///
            /// ```
            #[doc = concat!("let (tx, rx) = ", $make, ";")]
            #[doc = concat!("tx.", $send, "(1).unwrap();")]
            /// assert_eq!(rx.len(), 1);
            /// ```
            pub fn len(&self) -> usize {
                self.channel.len()
            }

            /// How many senders there are.
            ///
            /// ```
            #[doc = concat!("let (tx, rx) = ", $make, ";")]
            /// let other = tx.clone();
            /// assert_eq!(rx.sender_strong_count(), 2);
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// # drop(other);
            /// ```
            pub fn sender_strong_count(&self) -> usize {
                self.channel.channel().strong_count()
            }

            /// How many weak senders there are.
            ///
            /// ```
            #[doc = concat!("let (tx, rx) = ", $make, ";")]
            /// let weak = tx.downgrade();
            /// assert_eq!(rx.sender_weak_count(), 1);
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// # drop(weak);
            /// ```
            pub fn sender_weak_count(&self) -> usize {
                self.channel.channel().weak_count()
            }
        }

        impl<T> std::fmt::Debug for $receiver<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($receiver))
                    .field("len", &self.len())
                    .field("is_closed", &self.is_closed())
                    .finish()
            }
        }
    };
}

pub(super) use receiver;
