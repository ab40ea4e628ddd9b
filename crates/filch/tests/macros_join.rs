//! `join!`, `try_join!` and `pin!`: order, results, what is dropped when.

#[path = "macros/block_on.rs"]
mod executor;

use executor::{block_on, give_way};
use filch::{join, pin, try_join};
use std::cell::{Cell, RefCell};
use std::future::{Future, IntoFuture, pending, ready};
use std::pin::Pin;

#[test]
fn results_are_a_tuple_in_the_order_of_the_futures() {
    block_on(async {
        let slow = async {
            give_way().await;
            give_way().await;
            "slow"
        };
        let (a, b, c) = join!(slow, ready(2), async { vec![3] });
        assert_eq!((a, b, c), ("slow", 2, vec![3]));
    });
}

#[test]
fn one_future_gives_a_tuple_of_one_and_none_gives_nothing() {
    block_on(async {
        assert_eq!(join!(ready(1)), (1,));
        assert_eq!(join!(ready(1),), (1,));
        let () = join!();
        assert_eq!(try_join!(ready(Ok::<_, ()>(1))), Ok((1,)));
    });
}

#[test]
fn every_poll_begins_with_another_future_unless_biased() {
    let order = RefCell::new(String::new());
    let thrice = async |name| {
        for _ in 0..3 {
            order.borrow_mut().push(name);
            give_way().await;
        }
    };
    let try_thrice = async |name| -> Result<(), ()> {
        thrice(name).await;
        Ok(())
    };
    block_on(async {
        join!(thrice('a'), thrice('b'), thrice('c'));
        assert_eq!(order.take(), "abcbcacab");
        join!(biased; thrice('a'), thrice('b'), thrice('c'));
        assert_eq!(order.take(), "abcabcabc");
        assert!(try_join!(try_thrice('a'), try_thrice('b')).is_ok());
        assert_eq!(order.take(), "abbaab");
        assert!(try_join!(biased; try_thrice('a'), try_thrice('b')).is_ok());
        assert_eq!(order.take(), "ababab");
    });
}

#[test]
fn futures_run_concurrently_and_may_borrow() {
    block_on(async {
        let turn = Cell::new(0);
        let wait_for = async |n: u32| {
            while turn.get() != n {
                give_way().await;
            }
            turn.set(n + 1);
        };
        join!(wait_for(2), wait_for(1), wait_for(0));
        assert_eq!(turn.get(), 3);
    });
}

/// Adds its letter when it is dropped.
struct Trace<'a>(&'a RefCell<String>, char);

impl Drop for Trace<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
    }
}

/// A future that is ready at once and keeps a value until it is dropped itself.
struct ReadyKeeping<'a>(#[expect(dead_code, reason = "it is there to be dropped")] Trace<'a>);

impl Future for ReadyKeeping<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        std::task::Poll::Ready(())
    }
}

#[test]
fn a_finished_future_is_dropped_at_once() {
    block_on(async {
        let dropped = RefCell::new(String::new());
        let observe = async {
            give_way().await;
            dropped.borrow().clone()
        };
        let ((), seen) = join!(ReadyKeeping(Trace(&dropped, 'x')), observe);
        assert_eq!(seen, "x");
    });
}

#[test]
fn the_first_error_drops_the_others() {
    block_on(async {
        let dropped = RefCell::new(String::new());
        let guarded = async |name| {
            let _guard = Trace(&dropped, name);
            pending::<Result<(), &str>>().await
        };
        let failing = async {
            give_way().await;
            Err::<u8, _>("no")
        };
        assert_eq!(try_join!(guarded('a'), failing, guarded('b')), Err("no"));
        assert_eq!(dropped.take().len(), 2);
    });
}

#[test]
fn the_question_mark_works_on_the_whole() {
    async fn sum() -> Result<i32, std::num::ParseIntError> {
        let (a, b) = try_join!(async { "1".parse::<i32>() }, async { "x".parse::<i32>() })?;
        Ok(a + b)
    }
    assert!(block_on(sum()).is_err());
}

#[test]
#[rustfmt::skip]
fn there_can_be_many_futures() {
    block_on(async {
        let all = join!(
            ready(0),
            ready(1),
            ready(2),
            ready(3),
            ready(4),
            ready(5),
            ready(6),
            ready(7),
            ready(8),
            ready(9),
            ready(10),
            ready(11),
            ready(12),
            ready(13),
            ready(14),
            ready(15),
            ready(16),
            ready(17),
            ready(18),
            ready(19),
            ready(20),
            ready(21),
            ready(22),
            ready(23),
            ready(24),
            ready(25),
            ready(26),
            ready(27),
            ready(28),
            ready(29),
            ready(30),
            ready(31),
            ready(32),
            ready(33),
            ready(34),
            ready(35),
            ready(36),
            ready(37),
            ready(38),
            ready(39),
            ready(40),
            ready(41),
            ready(42),
            ready(43),
            ready(44),
            ready(45),
            ready(46),
            ready(47),
            ready(48),
            ready(49),
            ready(50),
            ready(51),
            ready(52),
            ready(53),
            ready(54),
            ready(55),
            ready(56),
            ready(57),
            ready(58),
            ready(59),
            ready(60),
            ready(61),
            ready(62),
            ready(63),
            ready(64),
        );
        assert_eq!((all.0, all.40, all.64), (0, 40, 64));
    });
}

struct Later(u8);

impl IntoFuture for Later {
    type Output = u8;
    type IntoFuture = std::future::Ready<u8>;

    fn into_future(self) -> Self::IntoFuture {
        ready(self.0)
    }
}

#[test]
fn what_turns_into_a_future_is_taken_too() {
    assert_eq!(block_on(async { join!(Later(1), Later(2)) }), (1, 2));
}

#[test]
fn the_futures_of_the_macros_are_send() {
    fn is_send(_: impl Send) {}
    is_send(async { join!(ready(1), give_way()) });
    is_send(async { try_join!(ready(Ok(1)), pending::<Result<(), ()>>()) });
}

#[test]
fn pin_shadows_variables_and_declares_them() {
    block_on(async {
        let (a, b) = (async { 1 }, async { 2 });
        pin!(a, b);
        let _: &Pin<&mut _> = &a;
        pin! {
            let c = async { 3 };
            let d = Box::pin(async { 4 });
        }
        assert_eq!((a.await, b.as_mut().await, (&mut c).await, d.await), (1, 2, 3, 4));
    });
}
