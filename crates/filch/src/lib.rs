//! A multi-threaded work-stealing async runtime: faster, never held up by one task, proven right, and pleasant.
