//! Task-locals.

use filch::runtime::Builder;
use filch::task::yield_now;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};

filch::task_local! {
    static NUMBER: u32;
    static LOG: RefCell<Vec<u32>>;
}

#[test]
fn each_task_has_its_own_value_on_whatever_thread() {
    let runtime = Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                filch::spawn(NUMBER.scope(n, async move {
                    for _ in 0..20 {
                        assert_eq!(NUMBER.get(), n);
                        yield_now().await;
                    }
                    assert!(filch::spawn(async { NUMBER.try_get().is_err() }).await.unwrap());
                }))
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn scopes_nest_and_come_back() {
    NUMBER.sync_scope(1, || {
        NUMBER.sync_scope(2, || assert_eq!(NUMBER.get(), 2));
        assert_eq!(NUMBER.get(), 1);
        let caught = catch_unwind(|| NUMBER.sync_scope(3, || panic!("no milk")));
        assert!(caught.is_err());
        assert_eq!(NUMBER.get(), 1);
    });
    assert!(NUMBER.try_with(|_| ()).is_err());
}

#[test]
fn a_poll_that_panics_puts_the_outer_value_back() {
    let mut cx = Context::from_waker(Waker::noop());
    NUMBER.sync_scope(1, || {
        let mut inner = pin!(NUMBER.scope(2, async { panic!("no milk") }));
        let polled = catch_unwind(AssertUnwindSafe(|| inner.as_mut().poll(&mut cx)));
        assert!(polled.is_err());
        assert_eq!(NUMBER.get(), 1);
    });
}

#[test]
fn a_future_is_dropped_with_its_value_there() {
    struct Note<'a>(&'a Cell<Option<u32>>);
    impl Drop for Note<'_> {
        fn drop(&mut self) {
            self.0.set(NUMBER.try_get().ok());
        }
    }
    let seen = Cell::new(None);
    let note = Note(&seen);
    drop(NUMBER.scope(7, async move {
        let _note = note;
    }));
    assert_eq!(seen.get(), Some(7));
}

#[test]
fn the_value_is_given_back() {
    let mut cx = Context::from_waker(Waker::noop());
    let mut future = pin!(LOG.scope(RefCell::default(), async {
        LOG.with(|log| log.borrow_mut().push(1));
        yield_now().await;
        LOG.with(|log| log.borrow_mut().push(2));
    }));
    while future.as_mut().poll(&mut cx).is_pending() {}
    assert_eq!(future.as_mut().take_value().unwrap().into_inner(), [1, 2]);
    assert!(future.take_value().is_none());
}

#[test]
#[should_panic(expected = "inside `LocalKey::scope`")]
fn access_outside_a_scope_says_what_to_do() {
    NUMBER.get();
}

#[test]
#[should_panic(expected = "borrowed by `with`")]
fn setting_a_borrowed_value_says_so() {
    NUMBER.sync_scope(1, || NUMBER.with(|_| NUMBER.sync_scope(2, || ())));
}

#[test]
fn inherited_values_go_where_they_cannot_be_set() {
    let inherit = NUMBER.sync_scope(1, || filch::task::Inherit::nothing().local(&NUMBER));
    NUMBER.sync_scope(2, || {
        NUMBER.with(|_| {
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                let _inherited = inherit.scope(std::future::pending::<()>());
                std::panic::resume_unwind(Box::new("on its way"));
            }));
            assert_eq!(unwound.unwrap_err().downcast_ref(), Some(&"on its way"));
            drop(inherit.scope(std::future::pending::<()>()));
        });
    });
}
