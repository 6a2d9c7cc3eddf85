//! Files that a subcommand makes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::convert::file_stem;
use crate::exit::Error;
use crate::load::shown;

/// Names for files in a folder, each given once.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// The name of a file for a rule of this title, such as `a_rule.toml`, or `a_rule_2.toml` after another one.
    pub(crate) fn of(&mut self, title: &str, extension: &str) -> String {
        let stem = file_stem(title);
        let mut name = format!("{stem}.{extension}");
        let mut count = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{stem}_{count}.{extension}");
            count += 1;
        }
        name
    }
}

/// Whether `-o` names a file, and not a folder.
pub(crate) fn is_file(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    !path.is_dir() && extension.is_some_and(|extension| extensions.contains(&extension))
}

/// Refuses to go on where one of the files is there already.
pub(crate) fn refuse_existing<'a>(
    paths: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), Error> {
    match paths.into_iter().find(|path| path.exists()) {
        Some(path) => {
            let name = shown(path);
            Err(Error::Message(format!("`{name}` is there already; `--force` writes over it")))
        }
        None => Ok(()),
    }
}

/// Writes a file, and the folder that it is in.
pub(crate) fn file(path: &Path, text: &str) -> Result<(), Error> {
    let cannot = |error| Error::Message(format!("cannot write `{}`: {error}", shown(path)));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    fs::write(path, text).map_err(cannot)
}
