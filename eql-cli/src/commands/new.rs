//! `eql new`

mod name;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::exit::{Error, Exit};
use crate::load::shown;

const ABOUT: &str = "\
Makes a package that is a sensor: a rule with its fixture, the program around it, and its tests.

PATH is the folder to make; its last part is the name of the package. What is there already is never
changed. The package depends on the crates of eql by version or, with --path-to-eql and anywhere inside
a checkout of eql, by path. Below a Cargo workspace it is a workspace of its own.";

const AFTER: &str = "\
Exit codes:
  0  the package is there
  2  wrong usage, the folder exists, or something could not be written

Examples:
  eql new demo && cd demo
  cargo run -- hunt events.ndjson    the rule finds one alert in the sample events
  cargo test                         the fixture, against the compiled rule
  eql test rules/                    the same without a build";

/// `eql new`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
    /// The folder to make; its last part is the name of the package.
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,

    /// Depend on the crates of eql in this checkout.
    #[arg(long, value_name = "DIR")]
    pub(crate) path_to_eql: Option<PathBuf>,

    /// Say nothing.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Each file of a package with its template. What Cargo or Git would take for their own has another name among the
/// templates, and so has what is no Rust before it is filled in.
const FILES: [(&str, &str); 12] = [
    ("Cargo.toml", include_str!("../../templates/new/Cargo.toml.in")),
    (".gitignore", include_str!("../../templates/new/gitignore.in")),
    (".github/workflows/ci.yml", include_str!("../../templates/new/ci.yml.in")),
    ("README.md", include_str!("../../templates/new/README.md.in")),
    ("build.rs", include_str!("../../templates/new/build.rs.in")),
    ("eql.toml", include_str!("../../templates/new/eql.toml")),
    ("events.ndjson", include_str!("../../templates/new/events.ndjson")),
    (
        "rules/execution_script_host_by_office.toml",
        include_str!("../../templates/new/rules/execution_script_host_by_office.toml"),
    ),
    (
        "rules/execution_script_host_by_office.test.toml",
        include_str!("../../templates/new/rules/execution_script_host_by_office.test.toml"),
    ),
    ("src/lib.rs", include_str!("../../templates/new/src/lib.rs.in")),
    ("src/main.rs", include_str!("../../templates/new/src/main.rs.in")),
    ("tests/fixtures.rs", include_str!("../../templates/new/tests/fixtures.rs.in")),
];

/// The versions that the package takes of the crates of eql.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// Makes the package.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let name = name::of(&args.path).map_err(Error::Message)?;
    let path =
        std::path::absolute(&args.path).map_err(|error| cannot("find", &args.path, &error))?;
    if fs::symlink_metadata(&path).is_ok() {
        return Err(Error::Message(format!("`{}` exists already", shown(&args.path))));
    }
    let checkout = checkout(args)?;
    let words = words(&name, checkout.as_deref(), is_below_workspace(&path));
    for (file, template) in FILES {
        let file = path.join(file);
        let folder = file.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
        fs::write(&file, filled(template, &words))
            .map_err(|error| cannot("write", &file, &error))?;
    }
    if !args.quiet {
        let shown = shown(&args.path);
        eprintln!("     Created sensor `{name}` in `{shown}`");
        eprintln!("       Next: cd {shown} && cargo run -- hunt events.ndjson");
    }
    Ok(Exit::Clean)
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::Message(format!("cannot {what} `{}`: {error}", shown(path)))
}

/// The checkout of eql to depend on: the one that was named, or the one that this runs in.
fn checkout(args: &Args) -> Result<Option<PathBuf>, Error> {
    if let Some(path) = &args.path_to_eql {
        let folder = path.canonicalize().map_err(|error| cannot("find", path, &error))?;
        if !is_checkout(&folder) {
            let message = format!(
                "`{}` is no checkout of eql: expected the folders `eql-sensor` and `eql-eval` in it",
                shown(path)
            );
            return Err(Error::Message(message));
        }
        return Ok(Some(folder));
    }
    let here = std::env::current_dir()
        .map_err(|error| Error::Message(format!("cannot find the current folder: {error}")))?;
    Ok(here.ancestors().find(|folder| is_checkout(folder)).map(Path::to_owned))
}

fn is_checkout(folder: &Path) -> bool {
    let is_named = |manifest: &str, name: &str| {
        let text = fs::read_to_string(folder.join(manifest)).unwrap_or_default();
        text.lines().any(|line| line.trim() == format!("name = \"{name}\""))
    };
    is_named("Cargo.toml", "eql")
        && is_named("eql-sensor/Cargo.toml", "eql-sensor")
        && is_named("eql-eval/Cargo.toml", "eql-eval")
}

/// Whether Cargo would look for the package among the members of a workspace.
fn is_below_workspace(path: &Path) -> bool {
    path.ancestors().skip(1).any(|folder| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().any(|line| line.trim_start().starts_with("[workspace"))
    })
}

/// What stands in the templates for what.
fn words(
    name: &str,
    checkout: Option<&Path>,
    is_below_workspace: bool,
) -> Vec<(&'static str, String)> {
    // TOML and YAML take `/` on every system.
    let checkout = checkout.map(|folder| shown(folder).replace('\\', "/"));
    let dependency = |folder: &str| match &checkout {
        Some(root) => {
            let path = format!("{root}/{folder}");
            format!("{{ path = \"{}\" }}", path.trim_end_matches('/').replace('"', "\\\""))
        }
        None => format!("\"{VERSION}\""),
    };
    let (install, note) = match &checkout {
        Some(root) => (
            format!("cargo install --path \"{root}/eql-cli\""),
            "\nThe crates of eql are taken from a folder of this machine. For others, and for the workflow in `.github`, give \
             them a\nversion or a Git repository in `Cargo.toml` and `ci.yml`.\n",
        ),
        None => (format!("cargo install eql-cli --version ^{VERSION}"), ""),
    };
    let workspace = "\n# The workspace above does not take it in; remove this where it is to be a member.\n[workspace]\n";
    vec![
        ("name", name.to_owned()),
        ("crate", name.replace('-', "_")),
        ("rust", env!("CARGO_PKG_RUST_VERSION").to_owned()),
        ("eql", dependency("")),
        ("eql-sensor", dependency("eql-sensor")),
        ("eql-eval", dependency("eql-eval")),
        ("workspace", if is_below_workspace { workspace } else { "" }.to_owned()),
        ("install", install),
        ("note", note.to_owned()),
    ]
}

fn filled(template: &str, words: &[(&str, String)]) -> String {
    let fill = |text: String, (word, value): &(&str, String)| {
        text.replace(&format!("{{{{{word}}}}}"), value)
    };
    let text = words.iter().fold(template.to_owned(), fill);
    text.trim_end().to_owned() + "\n"
}
