//! # The listings of the book
//!
//! Every Rust listing of `docs/` is a doc-test of this package, page by page, so that none rots.
//! `tests/book.rs` holds the rest: that no page is missing here or in the table of contents, that excerpts
//! are what the sources say, that Python and JavaScript print what the book says, that links lead somewhere.
//!
//! A listing is a whole program, or statements that need no more than they show. One that must not compile
//! says `compile_fail`, with the error's code where it has one; one that panics, `should_panic`. What is
//! shown out of a source file stands in a block of `rs`, with the file before it: `<!-- from FILE -->`.

#![doc(test(attr(deny(warnings), allow(dead_code))))]

/// A module for each page, with the page as its documentation.
macro_rules! pages {
    ($($name:ident: $page:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../", $page))]
            mod $name {}
        )*
    };
}

pages! {
    callbacks: "chapters/1-callbacks-promises-await.md",
    event_loop: "chapters/2-event-loop.md",
    task: "chapters/3-task.md",
    stealing: "chapters/4-stealing.md",
    never: "chapters/6-what-never-to-do.md",
    flavour: "chapters/7-which-flavour.md",
    from_asyncio: "guide/from-asyncio.md",
    from_javascript: "guide/from-javascript.md",
    from_tokio: "guide/from-tokio.md",
    pitfalls: "guide/pitfalls.md",
    services: "guide/services.md",
    shutdown: "guide/shutdown.md",
}
