//! The book holds together: its pages, excerpts, links, and what its programs print.

mod pages;
mod programs;

use pages::{Block, Page, book, root};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    let outside = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    for page in book().into_iter().chain(outside.map(Page::read)) {
        for link in &page.links {
            if let Err(reason) = follow(&page, link) {
                broken.push(format!("{}: {link}: {reason}", page.path));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn follow(page: &Page, link: &str) -> Result<(), String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.path.clone() } else { page.beside(path)? };
    if !root().join(&target).exists() {
        return Err(format!("there is no {target}"));
    }
    if anchor.is_empty() || !target.ends_with(".md") {
        return Ok(());
    }
    if Page::read(&target).anchors.contains(anchor) {
        return Ok(());
    }
    Err(format!("no heading of {target} has this anchor"))
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let contents = Page::read("docs/SUMMARY.md");
    let listed: BTreeSet<_> = contents.links.iter().map(|link| format!("docs/{link}")).collect();
    let pages = book().into_iter().map(|page| page.path).filter(|path| *path != contents.path);
    let missing: Vec<_> = pages.filter(|page| !listed.contains(page)).collect();
    assert!(missing.is_empty(), "not in docs/SUMMARY.md: {missing:?}");
}

#[test]
fn figures_of_the_readme_are_in_the_readme() {
    const MARK: &str = "<!-- figures of the README -->";
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("it is there");
    let readme = read("README.md");
    let words: BTreeSet<_> = readme.split(['\n', '|']).flat_map(cells_of_a_run).collect();
    let (mut strange, mut tables) = (Vec::new(), 0);
    for page in book() {
        for table in read(&page.path).split(MARK).skip(1) {
            tables += 1;
            // The head and the line under it have no figures.
            let lines = table.trim_start().lines().take_while(|line| line.starts_with('|')).skip(2);
            for cell in lines.flat_map(|line| line.trim_matches('|').split('|').skip(1)) {
                let cell = cell.trim();
                if cell != "-" && !words.contains(cell) {
                    strange.push(format!("{}: {cell}", page.path));
                }
            }
        }
    }
    assert!(tables > 0, "no page has the mark");
    assert!(strange.is_empty(), "not in the README's run: {}", strange.join("\n"));
}

/// The cells of a line that `cargo run --release` has printed: at least two blanks apart, without the spread.
fn cells_of_a_run(line: &str) -> impl Iterator<Item = String> {
    let cell = |cell: &str| cell.split(" ±").next().unwrap_or(cell).trim().to_owned();
    line.split("  ").map(cell).collect::<Vec<_>>().into_iter()
}

#[test]
fn every_rust_listing_is_an_excerpt_or_is_compiled() {
    let compiled =
        fs::read_to_string(root().join("docs/listings/src/lib.rs")).expect("it is there");
    for page in book() {
        for block in &page.blocks {
            assert!(
                !block.info.is_empty(),
                "{}: a block without a language: {}",
                page.path,
                block.text
            );
            assert!(
                !block.has_word("ignore") && !block.has_word("no_run"),
                "{}: a listing that nobody runs: {}",
                page.path,
                block.text
            );
        }
        let is_compiled = compiled.contains(&format!("\"{}\"", page.path.replacen("docs/", "", 1)));
        assert!(
            is_compiled || !page.blocks.iter().any(Block::is_compiled),
            "{} is not in lib.rs",
            page.path
        );
    }
}

#[test]
fn excerpts_are_what_the_sources_say() {
    let mut excerpts = 0;
    for page in book() {
        for block in &page.blocks {
            assert_eq!(
                block.source.is_some(),
                block.info == "rs",
                "{}: `<!-- from FILE -->` and a block of `rs` belong together: {}",
                page.path,
                block.text
            );
            let Some(source) = &block.source else { continue };
            let text = fs::read_to_string(root().join(source));
            let text = text.unwrap_or_else(|error| panic!("{}: {source}: {error}", page.path));
            let excerpt = lines(&block.text);
            assert!(
                lines(&text).windows(excerpt.len()).any(|window| window == excerpt),
                "{}: this is not in {source}:\n{}",
                page.path,
                block.text
            );
            excerpts += 1;
        }
    }
    assert!(excerpts > 0, "the book has excerpts");
}

/// Without the indentation, which an excerpt may have less of.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).collect()
}

#[test]
fn programs_print_what_the_book_says() {
    let mut runs = Vec::new();
    for page in book() {
        for (block, next) in
            page.blocks.iter().zip(page.blocks.iter().skip(1).map(Some).chain([None]))
        {
            let Some(command) = programs::command(block) else { continue };
            let printed = next.filter(|next| next.info == "text");
            let printed = printed.unwrap_or_else(|| {
                panic!("{}: what this prints has to stand behind it:\n{}", page.path, block.text)
            });
            runs.push((page.path.clone(), block.text.clone(), command, printed.text.clone()));
        }
    }
    assert!(!runs.is_empty(), "the book has programs");
    std::thread::scope(|s| {
        for (page, program, command, expected) in runs {
            s.spawn(move || {
                let Some(printed) = programs::run(command) else { return };
                assert_eq!(printed.trim_end(), expected.trim_end(), "{page}:\n{program}");
            });
        }
    });
}
