//! `select!`: its grammar, who wins, what is dropped when, what a handler may do.

#[path = "macros/block_on.rs"]
mod executor;

use executor::{block_on, give_way};
use filch::select;
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, ready};
use std::rc::Rc;

#[test]
fn the_ready_one_wins() {
    block_on(async {
        let won = select! {
            () = pending() => "pending",
            n = ready(7) => { assert_eq!(n, 7); "ready" }
        };
        assert_eq!(won, "ready");
    });
}

#[test]
fn handlers_are_expressions_or_blocks_with_or_without_commas() {
    block_on(async {
        for i in 0..4 {
            let text = select! {
                biased;
                _ = ready(()), if i == 0 => {
                    "block"
                }
                _ = ready(()), if i == 1 => { "block, comma" },
                _ = ready(()), if i == 2 => "expression".trim(),
                else => if i == 3 { "else" } else { unreachable!() },
            };
            assert_eq!(text, ["block", "block, comma", "expression", "else"][i]);
        }
        select! { _ = ready(()) => {} }
        select!(x = ready(1) => assert_eq!(x, 1), else => ());
    });
}

#[test]
fn biased_polls_in_order_and_random_begins_anywhere() {
    block_on(async {
        for _ in 0..50 {
            assert_eq!(select! { biased; n = ready(1) => n, n = ready(2) => n }, 1);
        }
        let mut wins = [0; 4];
        for _ in 0..4000 {
            let winner = select! {
                n = ready(0) => n,
                n = ready(1) => n,
                n = ready(2) => n,
                n = ready(3) => n,
            };
            wins[winner] += 1;
        }
        assert!(wins.iter().all(|&wins: &i32| wins > 500), "{wins:?}");
    });
}

#[test]
fn a_random_start_goes_around_in_order() {
    let order = RefCell::new(String::new());
    let trace = async |name| {
        order.borrow_mut().push(name);
        pending::<()>().await;
    };
    for _ in 0..50 {
        block_on(async {
            select! {
                () = trace('a') => {}
                () = trace('b') => {}
                () = trace('c') => {}
                () = async { give_way().await } => {}
            }
        });
        let polled = order.take();
        assert!("abcabc".contains(&polled), "{polled}");
    }
}

#[test]
fn a_branch_whose_pattern_fails_is_out_and_the_others_go_on() {
    block_on(async {
        let slow = async {
            give_way().await;
            Some(2)
        };
        let n = select! {
            Some(n) = ready(None::<i32>) => n,
            Some(n) = slow => n,
        };
        assert_eq!(n, 2);
        let text = select! {
            Ok::<i32, _>(n) = ready("x".parse()) => n.to_string(),
            else => String::from("no number"),
        };
        assert_eq!(text, "no number");
    });
}

#[test]
fn patterns_move_borrow_and_rebind() {
    block_on(async {
        let text = || ready((String::from("a"), Some(String::from("b"))));
        select! { (a, Some(b)) = text() => assert_eq!(a + &b, "ab") }
        select! { (mut a, _) = text() => { a.push('!'); assert_eq!(a, "a!") } }
        select! { (ref a, Some(ref mut b)) = text() => { b.push('!'); assert_eq!((&a[..], &b[..]), ("a", "b!")) } }
        select! { whole @ (_, Some(_)) = text() => assert_eq!(whole.0, "a") }
        select! { Ok(n) | Err(n) = ready(Err::<i32, _>(3)) => assert_eq!(n, 3) }
        select! { 1..=9 = ready(5) => {}, else => unreachable!() }
    });
}

#[test]
#[should_panic = "every branch of select! is disabled, and it has no `else`"]
fn nothing_left_and_no_else_panics() {
    block_on(async {
        select! {
            Some(()) = ready(None) => {}
            _ = ready(()), if false => {}
        }
    });
}

#[test]
fn preconditions_come_first_then_every_future_is_made_but_disabled_ones_are_not_polled() {
    let trace = RefCell::new(Vec::new());
    let note = |what: &'static str| trace.borrow_mut().push(what);
    let noted = |made, polled| {
        note(made);
        async move {
            note(polled);
        }
    };
    block_on(async {
        select! {
            biased;
            () = noted("make a", "poll a"), if { note("if a"); false } => {}
            () = noted("make b", "poll b"), if { note("if b"); true } => note("handle b"),
        }
    });
    assert_eq!(trace.take(), ["if a", "if b", "make a", "make b", "poll b", "handle b"]);
}

/// Adds its letter when it is dropped.
struct Trace<'a>(&'a RefCell<String>, char);

impl Drop for Trace<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
    }
}

#[test]
fn futures_are_gone_before_the_handler_runs() {
    let dropped = RefCell::new(String::new());
    let guarded = async |name| {
        let _guard = Trace(&dropped, name);
        pending::<()>().await;
    };
    let mut seen = String::new();
    block_on(async {
        select! {
            biased;
            () = guarded('a') => {}
            () = guarded('b') => {}
            () = ready(()) => seen = dropped.borrow().clone(),
        }
    });
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_handler_may_use_what_the_futures_borrowed() {
    block_on(async {
        let mut log = vec![0];
        let append = async |log: &mut Vec<i32>| {
            give_way().await;
            log.push(1);
        };
        let other = Cell::new(5);
        select! {
            () = append(&mut log) => log.push(2),
            () = async { other.set(6); pending().await } => other.set(7),
        }
        assert_eq!(log, [0, 1, 2]);
    });
}

#[test]
fn two_handlers_may_borrow_the_same_thing() {
    block_on(async {
        let mut count = 0;
        for _ in 0..3 {
            select! {
                _ = ready(()) => count += 1,
                _ = give_way() => count += 1,
            }
        }
        assert_eq!(count, 3);
    });
}

#[test]
fn a_future_by_reference_goes_on_in_the_next_round() {
    block_on(async {
        let work = async {
            for _ in 0..10 {
                give_way().await;
            }
            "done"
        };
        filch::pin!(work);
        let mut rounds = 0;
        let text = loop {
            select! {
                biased;
                text = &mut work => break text,
                () = give_way() => rounds += 1,
            }
        };
        // Each round polls it twice: it is ready in the first poll of the sixth.
        assert_eq!((text, rounds), ("done", 5));
    });
}

#[test]
fn control_flow_leaves_and_continues_the_callers_own_loop() {
    async fn run(sent: &[Option<i32>]) -> Result<i32, &'static str> {
        let (mut sum, mut odd) = (0, 0);
        for value in sent {
            select! {
                Some(n) = ready(*value) => {
                    if n < 0 {
                        return Ok(n);
                    }
                    if n % 2 == 1 {
                        odd += 1;
                        continue;
                    }
                    sum += Some(n).filter(|n| *n < 100).ok_or("too large")?;
                }
                else => break,
            }
        }
        assert!(odd <= 2);
        Ok(sum)
    }
    assert_eq!(block_on(run(&[Some(2), Some(3), Some(4), None, Some(8)])), Ok(6));
    assert_eq!(block_on(run(&[Some(2), Some(-1), Some(4)])), Ok(-1));
    assert_eq!(block_on(run(&[Some(200)])), Err("too large"));
}

#[test]
fn handlers_may_await_and_nest() {
    block_on(async {
        let n = select! {
            n = ready(1) => {
                give_way().await;
                select! {
                    m = ready(10) => n + m,
                    () = pending() => 0,
                }
            }
        };
        assert_eq!(n, 11);
    });
}

#[test]
fn the_question_mark_works_in_the_future_expression() {
    async fn run(text: &str) -> Result<i32, std::num::ParseIntError> {
        Ok(select! {
            n = ready(text.parse::<i32>()?) => n,
            n = ready(0), if text.parse::<i32>()? < 0 => n,
        })
    }
    assert_eq!(block_on(run("5")), Ok(5));
    assert!(block_on(run("x")).is_err());
}

#[test]
fn a_future_that_lost_by_its_pattern_is_not_polled_again() {
    block_on(async {
        let mut polls = 0;
        let once = std::future::poll_fn(|_| {
            polls += 1;
            std::task::Poll::Ready(None::<()>)
        });
        select! {
            Some(()) = once => unreachable!(),
            () = async { for _ in 0..5 { give_way().await } } => {}
        }
        assert_eq!(polls, 1);
    });
}

#[test]
fn an_output_that_cannot_be_sent_leaves_the_whole_future_send() {
    fn is_send<F: Future + Send>(future: F) -> F {
        future
    }
    let n = block_on(is_send(async {
        select! {
            n = async { give_way().await; Rc::new(1) } => *n,
            () = pending() => 0,
        }
    }));
    assert_eq!(n, 1);
}

#[test]
fn names_in_handlers_are_the_callers() {
    block_on(async {
        let (value, open, first, output, future, made) = (1, 2, 3, 4, 5, 6);
        let pending_too = 7;
        let sum = select! {
            matches = ready(value) => matches + open + first + output + future + made + pending_too,
        };
        assert_eq!(sum, 28);
    });
}

#[test]
fn there_can_be_64_branches() {
    block_on(async {
        let n = 63;
        let won = select! {
            x = ready(0), if n == 0 => x, x = ready(1), if n == 1 => x,
            x = ready(2), if n == 2 => x, x = ready(3), if n == 3 => x,
            x = ready(4), if n == 4 => x, x = ready(5), if n == 5 => x,
            x = ready(6), if n == 6 => x, x = ready(7), if n == 7 => x,
            x = ready(8), if n == 8 => x, x = ready(9), if n == 9 => x,
            x = ready(10), if n == 10 => x, x = ready(11), if n == 11 => x,
            x = ready(12), if n == 12 => x, x = ready(13), if n == 13 => x,
            x = ready(14), if n == 14 => x, x = ready(15), if n == 15 => x,
            x = ready(16), if n == 16 => x, x = ready(17), if n == 17 => x,
            x = ready(18), if n == 18 => x, x = ready(19), if n == 19 => x,
            x = ready(20), if n == 20 => x, x = ready(21), if n == 21 => x,
            x = ready(22), if n == 22 => x, x = ready(23), if n == 23 => x,
            x = ready(24), if n == 24 => x, x = ready(25), if n == 25 => x,
            x = ready(26), if n == 26 => x, x = ready(27), if n == 27 => x,
            x = ready(28), if n == 28 => x, x = ready(29), if n == 29 => x,
            x = ready(30), if n == 30 => x, x = ready(31), if n == 31 => x,
            x = ready(32), if n == 32 => x, x = ready(33), if n == 33 => x,
            x = ready(34), if n == 34 => x, x = ready(35), if n == 35 => x,
            x = ready(36), if n == 36 => x, x = ready(37), if n == 37 => x,
            x = ready(38), if n == 38 => x, x = ready(39), if n == 39 => x,
            x = ready(40), if n == 40 => x, x = ready(41), if n == 41 => x,
            x = ready(42), if n == 42 => x, x = ready(43), if n == 43 => x,
            x = ready(44), if n == 44 => x, x = ready(45), if n == 45 => x,
            x = ready(46), if n == 46 => x, x = ready(47), if n == 47 => x,
            x = ready(48), if n == 48 => x, x = ready(49), if n == 49 => x,
            x = ready(50), if n == 50 => x, x = ready(51), if n == 51 => x,
            x = ready(52), if n == 52 => x, x = ready(53), if n == 53 => x,
            x = ready(54), if n == 54 => x, x = ready(55), if n == 55 => x,
            x = ready(56), if n == 56 => x, x = ready(57), if n == 57 => x,
            x = ready(58), if n == 58 => x, x = ready(59), if n == 59 => x,
            x = ready(60), if n == 60 => x, x = ready(61), if n == 61 => x,
            x = ready(62), if n == 62 => x, x = ready(63), if n == 63 => x,
            else => -1,
        };
        assert_eq!(won, 63);
    });
}
