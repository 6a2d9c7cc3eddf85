//! What compiles, and what the compiler says of what does not.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the expected output anew; read what it changed.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// The compiler whose output is expected; others say the same in other words.
const RUSTC: &str = "rustc 1.95.";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[test]
fn fail() {
    if prepared() {
        trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
    }
}

/// Apart from those that fail, which are then checked by a single run of cargo.
#[test]
fn pass() {
    if prepared() {
        trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
    }
}

/// Whether the cases can be compiled here.
fn prepared() -> bool {
    static PACKAGE: Once = Once::new();
    let found = version().expect("a compiler to ask for its version");
    if !found.starts_with(RUSTC) {
        println!("skipped: the expected output is that of {RUSTC}*, this is {}", found.trim());
        return false;
    }
    PACKAGE.call_once(|| {
        let package = package().expect("a target directory");
        copy(Path::new("tests/ui/package"), &package).expect("a package for the cases");
    });
    true
}

fn version() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output()?;
    Ok(String::from_utf8(output.stdout)?)
}

/// The package that `trybuild` compiles the cases in: what they name beside its `Cargo.toml` must be there.
fn package() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output =
        Command::new(cargo).args(["metadata", "--no-deps", "--format-version=1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let target = metadata["target_directory"].as_str().ok_or("no target directory")?;
    Ok(Path::new(target).join("tests/trybuild").join(env!("CARGO_PKG_NAME")))
}

/// Makes folders below `to` the same as those below `from`.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if to.exists() {
                fs::remove_dir_all(&to)?;
            }
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
