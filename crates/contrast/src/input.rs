//! The files that the *files* row reads.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Something below the path that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unreadable {
    /// Its path.
    pub path: String,
    /// The operating system's reason.
    pub reason: String,
}

/// With a limit, that many files are enough, however small they are.
pub const MOST_FILES: usize = 20_000;

/// What ended a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`MOST_FILES`] were found.
    Files,
    /// The next file would have exceeded the limit.
    Bytes,
}

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Stop after that many bytes, and after [`MOST_FILES`]; `None`: no limit.
    pub limit: Option<u64>,
    /// Leave out `.git` and `target` directories.
    pub sources_only: bool,
}

impl Search {
    /// A search for up to `mib` MiB; 0 for no limit.
    pub fn up_to(mib: u64, sources_only: bool) -> Self {
        Self { limit: (mib > 0).then(|| mib.saturating_mul(1 << 20)), sources_only }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Regular files, in the order of their names, depth first.
    pub files: Vec<PathBuf>,
    /// Their sizes' sum.
    pub bytes: u64,
    /// Files that alone are larger than the limit.
    pub too_large: usize,
    /// Sockets, pipes, devices and links: nothing to read, or to be read where they point to.
    pub not_files: usize,
    /// What ended the search before its end.
    pub limited: Option<Limit>,
    /// What could not be listed or looked at.
    pub unreadable: Failures,
}

/// What could not be read, once each.
#[derive(Clone, Debug, Default)]
pub struct Failures(BTreeMap<PathBuf, String>);

impl Failures {
    /// Remembers that `path` could not be read.
    pub fn add(&mut self, path: &Path, error: &io::Error) {
        self.0.entry(path.to_owned()).or_insert_with(|| error.to_string());
    }

    /// Names and reasons, sorted.
    pub fn named(&self) -> impl Iterator<Item = Unreadable> {
        self.0.iter().map(|(path, reason)| Unreadable {
            path: path.display().to_string(),
            reason: reason.clone(),
        })
    }
}

/// Finds the files at and below `root`. The same tree gives the same files in the same order.
pub fn find(root: &Path, search: Search) -> Found {
    let mut found = Found::default();
    let mut pending = vec![root.to_owned()];
    while let Some(path) = pending.pop() {
        // The path that was asked for may be a link; links below it are not followed, they could lead in circles.
        let looked = if path == root { fs::metadata(&path) } else { fs::symlink_metadata(&path) };
        match looked {
            Err(error) => found.unreadable.add(&path, &error),
            Ok(data) if data.is_dir() => match entries(&path, search.sources_only) {
                Err(error) => found.unreadable.add(&path, &error),
                // The last one is popped first.
                Ok(entries) => pending.extend(entries.into_iter().rev()),
            },
            Ok(data) if data.is_file() => match search.limit {
                Some(limit) if data.len() > limit => found.too_large += 1,
                Some(limit) if found.bytes + data.len() > limit => {
                    found.limited = Some(Limit::Bytes);
                    return found;
                }
                Some(_) if found.files.len() == MOST_FILES => {
                    found.limited = Some(Limit::Files);
                    return found;
                }
                _ => {
                    found.bytes += data.len();
                    found.files.push(path);
                }
            },
            Ok(_) => found.not_files += 1,
        }
    }
    found
}

fn entries(directory: &Path, sources_only: bool) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    if sources_only {
        entries.retain(|path| {
            !path.file_name().is_some_and(|name| name == ".git" || name == "target")
        });
    }
    entries.sort_unstable();
    Ok(entries)
}

/// This repository: where Cargo was asked to run the program, where it was built, or the current directory.
pub fn this_repository() -> PathBuf {
    let manifests =
        [std::env::var_os("CARGO_MANIFEST_DIR"), Some(env!("CARGO_MANIFEST_DIR").into())];
    manifests
        .into_iter()
        .flatten()
        .filter_map(|package| workspace_root(Path::new(&package)))
        .next()
        .unwrap_or_else(|| PathBuf::from("."))
}

/// The directory above `package` that has the lock file.
fn workspace_root(package: &Path) -> Option<PathBuf> {
    package.ancestors().find(|directory| directory.join("Cargo.lock").is_file()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Search = Search { limit: None, sources_only: false };

    fn names(found: &Found, root: &Path) -> Vec<String> {
        found
            .files
            .iter()
            .map(|file| file.strip_prefix(root).expect("below").display().to_string())
            .collect()
    }

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary directory");
        for (name, size) in [
            ("b.txt", 10),
            ("a/z.txt", 20),
            ("a/y.txt", 30),
            (".git/config", 5),
            ("target/out", 500),
        ] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("has one")).expect("can be created");
            fs::write(path, vec![b'x'; size]).expect("can be written");
        }
        root
    }

    #[test]
    fn every_file_is_found_in_the_order_of_names() {
        let root = tree();
        let found = find(root.path(), ALL);
        assert_eq!(
            names(&found, root.path()),
            [".git/config", "a/y.txt", "a/z.txt", "b.txt", "target/out"]
        );
        assert_eq!((found.bytes, found.limited, found.not_files), (565, None, 0));
    }

    #[test]
    fn sources_only_leaves_out_build_output_and_version_control() {
        let root = tree();
        let found = find(root.path(), Search { sources_only: true, ..ALL });
        assert_eq!(names(&found, root.path()), ["a/y.txt", "a/z.txt", "b.txt"]);
    }

    #[test]
    fn the_limit_ends_the_search_and_leaves_out_what_alone_exceeds_it() {
        let root = tree();
        let found = find(root.path(), Search { limit: Some(60), ..ALL });
        assert_eq!(names(&found, root.path()), [".git/config", "a/y.txt", "a/z.txt"]);
        assert_eq!(found.limited, Some(Limit::Bytes));

        let found = find(root.path(), Search { limit: Some(100), ..ALL });
        assert_eq!((found.files.len(), found.too_large, found.limited), (4, 1, None));
    }

    #[test]
    fn with_a_limit_the_first_files_of_very_many_are_enough() {
        let root = tempfile::tempdir().expect("a temporary directory");
        for file in 0..=MOST_FILES {
            fs::File::create(root.path().join(file.to_string())).expect("can be created");
        }
        let found = find(root.path(), Search::up_to(1, false));
        assert_eq!((found.files.len(), found.limited), (MOST_FILES, Some(Limit::Files)));
        let found = find(root.path(), Search::up_to(0, false));
        assert_eq!((found.files.len(), found.limited), (MOST_FILES + 1, None));
    }

    #[test]
    fn a_single_file_is_its_own_tree() {
        let root = tree();
        let found = find(&root.path().join("b.txt"), ALL);
        assert_eq!((found.files.len(), found.bytes), (1, 10));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_special_files_are_counted_and_not_followed() {
        let root = tree();
        std::os::unix::fs::symlink(root.path(), root.path().join("a/circle"))
            .expect("can be linked");
        let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket"))
            .expect("can be bound");
        let found = find(root.path(), ALL);
        assert_eq!((found.files.len(), found.not_files), (5, 2));
    }
}
