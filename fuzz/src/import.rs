use eql_cli::convert::{
    Imported, Line, import_kibana_line, import_page, import_toml, object, write_page,
};
use eql_grammar::ast::Dialect;
use eql_grammar::attack;
use eql_grammar::config::Lints;
use eql_grammar::diag::Diagnostics;
use eql_grammar::meta::{Meta, build, derived_id};
use eql_grammar::rule::{Settings, check_file};
use eql_grammar::rule_file::{Format, RuleFile, parse_kibana_line, parse_rule_file};
use eql_grammar::schema::Schema;

/// A documentation page, an export of Kibana, or a rule file, whichever the text is, gives a rule file that says the same
/// or a reason; what comes out goes in again; and a rule without errors comes back from an export.
pub fn import(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(imported) = import_page(text) {
        let written = settled(imported);
        exports(&written);
    }
    if let Ok(imported) = import_toml(text) {
        let file = parse_rule_file(text).expect("what was imported is a rule file");
        let written = settled(imported);
        same_facts(&file, &written);
        exports(&written);
    }
    for line in text.lines().take(3) {
        if let Ok(Line::Rule(imported)) = import_kibana_line(line) {
            let file = parse_kibana_line(line, 0).expect("what was imported is JSON");
            let written = settled(*imported);
            same_facts(&file.expect("a rule"), &written);
            exports(&written);
        }
    }
}

/// The text of a rule, which is the same when it is read again and when it is written over itself.
fn settled(imported: Imported) -> String {
    let text = imported.text();
    let again = import_toml(&text).unwrap_or_else(|reason| panic!("{reason}: {text}"));
    assert_eq!(again.text(), text);
    let over = imported.over(&text).unwrap_or_else(|reason| panic!("{reason}: {text}"));
    assert_eq!(over.text(), text);
    text
}

/// What a rule says; `None` where it says something wrong.
fn facts(file: &RuleFile) -> Option<(Meta, String, Dialect, Vec<String>)> {
    let mut diags = Diagnostics::new();
    let mut meta = build(&file.raw, file.source(), &mut diags);
    // What a rule leaves out is derived from its name.
    meta.rule_id.get_or_insert_with(|| derived_id(&meta.name));
    meta.description.get_or_insert_with(|| meta.name.clone());
    // The fields that the query reads come with an export, and an empty list says nothing.
    let says = |key: &str, json: &str| key != "required_fields" && !["[]", "\"\""].contains(&json);
    meta.other.retain(|(key, json)| says(key, json));
    let query = file.query.text.trim_end().to_owned();
    (!diags.has_errors()).then(|| (meta, query, file.dialect, file.os_list.clone()))
}

fn same_facts(before: &RuleFile, written: &str) {
    let after = parse_rule_file(written).unwrap_or_else(|diags| panic!("{diags:?}: {written}"));
    assert_eq!(after.format, Format::Detection);
    if let Some(before) = facts(before) {
        assert_eq!(Some(before), facts(&after), "{written}");
    }
}

fn exports(text: &str) {
    let file = parse_rule_file(text).expect("it was written so");
    let lints = Lints::default();
    let settings =
        Settings { schema: Schema::builtin(), lints: &lints, attack: attack::Version::default() };
    let Some(rule) = check_file(&file, text, None, &settings).rule else { return };
    let page = write_page(&rule.meta, &file.query.text)
        .unwrap_or_else(|reason| panic!("no page: {reason}: {text}"));
    import_page(&page.text).unwrap_or_else(|reason| panic!("{reason}: {}", page.text));
    if file.dialect == Dialect::Endpoint {
        return;
    }
    let line = serde_json::Value::Object(object(&rule, &file.query.text)).to_string();
    let Ok(Line::Rule(back)) = import_kibana_line(&line) else { panic!("no rule: {line}") };
    let back = back.text();
    let back = parse_rule_file(&back).unwrap_or_else(|diags| panic!("{diags:?}: {back}"));
    // The compiler trims these two, too.
    let trimmed = |file: &RuleFile| {
        facts(file).map(|(mut meta, query, ..)| {
            meta.description = meta.description.map(|text| text.trim().to_owned());
            (meta, query.trim().to_owned())
        })
    };
    assert_eq!(trimmed(&file), trimmed(&back), "{line}");
}
