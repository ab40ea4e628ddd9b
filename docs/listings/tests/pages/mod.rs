//! Pages of Markdown: their links, anchors and blocks of code.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// A page, by its path from the root of the repository.
#[derive(Debug)]
pub struct Page {
    pub path: String,
    pub links: Vec<String>,
    pub anchors: BTreeSet<String>,
    pub blocks: Vec<Block>,
}

/// A block of code.
#[derive(Debug)]
pub struct Block {
    /// What stands behind the fence.
    pub info: String,
    pub text: String,
    /// The file that it is an excerpt of: `<!-- from FILE -->` before it.
    pub source: Option<String>,
}

impl Block {
    pub fn has_word(&self, word: &str) -> bool {
        self.info.split(',').any(|w| w.trim() == word)
    }

    pub fn is_compiled(&self) -> bool {
        self.has_word("rust")
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every page below `docs/`.
pub fn book() -> Vec<Page> {
    let mut pages = Vec::new();
    collect("docs", &mut pages);
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    pages
}

fn collect(dir: &str, pages: &mut Vec<Page>) {
    for entry in fs::read_dir(root().join(dir)).expect("it is a directory") {
        let entry = entry.expect("it can be read");
        let path = format!("{dir}/{}", entry.file_name().to_str().expect("names are plain"));
        if entry.path().is_dir() {
            collect(&path, pages);
        } else if path.ends_with(".md") {
            pages.push(Page::read(path));
        }
    }
}

impl Page {
    pub fn read(path: impl Into<String>) -> Self {
        let path = path.into();
        let text = fs::read_to_string(root().join(&path))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut page =
            Self { path, links: Vec::new(), anchors: BTreeSet::new(), blocks: Vec::new() };
        let (mut heading, mut source) = (None::<String>, None);
        let mut in_block = false;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
        {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.add_anchor(&heading.take().unwrap_or_default())
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => info.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    page.blocks.push(Block { info, text: String::new(), source: source.take() });
                    in_block = true;
                }
                Event::End(TagEnd::CodeBlock) => in_block = false,
                Event::Html(html) => {
                    let from =
                        html.trim().strip_prefix("<!-- from ").and_then(|s| s.strip_suffix(" -->"));
                    source = from.map(str::to_owned);
                }
                Event::Text(text) | Event::Code(text) => {
                    if in_block {
                        page.blocks.last_mut().expect("it was begun").text.push_str(&text);
                    } else if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        page
    }

    /// The anchor that code hosts and mdBook give a heading.
    fn add_anchor(&mut self, heading: &str) {
        let kept = heading.to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let mut numbered = (1..).map(|n| format!("{slug}-{n}"));
        let mut anchor = slug.clone();
        while !self.anchors.insert(anchor) {
            anchor = numbered.next().expect("numbers do not end");
        }
    }

    /// The path from the root of what is at `path` from here.
    pub fn beside(&self, path: &str) -> Result<String, String> {
        let mut parts: Vec<&str> = self.path.split('/').collect();
        parts.pop();
        for component in Path::new(path).components() {
            match component {
                Component::Normal(part) => parts.push(part.to_str().expect("links are text")),
                Component::ParentDir => {
                    parts.pop().ok_or("it leaves the repository")?;
                }
                Component::CurDir => {}
                other => return Err(format!("not a relative path: {other:?}")),
            }
        }
        Ok(parts.join("/"))
    }
}
