//! Channels, locks and notifications for async code; they know nothing but Waker and run on any executor.
