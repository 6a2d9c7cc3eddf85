//! The rules that a subcommand works on, for those that need rules without errors.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};

use eql_grammar::diag::{Diagnostic, Level};
use eql_grammar::report::{SourceText, render_one};

use crate::cli::{Color, ReadArgs};
use crate::exit::Error;
use crate::load::{self, Contents, Loaded, Loader, Options, Source};

/// What was read.
pub(crate) struct Picked {
    /// Each text with its rules. Those with an error have no [`Loaded::rule`].
    pub(crate) sources: Vec<(Source, Contents)>,
    /// How many rules have an error, which was shown.
    pub(crate) broken: usize,
}

impl Picked {
    /// The rules without errors, each with the text that it stands in.
    pub(crate) fn rules(
        &self,
    ) -> impl Iterator<Item = (&Source, &Loaded, &eql_grammar::rule::Rule)> {
        self.sources.iter().flat_map(|(source, contents)| {
            let whole = |loaded: &'_ Loaded| loaded.rule.is_some();
            let rules = contents.rules.iter().filter(move |loaded| whole(loaded));
            rules.filter_map(move |loaded| Some((source, loaded, loaded.rule.as_ref()?)))
        })
    }
}

/// Reads all rules of files and folders. Errors of rules are shown on standard error, lints are not.
///
/// # Errors
/// Where something cannot be read, or there is no rule.
pub(crate) fn rules(paths: &[PathBuf], read: &ReadArgs, color: Color) -> Result<Picked, Error> {
    let loader = loader(read)?;
    let sources = loader.read_all(&load::find(paths)?, || ())?;
    if sources.iter().all(|(_, contents)| contents.rules.is_empty() && contents.not_eql == 0) {
        return Err(Error::Message("no rule was found".to_owned()));
    }
    Ok(picked(sources, color))
}

/// Reads the one rule of a file, or the one of several that has this id or name.
///
/// # Errors
/// Where it cannot be read, has an error (which is shown), or is not the only one.
pub(crate) fn one(
    path: &Path,
    wanted: Option<&str>,
    read: &ReadArgs,
    color: Color,
) -> Result<(Source, Loaded), Error> {
    let picked = rules(&[path.to_owned()], read, color)?;
    let broken = picked.broken;
    let is_wanted = |loaded: &Loaded| wanted.is_none_or(|wanted| is(loaded, wanted));
    let mut found = Vec::new();
    for (source, contents) in picked.sources {
        // A file with one rule, which is by far the most of them, moves it out; its text comes along.
        let mut rules = contents.rules.into_iter().filter(is_wanted);
        if let Some(first) = rules.next() {
            found.extend(rules.map(|loaded| (None, loaded)));
            found.push((Some(source), first));
        }
    }
    let shown = load::shown(path);
    match (found.pop(), found.is_empty()) {
        (Some((Some(source), loaded)), true) if loaded.rule.is_some() => Ok((source, loaded)),
        (Some(_), true) => Err(Error::Message(format!("the rule of `{shown}` has errors"))),
        (Some(_), false) => Err(Error::Message(format!(
            "`{shown}` has {} rules: name one of them with `--rule`, by its `rule_id` or name",
            found.len() + 1
        ))),
        (None, _) if broken > 0 => {
            Err(Error::Message(format!("the rules of `{shown}` have errors")))
        }
        (None, _) => Err(Error::Message(match wanted {
            Some(wanted) => format!("`{shown}` has no rule `{wanted}`"),
            None => format!("`{shown}` has no EQL rule"),
        })),
    }
}

/// Whether a rule has this id or name.
pub(crate) fn is(loaded: &Loaded, wanted: &str) -> bool {
    let name = loaded.rule.as_ref().map(|rule| rule.meta.name.as_str());
    loaded.rule_id.as_deref() == Some(wanted) || name == Some(wanted)
}

/// Reads rules as the command line says, lints at the levels that the rules' own files give them.
///
/// # Errors
/// Where the `eql.toml` that it names cannot be read.
pub(crate) fn loader(read: &ReadArgs) -> Result<Loader, Error> {
    Loader::new(Options {
        config: read.config.clone(),
        dialect: read.dialect.map(Into::into),
        ..Options::default()
    })
}

fn picked(sources: Vec<(Source, Contents)>, color: Color) -> Picked {
    let color = crate::colored(color, &io::stderr());
    let mut broken = 0;
    for (source, contents) in &sources {
        for loaded in contents.rules.iter().filter(|loaded| loaded.rule.is_none()) {
            broken += 1;
            for frame in errors(source, loaded, color) {
                eprintln!("{frame}\n");
            }
        }
    }
    Picked { sources, broken }
}

/// The errors of a rule, in frames.
pub(crate) fn errors(source: &Source, loaded: &Loaded, color: bool) -> Vec<String> {
    let mut frames = Vec::new();
    let show = |place: &SourceText<'_>, diagnostic: &Diagnostic| {
        if diagnostic.level == Level::Error {
            frames.push(render_one(diagnostic, place, color));
        }
        Ok::<(), Infallible>(())
    };
    let Ok(()) = source.for_each_finding(loaded, show);
    frames
}
