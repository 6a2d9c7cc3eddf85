//! `eql import` from the outside.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::fs;

use eql_grammar::ast::Dialect;
use support::{corpus, corpus_toml, eql, err, facts, out, seed_page, shipped_rule};

const PAGE: &str = "\
---
applies_to:
  stack: all
mapped_pages:
  - https://example.com/page.html
---

# Notes Written by a Program [prebuilt-rule-1-notes]

A program writes notes.

Nobody asked it to.

**Rule type**: eql

**Rule indices**:

* logs-endpoint.events.*
* logs-windows.sysmon_operational-*
* winlogbeat-*

**Severity**: low

**Risk score**: 21

**Runs every**: 5m

**Searches indices from**: now-9m (see [there](there.md))

**Maximum alerts per execution**: 100

**Mood**: calm

**References**:

* [https://example.com/a.html](https://example.com/a.md)
* [https://example.com/b](https://example.com/b)

**Tags**: None

**Version**: 3

**Rule authors**:

* Ada

**Rule license**: MIT

## Investigation guide [_investigation_guide_4]

### Look at the notes

```
\\## Setup
```

## Setup [_setup_2]

Install it.

## Rule query [_rule_query_7]

```js
file where file.name : \"notes*\" and
  process.name != null
```

**Framework**: MITRE ATT&CKTM

* Tactic:

    * Name: Collection
    * ID: TA0009
    * Reference URL: [https://attack.mitre.org/tactics/TA0009/](https://attack.mitre.org/tactics/TA0009/)

* Technique:

    * Name: Email Collection
    * ID: T1114
    * Reference URL: [https://attack.mitre.org/techniques/T1114/](https://attack.mitre.org/techniques/T1114/)

* Technique:

    * Name: Data from Local System
    * ID: T1005
    * Reference URL: [https://attack.mitre.org/techniques/T1005/](https://attack.mitre.org/techniques/T1005/)

* Sub-technique:

    * Name: Local Email Collection
    * ID: T1114.001
    * Reference URL: [https://attack.mitre.org/techniques/T1114/001/](https://attack.mitre.org/techniques/T1114/001/)
";

const PAGE_AS_TOML: &str = r#"[metadata]
integration = ["endpoint", "windows"]
maturity = "production"

[rule]
author = ["Ada"]
description = '''
A program writes notes.

Nobody asked it to.'''
from = "now-9m"
index = ["logs-endpoint.events.*", "logs-windows.sysmon_operational-*", "winlogbeat-*"]
interval = "5m"
language = "eql"
license = "MIT"
max_signals = 100
name = "Notes Written by a Program"
note = '''
### Look at the notes

```
## Setup
```
'''
references = ["https://example.com/a.html", "https://example.com/b"]
risk_score = 21
rule_id = "ID"
setup = '''
Install it.
'''
severity = "low"
type = "eql"
version = 3

query = '''
file where file.name : "notes*" and
  process.name != null
'''

[[rule.threat]]
framework = "MITRE ATT&CK"

[rule.threat.tactic]
id = "TA0009"
name = "Collection"
reference = "https://attack.mitre.org/tactics/TA0009/"

[[rule.threat.technique]]
id = "T1114"
name = "Email Collection"
reference = "https://attack.mitre.org/techniques/T1114/"

[[rule.threat.technique.subtechnique]]
id = "T1114.001"
name = "Local Email Collection"
reference = "https://attack.mitre.org/techniques/T1114/001/"

[[rule.threat.technique]]
id = "T1005"
name = "Data from Local System"
reference = "https://attack.mitre.org/techniques/T1005/"
"#;

#[test]
fn a_page() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("page.md"), PAGE.replace('\n', "\r\n")).unwrap();
    let output = eql(folder.path(), &["import", "page.md"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(
        err(&output),
        "\
page.md: passed over what is of the page and not of the rule: `applies_to`, `mapped_pages`
page.md: line 32 is passed over: `**Mood**: calm`
page.md: `rule_id` is derived from the name: there is none to read
page.md: `integration` is derived from the index patterns: endpoint, windows
page.md: `maturity` is `production`: such pages are of rules that Elastic ships
1 rule imported to `./notes_written_by_a_program.toml`
"
    );
    let text = fs::read_to_string(folder.path().join("notes_written_by_a_program.toml")).unwrap();
    let id = eql_grammar::meta::derived_id("Notes Written by a Program");
    assert_eq!(text, PAGE_AS_TOML.replace("ID", &id).replace(&format!("rule_{id}"), "rule_ID"));
    let output = eql(folder.path(), &["check", ".", "--deny", "warnings"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
}

/// Comments stay, and so do facts that a page does not speak of; what it does not list is gone.
#[test]
fn a_page_over_a_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("page.md"), PAGE).unwrap();
    let before = "\
# Ours.

[metadata]
maturity = \"development\" # for now

[rule]
# Chosen by hand.
rule_id = '1dee0500-4aeb-44ca-b24b-4a285d7b6ba1'
name = \"Notes\" # to be changed
false_positives = ['Ada.']
tags = ['Old'] # old
risk_score = 21 # as is
query = 'any where true'
";
    fs::write(folder.path().join("r.toml"), before).unwrap();
    let args = ["import", "page.md", "-o", "r.toml"];
    let output = eql(folder.path(), &args);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("`r.toml` is there already"), "{}", err(&output));
    assert_eq!(fs::read_to_string(folder.path().join("r.toml")).unwrap(), before);

    let output = eql(folder.path(), &[&args[..], &["--force"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(!err(&output).contains("rule_id"), "{}", err(&output));
    let lost = "page.md: the comment is gone with what it stood in: `# old`\n";
    assert!(err(&output).contains(lost), "{}", err(&output));
    let wanted = PAGE_AS_TOML
        .replace("[metadata]\n", "# Ours.\n\n[metadata]\n")
        .replace("maturity = \"production\"", "maturity = \"development\" # for now")
        .replace("from =", "false_positives = [\"Ada.\"]\nfrom =")
        .replace(
            "rule_id = \"ID\"",
            "# Chosen by hand.\nrule_id = \"1dee0500-4aeb-44ca-b24b-4a285d7b6ba1\"",
        )
        .replace("a Program\"\n", "a Program\" # to be changed\n")
        .replace("risk_score = 21", "risk_score = 21 # as is");
    assert_eq!(fs::read_to_string(folder.path().join("r.toml")).unwrap(), wanted);
}

/// Elastic's own page gives the rule that this repository ships.
#[test]
fn the_shipped_rule() {
    let Some(page) = seed_page() else { return };
    let shipped = fs::read_to_string(shipped_rule()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let page = page.to_str().unwrap();

    let fresh = eql(folder.path(), &["import", page, "--stdout"]);
    let licence = shipped.find("[metadata]").unwrap();
    let id = eql_grammar::meta::derived_id("Suspicious Inter-Process Communication via Outlook");
    assert_eq!(
        out(&fresh),
        shipped[licence..].replace("1dee0500-4aeb-44ca-b24b-4a285d7b6ba1", &id)
    );

    // Over the file, and over what is left of it without all that the page has.
    let bare = format!(
        "{}[rule]\nrule_id = '1dee0500-4aeb-44ca-b24b-4a285d7b6ba1'\nquery = ''\nreferences = []\n",
        &shipped[..licence]
    );
    for before in [&shipped, &bare] {
        fs::write(folder.path().join("r.toml"), before).unwrap();
        let output = eql(folder.path(), &["import", page, "-o", "r.toml", "--force"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_eq!(fs::read_to_string(folder.path().join("r.toml")).unwrap(), shipped);
    }
}

#[test]
fn an_export_of_kibana() {
    let folder = tempfile::tempdir().unwrap();
    let rule = |more: &str| {
        format!(
            r#"{{"name":"A, rule!","description":"Says \"what\".","severity":"low","risk_score":21,"type":"eql",
            "language":"eql","query":"process where process.pid == 1",{more}}}"#
        )
        .replace('\n', "")
    };
    let lines = [
        rule(
            r#""rule_id":"one","id":"x","immutable":false,"actions":[],"filters":[{"meta":{"alias":null},"query":{}}],
            "mystery":1,"required_fields":[{"name":"process.pid","type":"long","ecs":true},
            {"name":"event.category","type":"keyword","ecs":true}],"meta":{"from":"1m","a key":[1,[2]]}"#,
        ),
        rule(r#""tags":[],"tags":["x"]"#),
        r#"{"rule_id":"k","type":"query","language":"kuery","query":"a:b","severity":"low"}"#
            .to_owned(),
        r#"{"list_id":"x","type":"detection"}"#.to_owned(),
        r#"{"list_id":"x","item_id":"y"}"#.to_owned(),
        r#"{"attributes":{"name":"mail"},"type":"action"}"#.to_owned(),
        String::new(),
        "{".to_owned(),
        r#"{"exported_count":2}"#.to_owned(),
    ];
    fs::write(folder.path().join("e.ndjson"), lines.join("\n")).unwrap();
    let output = eql(folder.path(), &["import", "e.ndjson", "-o", "rules"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        err(&output),
        "\
e.ndjson:1: `mystery` has no place in a rule file
e.ndjson:1: passed over what is Kibana's own: `id`, `immutable`
e.ndjson:2: the first value counts of what is given twice: `tags`
e.ndjson:3: passed over: a rule of type `query` is no EQL rule
e.ndjson:4: passed over: an exception list
e.ndjson:5: passed over: an item of an exception list
e.ndjson:6: passed over: a connector
error: e.ndjson:8: this is not JSON of a rule: expected a key in double quotes
e.ndjson:9: passed over: the counts of the export
e.ndjson:2: `rule_id` is derived from the name: there is none to read
2 rules imported to `rules`
"
    );
    let text = fs::read_to_string(folder.path().join("rules/a_rule.toml")).unwrap();
    assert_eq!(
        text,
        r#"[rule]
description = 'Says "what".'
language = "eql"
name = "A, rule!"
risk_score = 21
rule_id = "one"
severity = "low"
type = "eql"

query = '''
process where process.pid == 1
'''

[[rule.filters]]

[rule.filters.meta]

[rule.filters.query]

[rule.meta]
"a key" = [1, [2]]
from = "1m"
"#
    );
    assert!(folder.path().join("rules/a_rule_2.toml").exists());
    let quiet = eql(folder.path(), &["import", "e.ndjson", "-o", "rules", "--force", "--quiet"]);
    assert_eq!(err(&quiet).lines().count(), 1, "{}", err(&quiet));
    let two = eql(folder.path(), &["import", "e.ndjson", "--stdout", "--quiet"]);
    assert_eq!(two.status.code(), Some(2));
    assert!(err(&two).contains("2 rules do not go into one file"), "{}", err(&two));
}

#[test]
fn a_rule_of_elastic_defend() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"# Ours.

[rule]
description = "Says what."
id = "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1" # for good
license = "MIT"
name = "A behaviour"
os_list = ["windows", "linux"] # no macOS
reputation = 1
shape = "round"
version = "1.0.5"
query = "sequence [process where true] as event0 [file where true]"

[[actions]]
# The process itself.
action = "kill_process"
field = "process.entity_id"

[[threat]]
framework = "MITRE ATT&CK"
[threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"

[internal]
min_endpoint_version = "7.15.0"
"#;
    fs::write(folder.path().join("e.toml"), text).unwrap();
    let output = eql(folder.path(), &["import", "e.toml", "-o", "r.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let written = fs::read_to_string(folder.path().join("r.toml")).unwrap();
    assert_eq!(
        written,
        r#"# Ours.

[rule]
description = "Says what."
language = "eql"
license = "MIT"
name = "A behaviour"
risk_score = 47
rule_id = "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1" # for good
severity = "medium"
type = "eql"

query = '''
sequence [process where true] as event0 [file where true]
'''

[[rule.threat]]
framework = "MITRE ATT&CK"

[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"

[rule.endpoint]
os_list = ["windows", "linux"] # no macOS
reputation = 1
shape = "round"
version = "1.0.5"

[[rule.endpoint.actions]]
# The process itself.
action = "kill_process"
field = "process.entity_id"

[rule.endpoint.internal]
min_endpoint_version = "7.15.0"

[eql]
dialect = "endpoint"
"#
    );
    let (before, after) = (facts(text), facts(&written));
    assert_eq!(before, after);
    assert_eq!(
        (after.2, after.3),
        (Dialect::Endpoint, vec!["windows".to_owned(), "linux".to_owned()])
    );
}

#[test]
fn what_cannot_be_imported() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, reason, code) in [
        ("a.md", "Hello.", "begins with `# `", 1),
        ("b.md", "# Title\n", "no line `**Rule type**: eql`", 1),
        ("c.md", "# Title\n**Rule type**: query\n", "type `query` is no EQL rule", 1),
        ("d.md", "# Title\n**Rule type**: eql\n", "no section `## Rule query`", 1),
        ("e.md", "# T\n**Rule type**: eql\n## Rule query\n```\nany where true", "has no end", 1),
        ("f.toml", "[rule]\n", "the rule has no `query`", 1),
        (
            "j.toml",
            "[rule]\nquery = 'x'\nid = 'a'\nrule_id = 'b'\nos_list = []",
            "`id` and `rule_id`",
            1,
        ),
        ("g.toml", "rule = 1 = 2", "not TOML", 1),
        ("h.ndjson", "", "no rule was found", 2),
        ("i.txt", "", "expected .md, .ndjson or .toml", 2),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let output = eql(folder.path(), &["import", name, "--stdout"]);
        assert_eq!(output.status.code(), Some(code), "{name}");
        assert!(err(&output).contains(reason), "{name}: {}", err(&output));
        assert_eq!(out(&output), "");
    }
}

/// Every rule of the corpus says the same before and after, its metadata and transforms included.
#[test]
fn the_corpus() {
    let Some(rows) = corpus() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut args = vec!["import".to_owned(), "-o".to_owned(), "out".to_owned()];
    for (number, row) in rows.iter().enumerate() {
        let name = format!("{number:04}.toml");
        fs::write(folder.path().join(&name), corpus_toml(row)).unwrap();
        args.push(name);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let output = eql(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(err(&output), format!("{} rules imported to `out`\n", rows.len()));
    for file in fs::read_dir(folder.path().join("out")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let read: toml::Table = toml::from_str(&text).unwrap();
        let id = read["rule"]["rule_id"].as_str().unwrap();
        let row = rows.iter().find(|row| row["rule"]["rule_id"] == id).unwrap();
        let before: toml::Table = toml::from_str(&corpus_toml(row)).unwrap();
        assert_eq!(before, read, "{id}");
    }
}
