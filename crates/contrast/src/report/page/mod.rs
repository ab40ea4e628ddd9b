//! The page: what was measured and recorded, drawn, in one HTML file that needs neither a server nor a network.
//!
//! | file | concept |
//! |---|---|
//! | `document.rs` | the page from top to bottom |
//! | `table.rs`, `charts.rs` | a row's figures as a table and as bars |
//! | `timelines.rs` | a row's timelines: the frame, the data, the key |
//! | `prose.rs` | what a timeline shows, in words |
//! | `assets/` | the style sheet, and the scripts that draw the timelines; they are put into the page as they are |

mod charts;
mod document;
mod prose;
mod table;
mod timelines;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::Builder;

use crate::contrast::Outcome;
use crate::plan::Plan;

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct PageInput<'p> {
    /// What was asked for.
    pub plan: &'p Plan,
    /// What came of it.
    pub outcome: &'p Outcome,
}

/// Writes the page to `file`, whose directory is made if it is not there. A page that is there already is replaced as a
/// whole, or stays as it is if this fails.
///
/// # Errors
/// The operating system's reason.
pub fn write(file: &Path, input: PageInput<'_>) -> io::Result<()> {
    let page = document::page(input).into_string();
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(directory)?;
    let mut builder = Builder::new();
    // As readable as any other file; a temporary one is its owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.prefix(".contrast-").suffix(".html").tempfile_in(directory)?;
    temporary.write_all(page.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests;
