//! Model of `io-driver/src/registry.rs`.
#![cfg(filch_loom)]

use filch_io_driver::model::registry::{Ready, Registry};
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;

#[test]
fn insert_meets_shutdown() {
    explore(["refused", "told"], |seen| {
        let registry = Arc::new(Registry::new());
        let theirs = registry.clone();
        let other = thread::spawn(move || theirs.insert(Ready::EMPTY));
        registry.shutdown(|_nobody| {});
        seen.note(match other.join().unwrap() {
            Err(_) => "refused",
            Ok(key) => {
                let observed = registry.get(key).observe(Ready::ALL);
                assert!(observed.is_shutdown, "admitted, and never told");
                "told"
            }
        });
    });
}
