//! What the two senders and the two weak senders have in common, with an example for each.

macro_rules! sender {
    ($sender:ident, $weak:ident, $make:literal, $send:literal) => {
        impl<T> $sender<T> {
            /// Waits until the receiver is closed or dropped: until what is sent interests nobody any more.
            ///
            /// # Cancel safety
            /// Safe: it changes nothing.
            ///
            /// ```
            #[doc = concat!("let (tx, rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// drop(rx);
            /// futures_lite::future::block_on(tx.closed());
            /// ```
            pub async fn closed(&self) {
                self.channel.closed().await;
            }

            /// Whether the receiver was closed or dropped.
            ///
            /// ```
            #[doc = concat!("let (tx, rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// drop(rx);
            /// assert!(tx.is_closed());
            /// ```
            pub fn is_closed(&self) -> bool {
                self.channel.is_closed()
            }

            /// Whether `other` sends to the same receiver.
            ///
            /// ```
            #[doc = concat!("let (tx, _rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// assert!(tx.same_channel(&tx.clone()));
            /// ```
            pub fn same_channel(&self, other: &Self) -> bool {
                self.channel.same_channel(&other.channel)
            }

            /// A sender that does not keep the channel open.
            ///
            /// ```
            #[doc = concat!("let (tx, _rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// let weak = tx.downgrade();
            /// assert!(weak.upgrade().is_some());
            /// drop(tx);
            /// assert!(weak.upgrade().is_none());
            /// ```
            pub fn downgrade(&self) -> $weak<T> {
                $weak { channel: self.channel.downgrade() }
            }

            /// How many senders there are.
            ///
            /// ```
            #[doc = concat!("let (tx, _rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// assert_eq!(tx.strong_count(), 1);
            /// ```
            pub fn strong_count(&self) -> usize {
                self.channel.strong_count()
            }

            /// How many weak senders there are.
            ///
            /// ```
            #[doc = concat!("let (tx, _rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// let weak = tx.downgrade();
            /// assert_eq!(tx.weak_count(), 1);
            /// # drop(weak);
            /// ```
            pub fn weak_count(&self) -> usize {
                self.channel.weak_count()
            }
        }

        impl<T> Clone for $sender<T> {
            fn clone(&self) -> Self {
                Self { channel: self.channel.clone() }
            }
        }

        impl<T> std::fmt::Debug for $sender<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($sender))
                    .field("is_closed", &self.is_closed())
                    .finish_non_exhaustive()
            }
        }

        impl<T> $weak<T> {
            /// A sender, if there is still one: a channel that has ended stays so.
            ///
            /// ```
            #[doc = concat!("let (tx, _rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// let weak = tx.downgrade();
            #[doc = concat!("weak.upgrade().unwrap().", $send, "(1).unwrap();")]
            /// drop(tx);
            /// assert!(weak.upgrade().is_none());
            /// ```
            pub fn upgrade(&self) -> Option<$sender<T>> {
                self.channel.upgrade().map(|channel| $sender { channel })
            }

            /// How many senders there are.
            ///
            /// ```
            #[doc = concat!("let (tx, _rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// assert_eq!(tx.downgrade().strong_count(), 1);
            /// ```
            pub fn strong_count(&self) -> usize {
                self.channel.strong_count()
            }

            /// How many weak senders there are.
            ///
            /// ```
            #[doc = concat!("let (tx, _rx) = ", $make, ";")]
            #[doc = concat!("# tx.", $send, "(1).unwrap();")]
            /// let weak = tx.downgrade();
            /// assert_eq!(weak.weak_count(), 1);
            /// # drop(weak);
            /// ```
            pub fn weak_count(&self) -> usize {
                self.channel.weak_count()
            }
        }

        impl<T> Clone for $weak<T> {
            fn clone(&self) -> Self {
                Self { channel: self.channel.clone() }
            }
        }

        impl<T> std::fmt::Debug for $weak<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($weak)).finish_non_exhaustive()
            }
        }
    };
}

pub(super) use sender;
