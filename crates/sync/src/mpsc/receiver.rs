//! What both receivers have: one text for the two of them.

macro_rules! receiver {
    ($receiver:ident, $admission:ty, $channel:literal) => {
        impl<T> $receiver<T> {
            /// Waits for the next message. `None` once all have been received and none will come: every
            /// sender is gone, or the receiver was [closed](Self::close).
            ///
            /// # Cancel safety
            /// Safe: dropped before it is ready, it has taken no message.
            ///
            /// ```
            /// # futures_lite::future::block_on(async {
            #[doc = concat!("let (tx, mut rx) = filch_sync::mpsc::", $channel, ";")]
            /// tx.send(1);
            /// # drop(tx);
            /// # let (tx, mut rx) = filch_sync::mpsc::unbounded_channel();
            /// # tx.send(1).unwrap();
            /// # drop(tx);
            /// assert_eq!(rx.recv().await, Some(1));
            /// assert_eq!(rx.recv().await, None);
            /// # });
            /// ```
            pub async fn recv(&mut self) -> Option<T> {
                poll_fn(|cx| self.poll_recv(cx)).await
            }
        }
    };
}

pub(super) use receiver;
