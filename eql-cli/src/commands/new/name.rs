//! Names of packages, by the rules of Cargo.

use std::path::Path;

/// Keywords of Rust, which no crate can be named.
const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names that devices have on Windows, where no file can have them.
const DEVICES: [&str; 22] = [
    "aux", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "con", "lpt1",
    "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "nul", "prn",
];

/// The name of the package in a folder.
///
/// # Errors
/// Why the folder's name is none, and what is allowed.
pub(super) fn of(path: &Path) -> Result<String, String> {
    let last = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match wrong(last) {
        None => Ok(last.to_owned()),
        Some(why) => Err(format!(
            "`{last}` is no name of a package: {why}; use ASCII letters, digits, `-` and `_`, as in `my-sensor`"
        )),
    }
}

fn wrong(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let name_of_crate = name.replace('-', "_");
    if name.is_empty() {
        Some("it is empty")
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        Some("it starts with a digit")
    } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        Some("it has another character")
    } else if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || name == "_" {
        Some("it starts with no letter")
    } else if KEYWORDS.contains(&name_of_crate.as_str()) {
        Some("it is a keyword of Rust")
    } else if ["alloc", "core", "proc_macro", "std", "test"].contains(&name_of_crate.as_str()) {
        Some("a crate of Rust itself has it")
    } else if ["build", "deps", "examples", "incremental"].contains(&name) {
        Some("Cargo has a folder of that name beside its programs")
    } else if DEVICES.contains(&lower.as_str()) {
        Some("Windows has a device of that name")
    } else if ["eql", "eql_eval", "eql_sensor"].contains(&name_of_crate.as_str()) {
        Some("the package depends on a crate of that name")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::of;

    #[test]
    fn names_are_those_that_cargo_takes() {
        for name in ["demo", "my-sensor", "a_1", "_x", "Demo", "tests", "match-all"] {
            assert_eq!(of(Path::new(name)), Ok(name.to_owned()));
            assert_eq!(of(&Path::new("some/where").join(name)), Ok(name.to_owned()));
        }
        for (name, why) in [
            ("", "empty"),
            ("..", "empty"),
            ("1st", "digit"),
            ("a b", "another character"),
            ("a.b", "another character"),
            ("d\u{e9}mo", "another character"),
            ("-a", "no letter"),
            ("_", "no letter"),
            ("match", "keyword"),
            ("proc-macro", "of Rust itself"),
            ("test", "of Rust itself"),
            ("deps", "folder"),
            ("NUL", "device"),
            ("eql-sensor", "depends"),
        ] {
            let message = of(Path::new(name)).expect_err(name);
            assert!(message.contains(why) && message.contains("my-sensor"), "{name}: {message}");
        }
    }
}
