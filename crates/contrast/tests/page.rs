//! The page: that it is written, and what a person gets to see of it, in a real browser.
#![cfg(unix)]

mod browser;
#[allow(dead_code, reason = "each test uses some of it")]
mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use browser::Browser;
use common::{PROGRAM, run_command};
use serde_json::{Value, json};
use tempfile::TempDir;

const LAYOUT: &str = include_str!("browser/layout.js");
/// What folds out is folded out.
const OPEN: &str =
    "document.querySelectorAll('details').forEach((details) => { details.open = true; })";
/// What a desk, a lap and a hand hold, in pixels.
const WIDTHS: [u32; 3] = [1280, 768, 380];

/// A page of real recordings, in a directory of the test's own. Other languages take as long again.
fn measured(rows: &str, beside_other_languages: bool) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let input = directory.path().join("<b>files<script>alert(1)<!-- & \"more\" 任务");
    fs::create_dir(&input).expect("can be made");
    for file in 0..12_usize {
        let content: Vec<u8> = (0..40_000 + file).map(|i| (i * i % 251) as u8).collect();
        fs::write(input.join(format!("{file}.bin")), content).expect("can be written");
    }
    let page = directory.path().join("pages/index.html");
    let (page_arg, input_arg) = (page.display().to_string(), input.display().to_string());
    let mut program = Command::new(PROGRAM);
    program.args(["--quick", "--runs", "1", "--workers", "2", "--rows", rows]);
    program.args(["--page", &page_arg, &input_arg]);
    if !beside_other_languages {
        program.env("PATH", "");
    }
    run_command(&mut program).ended_with(0);
    (directory, page)
}

/// What the program put into the page, for each row and column.
fn drawings(page: &Path) -> Vec<Vec<Value>> {
    let text = fs::read_to_string(page).expect("was written");
    let data = text.split("<script type=\"application/json\"").skip(1);
    data.map(|rest| {
        let (_, rest) = rest.split_once('>').expect("the element begins");
        let (data, _) = rest.split_once("</script>").expect("the element ends");
        serde_json::from_str(data).expect("is JSON")
    })
    .collect()
}

fn sum_of(lanes: &Value, figure: &str) -> u64 {
    lanes
        .as_array()
        .expect("a list")
        .iter()
        .map(|lane| lane[figure].as_u64().expect("a number"))
        .sum()
}

fn number(value: &Value) -> f64 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("{value} is no number"))
}

/// What the scripts said about a timeline, after drawing it.
fn said_of(browser: &mut Browser, canvas: usize) -> Value {
    browser.evaluate(&format!("({{...document.querySelectorAll('canvas')[{canvas}].dataset}})"))
}

#[test]
fn what_a_browser_draws_is_what_was_recorded() {
    let Some(mut browser) = Browser::start() else { return };
    let (_directory, page) = measured("waiting,files,blocking", false);
    let rows = drawings(&page);
    assert_eq!(rows.len(), 3);
    browser.open(&page, 1280, 900, "light");
    assert_eq!(browser.evaluate("document.documentElement.dataset.ready"), json!("3"));
    browser.evaluate(OPEN);
    browser.settle();

    let mut canvas = 0;
    for columns in &rows {
        for drawing in columns {
            let said = said_of(&mut browser, canvas);
            let lanes = drawing["lanes"].as_array().expect("a list").len();
            let totals = &drawing["totals"];
            let name = format!("canvas {canvas}: {said}");
            assert_eq!(number(&said["lanes"]), lanes as f64, "{name}");
            assert_eq!(
                number(&said["blocks"]),
                sum_of(&drawing["lanes"], "block_count") as f64,
                "{name}"
            );
            assert_eq!(
                number(&said["recordedBlocks"]),
                totals["blocks"].as_f64().expect("a number"),
                "{name}"
            );
            assert_eq!(number(&said["recordedSteals"]), number(&said["steals"]), "{name}");
            if lanes as f64 == number(&said["recordedLanes"]) {
                assert_eq!(said["blocks"], said["recordedBlocks"], "{name}");
            }
            canvas += 1;
        }
        // One lane takes turns; of several, each is there.
        let polled: Vec<&Value> =
            columns.iter().filter(|drawing| drawing["lanes"][0]["kind"] != "plain").collect();
        let [event_loop, workers, one_worker] = polled[..] else {
            panic!("{} columns", polled.len())
        };
        assert_eq!(event_loop["lanes"].as_array().expect("a list").len(), 1);
        assert_eq!(event_loop["totals"]["several_busy_ns"], 0);
        assert_eq!(one_worker["totals"]["several_busy_ns"], 0);
        assert_eq!(workers["totals"]["tasks"], event_loop["totals"]["tasks"]);
        let is_worker = |lane: &&Value| lane["kind"] == "worker";
        assert!(workers["lanes"].as_array().expect("a list").iter().filter(is_worker).count() >= 2);
    }
    // Of the task that blocks for 200 ms, the event loop shows a poll of about that length: when it began among short
    // ones, the recorder's observer tells, which is late on a machine that has no processor to spare.
    let longest = |drawing: &Value| {
        let codes = drawing["lanes"][0]["blocks"].as_array().expect("a list").iter();
        codes.map(|code| code.as_i64().expect("a number")).max().expect("there are some")
    };
    let blocking = &rows[2];
    let event_loop =
        blocking.iter().find(|d| d["lanes"][0]["kind"] == "event-loop").expect("is there");
    assert!(longest(event_loop) >= 100_000_000 && event_loop["totals"]["long"].as_u64() >= Some(1));
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn the_page_can_be_read_on_a_desk_and_in_a_hand_by_day_and_by_night() {
    let Some(mut browser) = Browser::start() else { return };
    let (_directory, page) = measured("waiting,fan-out,files,blocking", true);
    for width in WIDTHS {
        for scheme in ["light", "dark"] {
            browser.open(&page, width, 900, scheme);
            let wrong = browser.evaluate(LAYOUT);
            assert_eq!(wrong, json!([]), "at {width} pixels, {scheme}: {wrong:#}");
            browser.evaluate(OPEN);
            browser.settle();
            let wrong = browser.evaluate(LAYOUT);
            assert_eq!(wrong, json!([]), "at {width} pixels, {scheme}, all open: {wrong:#}");
            let moving = browser.evaluate("document.getAnimations().length");
            assert_eq!(moving, json!(0), "who wants less motion gets none");
        }
    }
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn timelines_are_moved_and_zoomed_with_keys_buttons_wheel_and_mouse() {
    let Some(mut browser) = Browser::start() else { return };
    let (_directory, page) = measured("blocking", false);
    browser.open(&page, 1280, 900, "light");
    let view = |browser: &mut Browser| {
        let said = said_of(browser, 1);
        assert_eq!(
            (&said["from"], &said["to"]),
            (&said_of(browser, 2)["from"], &said_of(browser, 2)["to"])
        );
        (number(&said["from"]), number(&said["to"]))
    };
    let whole = view(&mut browser);
    assert!(whole.0 == 0.0 && whole.1 > 300e6, "{whole:?}");

    // With the keyboard alone: to a timeline, and around in it.
    let is_there = "document.activeElement === document.querySelector('canvas')";
    let mut tabs = 0;
    while browser.evaluate(is_there) != json!(true) {
        browser.press("Tab");
        tabs += 1;
        assert!(tabs < 100, "Tab never gets to the timeline");
    }
    let outline = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)";
    assert!(browser.evaluate(outline).as_f64() >= Some(2.0), "the focus can be seen");
    browser.press("+");
    let nearer = view(&mut browser);
    assert!((nearer.1 - nearer.0) < (whole.1 - whole.0) * 0.8, "{nearer:?}");
    browser.press("ArrowRight");
    let right = view(&mut browser);
    assert!(
        right.0 > nearer.0 && (right.1 - right.0 - nearer.1 + nearer.0).abs() < 1.0,
        "{right:?}"
    );
    browser.press("ArrowLeft");
    assert!(view(&mut browser).0 < right.0);
    browser.press("Home");
    assert_eq!(view(&mut browser).0, 0.0);
    browser.press("End");
    assert!((view(&mut browser).1 - whole.1).abs() < 1.0);
    browser.press("-");
    browser.press("-");
    assert_eq!(view(&mut browser), whole);
    for key in ["ArrowDown", "n", "n"] {
        browser.press(key);
        let tip = browser.evaluate(
            "document.getElementById('tip').hidden ? '' : document.getElementById('tip').innerText",
        );
        let tip = tip.as_str().expect("a text");
        assert!(
            tip.contains("task ") && tip.contains("duration: ") && tip.contains("lane: "),
            "{key}: {tip}"
        );
    }
    browser.evaluate("new Promise((done) => setTimeout(done, 500))");
    let said = browser.evaluate("document.getElementById('said').textContent");
    assert!(said.as_str().expect("a text").contains("task "), "a screen reader is told: {said}");
    browser.press("Enter");
    assert!(view(&mut browser).1 - view(&mut browser).0 < whole.1 / 2.0, "Enter goes to the block");
    browser.press("Escape");
    assert_eq!(browser.evaluate("document.getElementById('tip').hidden"), json!(true));
    browser.press("0");
    assert_eq!(view(&mut browser), whole);

    // With the mouse.
    browser.evaluate("document.activeElement.blur(); document.querySelector('canvas').scrollIntoView({block: 'center'})");
    let place = browser.evaluate("(({left, top, width, height}) => [left, top, width, height])(document.querySelector('canvas').getBoundingClientRect())");
    let [left, top, width] = [0, 1, 2].map(|i| place[i].as_f64().expect("a number"));
    let (x, y) = (left + width / 2.0, top + 25.0);
    let wheel = |modifiers: u32| json!({"deltaX": 0, "deltaY": -300, "modifiers": modifiers});
    browser.mouse("mouseWheel", x, y, &wheel(0));
    assert_eq!(view(&mut browser), whole, "the wheel alone scrolls the page");
    browser.evaluate("scrollTo(0, scrollY)");
    browser.evaluate("document.querySelector('canvas').scrollIntoView({block: 'center'})");
    browser.mouse("mouseWheel", x, y, &wheel(2));
    let zoomed = view(&mut browser);
    assert!(zoomed.0 > 0.0 && zoomed.1 < whole.1, "{zoomed:?}");
    browser.mouse("mousePressed", x, y, &json!({"button": "left", "clickCount": 1}));
    browser.mouse("mouseMoved", x - 100.0, y, &json!({"button": "left", "buttons": 1}));
    browser.mouse("mouseReleased", x - 100.0, y, &json!({"button": "left", "clickCount": 1}));
    assert!(view(&mut browser).0 > zoomed.0, "what is under the hand follows it");
    browser.evaluate("document.querySelector('[data-action=whole]').click()");
    browser.settle();
    assert_eq!(view(&mut browser), whole);
    // The poll that blocked, somewhere in the lane.
    let mut tips = Vec::new();
    for step in 0..40 {
        browser.mouse("mouseMoved", left + 100.0 + f64::from(step) * 20.0, y, &json!({}));
        tips.push(browser.evaluate("document.getElementById('tip').innerText").to_string());
    }
    assert!(tips.iter().any(|tip| tip.contains("long: kept its thread for ")), "{tips:?}");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn the_theme_can_be_chosen() {
    let Some(mut browser) = Browser::start() else { return };
    let (_directory, page) = measured("blocking", false);
    browser.open(&page, 1280, 900, "light");
    let picture = "document.querySelector('canvas').toDataURL()";
    let background = "getComputedStyle(document.querySelector('section')).backgroundColor";
    let light = (browser.evaluate(picture), browser.evaluate(background));
    browser.evaluate("document.querySelector('input[value=dark]').click()");
    browser.settle();
    let dark = (browser.evaluate(picture), browser.evaluate(background));
    assert!(light.0 != dark.0 && light.1 != dark.1, "{} {}", light.1, dark.1);
    browser.evaluate("document.querySelector('input[value=auto]').click()");
    browser.settle();
    assert_eq!((browser.evaluate(picture), browser.evaluate(background)), light);
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn a_full_disk_is_named_and_what_was_measured_is_printed() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let page = directory.path().join("index.html");
    fs::write(&page, "an old page").expect("can be written");
    // A limit of a few kilobytes on what may be written to a file, instead of a full disk.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let mut limited = Command::new("/bin/sh");
    limited.env("PATH", "");
    limited.args(["-c", script, PROGRAM, "--quick", "--runs", "1", "--rows", "blocking", "--page"]);
    let run = run_command(limited.arg(&page)).ended_with(1);
    assert!(run.stdout.contains("Verdict") && run.stdout.contains("In short"), "{}", run.stdout);
    assert!(run.stderr.contains(&page.display().to_string()), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&page).expect("is there"), "an old page");
    assert_eq!(fs::read_dir(directory.path()).expect("can be listed").count(), 1);
}

#[test]
fn no_page_is_written_if_none_is_wanted() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut command = Command::new(PROGRAM);
    command.args(["--quick", "--runs", "1", "--rows", "blocking", "--no-page"]).env("PATH", "");
    let run = run_command(command.current_dir(&directory)).ended_with(0);
    assert!(!run.stdout.contains("index.html"), "{}", run.stdout);
    assert_eq!(fs::read_dir(directory.path()).expect("can be listed").count(), 0);
}

/// The picture of the README: of the page `FILCH_PICTURE_OF`, to the file `FILCH_PICTURE`. Without them, one of a page
/// of the test's own is taken and thrown away.
#[test]
fn a_picture_can_be_taken() {
    let Some(mut browser) = Browser::start() else { return };
    let (_directory, page) = match std::env::var_os("FILCH_PICTURE_OF") {
        Some(page) => (None, fs::canonicalize(page).expect("is there")),
        None => {
            let (directory, page) = measured("files", false);
            (Some(directory), page)
        }
    };
    browser.open(&page, 1280, 900, "light");
    browser
        .evaluate("document.querySelector('#files--cpu-bound [data-action=beginning]')?.click()");
    browser.settle();
    let place = browser.evaluate(
        "(({top, height}) => [top + scrollY, height])(document.getElementById('files--cpu-bound').getBoundingClientRect())",
    );
    let [top, height] = [0, 1].map(|i| place[i].as_f64().expect("a number"));
    let picture = browser.screenshot(1280, top - 24.0, height + 48.0);
    assert!(picture.len() > 10_000 && picture.starts_with(b"\x89PNG"), "{}", picture.len());
    if let Some(file) = std::env::var_os("FILCH_PICTURE") {
        fs::write(file, picture).expect("can be written");
    }
}
