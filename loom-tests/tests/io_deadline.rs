//! Models of `io-driver/src/deadline.rs`.
#![cfg(filch_loom)]

use filch_io_driver::model::deadline::{Deadline, NONE};
use filch_primitives::atomic::{AtomicU64, Ordering};
use filch_primitives::sync::{Arc, Mutex};
use filch_primitives::thread;

/// The alarm of the operating system: what it is programmed for.
type Alarm = Mutex<u64>;

/// I2: a deadline is published while an earlier one fires; it is armed in the end. Both sides use
/// nothing but one relaxed word for it.
#[test]
fn fire_meets_arm() {
    loom::model(|| {
        let deadline = Arc::new(Deadline::new());
        let alarm = Arc::new(Alarm::new(NONE));
        let published = Arc::new(AtomicU64::new(NONE));
        deadline.arm(1, || *alarm.lock() = 1);
        let setter = {
            let (deadline, alarm, published) =
                (Arc::clone(&deadline), Arc::clone(&alarm), Arc::clone(&published));
            thread::spawn(move || {
                // Ordering: Relaxed; the fences of the protocol are what is checked.
                published.store(5, Ordering::Relaxed);
                deadline.arm(5, || *alarm.lock() = 5);
            })
        };
        // It is 1: the alarm went off.
        *alarm.lock() = NONE;
        deadline.fired(1);
        // Ordering: Relaxed; as above.
        let next = published.load(Ordering::Relaxed);
        if next != NONE {
            deadline.arm(next, || *alarm.lock() = next);
        }
        setter.join().unwrap();
        assert_eq!(*alarm.lock(), 5);
    });
}

/// I1: of two deadlines armed at once, the earlier one stands.
#[test]
fn earlier_deadline_wins() {
    loom::model(|| {
        let deadline = Arc::new(Deadline::new());
        let alarm = Arc::new(Alarm::new(NONE));
        let other = {
            let (deadline, alarm) = (Arc::clone(&deadline), Arc::clone(&alarm));
            thread::spawn(move || deadline.arm(3, || *alarm.lock() = 3))
        };
        deadline.arm(5, || *alarm.lock() = 5);
        other.join().unwrap();
        assert_eq!(*alarm.lock(), 3);
    });
}

/// I1: news of an earlier alarm that is handled late does not disarm a deadline that has not passed.
#[test]
fn late_news_disarms_nothing() {
    loom::model(|| {
        let deadline = Arc::new(Deadline::new());
        let alarm = Arc::new(Alarm::new(NONE));
        deadline.arm(1, || *alarm.lock() = 1);
        let late = {
            let deadline = Arc::clone(&deadline);
            thread::spawn(move || deadline.fired(1))
        };
        deadline.fired(1);
        deadline.arm(5, || *alarm.lock() = 5);
        late.join().unwrap();
        deadline.arm(9, || *alarm.lock() = 9);
        assert_eq!(*alarm.lock(), 5);
    });
}
