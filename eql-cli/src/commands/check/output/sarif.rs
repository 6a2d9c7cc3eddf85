//! SARIF 2.1.0.

use eql_grammar::diag::{Code, Diagnostic};
use eql_grammar::report::SourceText;
use eql_grammar::span::Span;
use serde_json::{Value, json};

use super::level;

const BOOK: &str = "https://github.com/eql-rs/eql/blob/main/docs/diagnostics.md";

/// The whole log of one run.
pub(super) fn log(results: Vec<Value>) -> Value {
    let rules: Vec<Value> = Code::ALL.iter().map(|code| rule(*code)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "eql",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: Code) -> Value {
    let level = if code.lint_name().is_some() { "warning" } else { "error" };
    let name = code.as_str();
    json!({
        "id": name,
        "shortDescription": { "text": code.explain().trim() },
        "helpUri": format!("{BOOK}#{}", name.to_ascii_lowercase()),
        "defaultConfiguration": { "level": level },
    })
}

/// One finding.
pub(super) fn result(source: &SourceText<'_>, diagnostic: &Diagnostic) -> Value {
    let mut text = diagnostic.message.clone();
    if !diagnostic.label.is_empty() {
        text.push_str(": ");
        text.push_str(&diagnostic.label);
    }
    for more in diagnostic.notes.iter().chain(&diagnostic.help) {
        text.push('\n');
        text.push_str(more);
    }
    let index = Code::ALL.iter().position(|code| *code == diagnostic.code);
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "ruleIndex": index,
        "level": level(diagnostic),
        "message": { "text": text },
        "locations": [location(source, diagnostic.span, None)],
    });
    if !diagnostic.related.is_empty() {
        let related =
            diagnostic.related.iter().map(|(span, text)| location(source, *span, Some(text)));
        result["relatedLocations"] = related.collect();
    }
    if let Some(patch) = &diagnostic.patch {
        result["fixes"] = json!([{
            "description": { "text": "what to write instead" },
            "artifactChanges": [{
                "artifactLocation": { "uri": uri(source) },
                "replacements": [{
                    "deletedRegion": region(source, patch.span),
                    "insertedContent": { "text": patch.replacement },
                }],
            }],
        }]);
    }
    result
}

fn location(source: &SourceText<'_>, span: Span, message: Option<&str>) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(source) },
            "region": region(source, span),
        },
    });
    if let Some(text) = message {
        location["message"] = json!({ "text": text });
    }
    location
}

fn region(source: &SourceText<'_>, span: Span) -> Value {
    let (start, end) = (source.line_col(span.start), source.line_col(span.end));
    json!({
        "startLine": start.0,
        "startColumn": start.1,
        "endLine": end.0,
        "endColumn": end.1,
    })
}

/// The path as a relative or `file:` reference: `/` between folders, and `%` before what a
/// reference does not have.
fn uri(source: &SourceText<'_>) -> String {
    let path = source.path.unwrap_or_default().replace('\\', "/");
    let mut uri = String::with_capacity(path.len());
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with('/') {
        uri.push_str("file://");
    } else if drive {
        uri.push_str("file:///");
    }
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            b':' if drive => uri.push(':'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references() {
        for (path, wanted) in [
            ("rules/a b.toml", "rules/a%20b.toml"),
            ("./rules/é.toml", "rules/%C3%A9.toml"),
            ("/tmp/a.toml", "file:///tmp/a.toml"),
            (r"C:\rules\a.toml", "file:///C:/rules/a.toml"),
        ] {
            assert_eq!(uri(&SourceText::new(Some(path), "")), wanted);
        }
    }
}
