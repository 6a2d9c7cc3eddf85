//! `eql new`, from the outside.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::{eql, err, folder, out};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Runs cargo in a package that was made, without a network.
fn cargo(package: &Path, args: &[&str]) -> Output {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // With the target of the workspace, and macros built as there, most is built already.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target");
    cargo
        .current_dir(package)
        .args(args)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_PROFILE_DEV_BUILD_OVERRIDE_OPT_LEVEL", "0")
        .env("CARGO_NET_OFFLINE", "true");
    cargo.output().expect("cargo runs")
}

#[track_caller]
fn succeeds(output: &Output) {
    let said = err(output);
    assert!(output.status.success(), "{}{said}", out(output));
    assert!(!said.contains("warning"), "{said}");
}

/// What is made works at once: it is built, tested and run, without a warning.
#[test]
fn a_package_works_at_once() {
    let folder = folder(&[]);
    let checkout = checkout();
    let made =
        eql(folder.path(), &["new", "demo", "--path-to-eql", checkout.to_str().expect("UTF-8")]);
    assert!(made.status.success(), "{}", err(&made));
    assert!(err(&made).starts_with("     Created sensor `demo` in `demo`\n"), "{}", err(&made));
    let demo = folder.path().join("demo");
    // The versions that the workspace was built with are those that are there without a network.
    fs::copy(checkout.join("Cargo.lock"), demo.join("Cargo.lock")).expect("a file");

    succeeds(&cargo(&demo, &["fmt", "--check"]));
    let tested = cargo(&demo, &["test"]);
    succeeds(&tested);
    assert!(out(&tested).contains("test fixtures ... ok"), "{}", out(&tested));
    let hunt = cargo(&demo, &["run", "--", "hunt", "events.ndjson", "--quiet"]);
    succeeds(&hunt);
    let alerts = out(&hunt);
    assert_eq!(alerts.lines().count(), 1, "{alerts}");
    assert!(alerts.contains("created high alert Script Host Started by Office"), "{alerts}");
    succeeds(&cargo(&demo, &["clippy", "--all-targets", "--", "-D", "warnings"]));

    let checked = eql(&demo, &["check", ".", "--deny", "warnings"]);
    assert_eq!((checked.status.code(), out(&checked).as_str()), (Some(0), ""));
    let tested = eql(&demo, &["test", ".", "--require-fixtures"]);
    assert_eq!((tested.status.code(), out(&tested).as_str()), (Some(0), ""));
}

#[test]
fn nothing_is_overwritten() {
    let folder = folder(&[("demo/note.txt", "mine")]);
    for path in ["demo", "./demo", "demo/note.txt"] {
        let output = eql(folder.path(), &["new", path]);
        assert_eq!(output.status.code(), Some(2), "{path}");
    }
    assert!(err(&eql(folder.path(), &["new", "demo"])).contains("`demo` exists already"));
    assert_eq!(fs::read_dir(folder.path().join("demo")).expect("a folder").count(), 1);
}

#[test]
fn names_and_checkouts_are_looked_at_first() {
    let folder = folder(&[]);
    for (args, said) in [
        (&["1st"][..], "starts with a digit"),
        (&["match"], "a keyword of Rust"),
        (&["demo", "--path-to-eql", "nowhere"], "cannot find `nowhere`"),
        (&["demo", "--path-to-eql", "."], "`.` is no checkout of eql"),
        (&[], "required"),
    ] {
        let output = eql(folder.path(), &[&["new"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(err(&output).contains(said), "{args:?}: {}", err(&output));
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

/// By version, by the path of the checkout that the command runs in, and below a workspace.
#[test]
fn the_crates_of_eql_are_found() {
    let manifest = |path: PathBuf| fs::read_to_string(path.join("Cargo.toml")).expect("a file");
    let package = |name: &str| format!("[package]\nname = \"{name}\"\n");
    let folder = folder(&[
        ("eql/Cargo.toml", &format!("[workspace]\n{}", package("eql"))),
        ("eql/eql-sensor/Cargo.toml", &package("eql-sensor")),
        ("eql/eql-eval/Cargo.toml", &package("eql-eval")),
        ("eql/docs/page.md", ""),
        ("elsewhere/page.md", ""),
    ]);
    let root = folder.path().canonicalize().expect("a folder");
    let made = eql(&root.join("elsewhere"), &["new", "deeply/my-sensor", "--quiet"]);
    assert_eq!((made.status.code(), err(&made).as_str()), (Some(0), ""));
    let by_version = manifest(root.join("elsewhere/deeply/my-sensor"));
    assert!(by_version.contains("\neql = \"0.1\"\neql-sensor = \"0.1\"\n"), "{by_version}");
    assert!(!by_version.contains("[workspace]"), "{by_version}");
    let main =
        fs::read_to_string(root.join("elsewhere/deeply/my-sensor/src/main.rs")).expect("a file");
    assert!(main.contains("main!(my_sensor::pack)"), "{main}");

    eql(&root.join("eql/docs"), &["new", "inside"]);
    let by_path = manifest(root.join("eql/docs/inside"));
    let eql_eval = format!("eql-eval = {{ path = \"{}\" }}", root.join("eql/eql-eval").display());
    assert!(by_path.contains(&eql_eval), "{by_path}");
    assert!(by_path.ends_with("\n[workspace]\n"), "{by_path}");

    for package in ["elsewhere/deeply/my-sensor", "eql/docs/inside"] {
        for file in [
            "README.md",
            "src/lib.rs",
            "src/main.rs",
            "tests/fixtures.rs",
            "Cargo.toml",
            ".github/workflows/ci.yml",
        ] {
            let text = fs::read_to_string(root.join(package).join(file)).expect(file);
            assert!(!text.contains("{{") && text.ends_with('\n'), "{file}: {text}");
        }
    }
}
