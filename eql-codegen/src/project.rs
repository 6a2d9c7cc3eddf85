//! The package that a macro is used in: its `eql.toml`.

use std::path::{Path, PathBuf};

use eql_grammar::config::{self, Config, Lints};
use eql_grammar::diag::{Code, Diagnostic, Diagnostics};
use eql_grammar::rule::Settings;
use eql_grammar::schema::Schema;
use eql_grammar::span::Span as TextSpan;
use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::report;
use crate::source::{FileMap, Source, SourceMap};

/// What every macro of a package shares.
pub(crate) struct Project {
    pub(crate) schema: Schema,
    pub(crate) config: Config,
    /// `CARGO_MANIFEST_DIR`, where the macro runs under cargo.
    pub(crate) root: PathBuf,
    file: Option<(PathBuf, String)>,
    diags: Diagnostics,
}

impl Project {
    /// Reads `eql.toml` beside the package's `Cargo.toml`, where there is one.
    pub(crate) fn load() -> Self {
        let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        Self::at(root)
    }

    pub(crate) fn at(root: PathBuf) -> Self {
        let path = root.join("eql.toml");
        let mut diags = Diagnostics::new();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                let message = format!("cannot read `eql.toml`: {error}");
                diags.push(Diagnostic::new(Code::CannotRead, TextSpan::default(), message));
                None
            }
        };
        let (config, found) = config::parse_config(text.as_deref().unwrap_or_default());
        diags.append(found);
        let schema = config.schema();
        Self { schema, config, root, file: text.map(|text| (path, text)), diags }
    }

    /// What a rule is checked with; `lints` are those of the rule and of the project.
    pub(crate) fn settings<'a>(&'a self, lints: &'a Lints) -> Settings<'a> {
        Settings { schema: &self.schema, lints, attack: self.config.attack }
    }

    /// What is wrong with `eql.toml`.
    pub(crate) fn errors(&self) -> TokenStream {
        let shown = self.file.as_ref().map_or("", |(_, text)| text).to_owned();
        let map = FileMap { span: Span::call_site(), path: "eql.toml".to_owned(), shown };
        let source = Source { text: String::new(), map: SourceMap::File(map) };
        report::all(self.diags.as_slice(), &source)
    }

    /// A path as it is shown: from the folder of `Cargo.toml` on.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Makes an edit of `eql.toml` a reason to build again.
    pub(crate) fn tracked(&self) -> TokenStream {
        track(self.file.iter().map(|(path, _)| path.as_path()))
    }
}

/// Makes an edit of one of the files a reason to build again. One item for all: a thousand take the compiler a while.
pub(crate) fn track<'a>(paths: impl IntoIterator<Item = &'a Path>) -> TokenStream {
    let paths: Vec<_> = paths.into_iter().map(Path::to_string_lossy).collect();
    if paths.is_empty() {
        return TokenStream::new();
    }
    quote!(
        const _: &[&[::core::primitive::u8]] = &[#(::core::include_bytes!(#paths)),*];
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(eql_toml: &str) -> String {
        let root = std::env::temp_dir().join(format!("eql-project-{}", std::process::id()));
        std::fs::create_dir_all(&root).expect("a folder");
        std::fs::write(root.join("eql.toml"), eql_toml).expect("a file");
        let project = Project::at(root.clone());
        std::fs::remove_dir_all(root).expect("the folder");
        project.errors().to_string()
    }

    #[test]
    fn errors_of_eql_toml_name_the_file_and_the_line() {
        let shown = messages("[fields]\n\"acme.score\" = \"integr\"\n");
        assert_eq!(shown.matches("compile_error").count(), 1, "{shown}");
        assert!(shown.contains("eql.toml:2:16"), "{shown}");
        assert!(shown.contains("did you mean `integer`?"), "{shown}");
        assert_eq!(messages("[fields]\n\"acme.score\" = \"long\"\n"), "");
    }

    #[test]
    fn a_package_needs_no_eql_toml() {
        let project = Project::at(PathBuf::from("nowhere"));
        assert!(project.errors().is_empty() && project.tracked().is_empty());
        assert_eq!(
            project.shown(Path::new("nowhere/rules/a.toml")),
            Path::new("rules/a.toml").display().to_string()
        );
        assert_eq!(
            project.shown(Path::new("elsewhere/a.toml")),
            Path::new("elsewhere/a.toml").display().to_string()
        );
    }
}
