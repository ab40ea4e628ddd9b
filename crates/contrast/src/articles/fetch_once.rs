//! One coroutine, run by the event loop.

use super::{ESSENTIALS, Program, Script};

pub const PROGRAM: Program = Program {
    name: "fetch_once",
    article: ESSENTIALS,
    shows: "a coroutine, and what runs it: asyncio.run there, block_on here",
    note: "",
    original: "fetch_once.py",
    original_prints: &["Fetching data starts", "Fetching data completes"],
    mended: None,
    main: |script| Box::pin(fetch_data(script)),
};

async fn fetch_data(script: Script) {
    script.print("Fetching data starts");
    script.sleep(2.0).await;
    script.print("Fetching data completes");
}
