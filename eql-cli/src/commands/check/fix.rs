//! `--fix`: the patches of diagnostics, written into the files.

use std::fs;

use eql_grammar::diag::{Diagnostic, Level, Patch};

use crate::exit::Error;
use crate::load::{Contents, Loader, Source};

/// How often a file is patched and read again: one patch may make room for another.
const ROUNDS: usize = 8;

/// Applies every patch to a source and its file; gives how many. `contents` are those of the new
/// text then.
///
/// A set of patches that adds an error is not applied.
pub(super) fn apply(
    loader: &Loader,
    source: &mut Source,
    contents: &mut Contents,
) -> Result<usize, Error> {
    let mut applied = 0;
    for _ in 0..ROUNDS {
        let patches = patches(contents);
        if patches.is_empty() {
            break;
        }
        let before = std::mem::take(&mut source.text);
        source.text = patched(&before, &patches);
        let now = loader.contents(source);
        if errors(&now) > errors(contents) || source.text == before {
            source.text = before;
            break;
        }
        applied += patches.len();
        *contents = now;
    }
    if applied > 0 {
        fs::write(&source.name, &source.text)
            .map_err(|error| Error::Message(format!("cannot write `{}`: {error}", source.name)))?;
    }
    Ok(applied)
}

fn errors(contents: &Contents) -> usize {
    let of = |list: &[Diagnostic]| list.iter().filter(|d| d.level == Level::Error).count();
    contents.rules.iter().map(|rule| of(&rule.diagnostics)).sum()
}

/// The patches that do not touch each other, from the end of the text to its start.
fn patches(contents: &Contents) -> Vec<Patch> {
    let all = contents.rules.iter().flat_map(|rule| &rule.diagnostics);
    let mut patches: Vec<Patch> = all.filter_map(|diagnostic| diagnostic.patch.clone()).collect();
    patches.sort_by_key(|patch| (patch.span.start, patch.span.end));
    let mut end = 0;
    patches.retain(|patch| {
        let free = patch.span.start >= end;
        if free {
            end = patch.span.end.max(patch.span.start + 1);
        }
        free
    });
    patches.reverse();
    patches
}

fn patched(text: &str, patches: &[Patch]) -> String {
    let mut new = text.to_owned();
    for patch in patches {
        if new.get(patch.span.range()).is_some() {
            new.replace_range(patch.span.range(), &patch.replacement);
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use eql_grammar::diag::Patch;
    use eql_grammar::span::Span;

    use super::patched;

    #[test]
    fn patches_are_applied_from_the_end() {
        let patch = |start, end, text: &str| Patch {
            span: Span::new(start, end),
            replacement: text.to_owned(),
        };
        let new = patched("abcdef", &[patch(4, 6, ""), patch(1, 2, "xyz")]);
        assert_eq!(new, "axyzcd");
        assert_eq!(patched("é", &[patch(1, 2, "x")]), "é");
    }
}
