//! What diagnostics look like. The cases of `testdata/err` show most of it.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use eql_grammar::{
    diag::{Code, Diagnostic},
    report::{SourceText, line_col, render, render_one},
    span::Span,
};

fn place(text: &str, part: &str) -> Span {
    let start = u32::try_from(text.find(part).unwrap()).unwrap();
    Span::new(start, start + u32::try_from(part.len()).unwrap())
}

#[test]
fn everything_of_a_diagnostic_shows() {
    let text = "sequence by host.id\n  [process where true]\n  [file where true] by user.id";
    let error = Diagnostic::new(
        Code::KeyCount,
        place(text, "by user.id"),
        "2 keys where the first term has 1",
    )
    .label("expected 1 key")
    .related(place(text, "[process where true]"), "the first term")
    .note("keys are compared one by one")
    .help("give every term as many keys")
    .patch(place(text, " by user.id"), "");
    let source = SourceText { path: Some("rules/a.toml"), text, first_line: 12, first_column: 1 };
    let expected = r"
error[EQL-E202]: 2 keys where the first term has 1
  --> rules/a.toml:14:21
   |
13 |   [process where true]
   |   -------------------- the first term
14 |   [file where true] by user.id
   |                     ^^^^^^^^^^ expected 1 key
   |
   = note: keys are compared one by one
   = help: give every term as many keys
   = help: leave ` by user.id` out";
    assert_eq!(render_one(&error, &source, false), expected.trim_start());
}

#[test]
fn a_lint_is_a_warning_with_its_name() {
    let text = "file where file.path like \"*a*b*c*\"";
    let warning =
        Diagnostic::new(Code::SlowWildcard, place(text, "\"*a*b*c*\""), "a slow wildcard");
    let expected = r#"
warning[slow_wildcard]: a slow wildcard
 --> a.eql:1:27
  |
1 | file where file.path like "*a*b*c*"
  |                           ^^^^^^^^^"#;
    assert_eq!(
        render_one(&warning, &SourceText::new(Some("a.eql"), text), false),
        expected.trim_start()
    );
}

#[test]
fn a_text_inside_a_file_keeps_its_column() {
    let text = "process where true;\nand x";
    let source = SourceText { path: Some("src/lib.rs"), text, first_line: 7, first_column: 15 };
    let error = Diagnostic::new(Code::UnexpectedCharacter, place(text, ";"), "unexpected");
    let expected = r"
error[EQL-E002]: unexpected
 --> src/lib.rs:7:33
  |
7 |               process where true;
  |                                 ^";
    assert_eq!(render_one(&error, &source, false), expected.trim_start());
    assert_eq!(source.line_col(error.span.start), (7, 33));
    assert_eq!(source.line_col(place(text, "and").start), (8, 1));
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!(
        "process where process.name in ({} oops {})",
        "\"a\", ".repeat(5_000),
        "\"b\", ".repeat(5_000)
    );
    let error = Diagnostic::new(Code::Syntax, place(&text, "oops"), "unexpected").label("here");
    let shown = render_one(&error, &SourceText::new(None, &text), false);
    assert!(shown.contains("oops") && shown.contains("^^^^ here"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() < 200), "{shown}");
}

#[test]
fn places_outside_the_text_and_inside_characters_do_not_panic() {
    let text = "é where 😀";
    for start in 0..20 {
        for end in 0..20 {
            let error = Diagnostic::new(Code::Syntax, Span::new(start, end), "m")
                .related(Span::new(end, start), "r")
                .patch(Span::new(start, end), "x");
            for text in [text, "", "\n", "\r\n\t"] {
                assert!(render_one(&error, &SourceText::new(None, text), true).contains('m'));
            }
        }
    }
}

#[test]
fn color_is_only_there_when_asked_for() {
    let error = Diagnostic::new(Code::Syntax, Span::new(0, 1), "m");
    let source = SourceText::new(None, "a");
    assert!(!render_one(&error, &source, false).contains('\u{1b}'));
    assert!(render_one(&error, &source, true).contains('\u{1b}'));
}

#[test]
fn diagnostics_stand_apart() {
    let error = Diagnostic::new(Code::Syntax, Span::new(0, 1), "m");
    let source = SourceText::new(None, "a");
    let one = render_one(&error, &source, false);
    assert_eq!(render(&[error.clone(), error], &source, false), format!("{one}\n\n{one}"));
    assert_eq!(render(&[], &source, false), "");
}

#[test]
fn lines_and_columns_count_characters_from_one() {
    let text = "aé\r\n😀b\n";
    let cases = [
        (0, (1, 1)),
        (1, (1, 2)),
        (2, (1, 2)),
        (3, (1, 3)),
        (5, (2, 1)),
        (9, (2, 2)),
        (10, (2, 3)),
        (11, (3, 1)),
        (99, (3, 1)),
    ];
    for (offset, expected) in cases {
        assert_eq!(line_col(text, offset), expected, "{offset}");
    }
}
