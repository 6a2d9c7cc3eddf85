//! `eql_eval::fixtures!`: the fixtures of a folder against compiled rules.

eql::rules! { mod pack = "tests/data/pack" }

#[eql::rule(path = "tests/data/pack/command_shell.toml")]
struct CommandShell;

#[eql::rule(path = "tests/data/pack/temporary_executable.toml")]
struct TemporaryExecutable;

eql::rules! { mod types = [CommandShell, TemporaryExecutable] }

eql_eval::fixtures!(pack, "tests/data/pack");
eql_eval::fixtures!(crate::types, "tests/data/pack", fixtures_of_types);

eql_eval::fixtures! {
    #[should_panic(expected = "wrong.test.toml:4: a shell that is none
    expected 1 alert, found none
    event 1: `process.name : (\"cmd.exe\", \"command.com\")` is false: process.name is \"powershell.exe\"")]
    pack, "tests/data/fixtures/wrong/wrong.test.toml", a_case_that_is_not_as_expected_fails
}

eql_eval::fixtures! {
    #[should_panic(expected = "is not in the pack")]
    pack, "tests/data/fixtures/elsewhere", a_rule_that_is_not_in_the_pack_fails
}

eql_eval::fixtures! {
    #[should_panic(expected = "there is no fixture in `src`")]
    pack, "src", a_folder_without_fixtures_fails
}

/// What is beside the rules are no rules.
#[test]
fn a_set_passes_fixtures_over() {
    assert_eq!(pack::RULES.len(), 2);
}
