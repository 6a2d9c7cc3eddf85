//! `eql coverage`, from the outside.

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{eql, eql_with, err, out, python, rule};

/// A folder with rules of these file names, ids and further lines.
fn folder(rules: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (at, (name, lines)) in rules.iter().enumerate() {
        let id = format!("rule_id = '00000000-0000-4000-8000-00000000000{at}'");
        let text = rule(&format!("{id}\n{lines}"));
        fs::write(folder.path().join(format!("{name}.toml")), text).expect("a file");
    }
    folder
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let output = eql(folder, &[&["coverage", ".", "--format", "json"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    serde_json::from_str(&out(&output)).expect("JSON")
}

fn find<'a>(nodes: &'a Value, id: &str) -> &'a Value {
    let nodes = nodes.as_array().expect("a list");
    nodes.iter().find(|node| node["id"] == id).unwrap_or(&Value::Null)
}

fn technique<'a>(all: &'a Value, tactic: &str, id: &str) -> &'a Value {
    find(&find(&all["tactics"], tactic)["techniques"], id)
}

fn subtechnique<'a>(all: &'a Value, tactic: &str, id: &str) -> &'a Value {
    let parent = id.split('.').next().expect("a technique");
    find(&technique(all, tactic, parent)["subtechniques"], id)
}

const MAIL: &str = "name = 'Mail'\nseverity = 'high'\nrisk_score = 73\nthreat = ['TA0009/T1114.001', 'TA0002/T1559']";
const MAIL_TOO: &str = "name = 'Mail, too'\nthreat = ['TA0009/T1114.001', 'TA0009/T1114']";
const SCREEN: &str = "name = 'Screen'\nthreat = ['TA0009/T1113', 'TA0006']";
const VAGUE: &str = "name = 'Vague'\nthreat = ['TA0040']";
const NONE: &str = "name = 'None'";

#[test]
fn rules_are_counted_by_tactic_technique_and_subtechnique() {
    let folder = folder(&[("a", MAIL), ("b", MAIL_TOO), ("c", SCREEN), ("d", VAGUE), ("e", NONE)]);
    let all = json(folder.path(), &[]);
    assert_eq!(all["attack"], json!({ "domain": "enterprise-attack", "version": "18.1" }));
    assert_eq!(all["techniques"], json!({ "covered": 3, "all": 216 }));
    assert_eq!(all["subtechniques"], json!({ "covered": 1, "all": 475 }));
    assert_eq!(all["tactics_covered"], json!({ "covered": 4, "all": 14 }));
    let collection = find(&all["tactics"], "TA0009");
    assert_eq!(collection["rules"], json!([0, 1, 2]));
    assert_eq!(collection["covered"], json!({ "covered": 2, "all": 17 }));
    assert_eq!(collection["subtechniques_covered"], json!({ "covered": 1, "all": 24 }));
    assert_eq!(technique(&all, "TA0009", "T1114")["rules"], json!([0, 1]));
    assert_eq!(subtechnique(&all, "TA0009", "T1114.001")["rules"], json!([0, 1]));
    assert_eq!(subtechnique(&all, "TA0009", "T1114.002")["rules"], json!([]));
    assert_eq!(technique(&all, "TA0002", "T1559")["rules"], json!([0]));
    assert_eq!(technique(&all, "TA0009", "T1113")["rules"], json!([2]));
    assert_eq!(find(&all["tactics"], "TA0006")["rules"], json!([2]));
    assert_eq!(find(&all["tactics"], "TA0040")["rules"], json!([3]));
    assert_eq!((&all["tactic_only"], &all["unmapped"]), (&json!([3]), &json!([4])));
    assert_eq!(
        all["rules"][0],
        json!({
            "rule_id": "00000000-0000-4000-8000-000000000000", "name": "Mail",
            "severity": "high", "risk_score": 73, "path": "./a.toml", "line": 1,
        })
    );
    // As an intrusion goes.
    let order: Vec<_> = all["tactics"].as_array().expect("a list").iter().collect();
    assert_eq!((&order[0]["id"], &order[13]["id"]), (&json!("TA0043"), &json!("TA0040")));
}

#[test]
fn a_technique_under_several_tactics_is_counted_once() {
    let folder = folder(&[("a", "threat = ['TA0001/T1078']"), ("b", "threat = ['TA0003/T1078']")]);
    let all = json(folder.path(), &[]);
    assert_eq!(all["techniques"]["covered"], 1);
    assert_eq!(technique(&all, "TA0001", "T1078")["rules"], json!([0]));
    assert_eq!(technique(&all, "TA0003", "T1078")["rules"], json!([1]));
    assert_eq!(technique(&all, "TA0004", "T1078")["rules"], json!([]));
}

#[test]
fn the_table_has_numbers_gaps_and_rules_without_a_mapping() {
    let folder = folder(&[("a", MAIL), ("b", VAGUE), ("c", NONE)]);
    let output = eql(folder.path(), &["coverage", "."]);
    let shown = out(&output);
    for part in [
        "ATT&CK 18.1: 2 of 216 techniques and 1 of 475 sub-techniques have rules; 3 rules, 1 without a mapping\n",
        "\nCollection                1 of  17  █░░░░░░░░░   5%            1 of 24      1\n",
        "\neach once                 2 of 216  █░░░░░░░░░   0%           1 of 475      3\n",
        "\n  Lateral Movement:\n    T1210 Exploitation of Remote Services, T1534 Internal Spearphishing,",
        "\nRules without a mapping\n  None\n",
        "\nRules mapped to a tactic alone\n  Vague\n",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains("T1114 "), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 101), "{shown}");
}

#[test]
fn ids_that_attack_gave_up_count_for_what_replaced_them() {
    let folder = folder(&[
        // T1547.011 became T1647, which is under another tactic.
        ("a", "threat = ['TA0003/T1547.011']"),
        ("b", "name = 'Old'\nthreat = ['TA0011/T1043']"),
    ]);
    let all = json(folder.path(), &[]);
    assert_eq!(technique(&all, "TA0003", "T1547")["rules"], json!([0]));
    assert_eq!(*subtechnique(&all, "TA0003", "T1547.011"), Value::Null);
    assert_eq!(technique(&all, "TA0005", "T1647")["rules"], json!([0]));
    assert_eq!(*technique(&all, "TA0011", "T1043"), Value::Null);
    assert_eq!(all["tactic_only"], json!([1]));
    let notes =
        [("T1043", "deprecated", Value::Null, 1), ("T1547.011", "replaced", json!("T1647"), 0)];
    for (note, (id, why, now, rule)) in all["notes"].as_array().expect("a list").iter().zip(&notes)
    {
        assert_eq!((&note["id"], &note["why"]), (&json!(id), &json!(why)));
        assert_eq!((&note["now"], &note["rules"]), (now, &json!([rule])));
    }
    let shown = out(&eql(folder.path(), &["coverage", "."]));
    assert!(
        shown.contains("T1547.011 is T1647 in ATT&CK 18.1, and counts as that: A rule\n"),
        "{shown}"
    );
    assert!(shown.contains("ATT&CK 18.1 has given T1043 up; it counts nowhere: Old\n"), "{shown}");
}

const LATER: &str = "name = 'Later'
threat = [{ tactic = { id = 'TA0112', name = 'Defense Impairment', reference = 'https://attack.mitre.org/tactics/TA0112/' }, technique = [{ id = 'T1685', name = 'Impair', reference = 'https://attack.mitre.org/techniques/T1685/' }, { id = 'T1112', name = 'Modify Registry', reference = 'https://attack.mitre.org/techniques/T1112/' }] }]";

#[test]
fn ids_of_a_later_attack_are_added() {
    let folder = folder(&[("a", LATER)]);
    let all = json(folder.path(), &[]);
    let tactic = find(&all["tactics"], "TA0112");
    assert_eq!((&tactic["name"], &tactic["rules"]), (&json!("Defense Impairment"), &json!([0])));
    assert_eq!(technique(&all, "TA0112", "T1685")["name"], "Impair");
    assert_eq!(technique(&all, "TA0112", "T1112")["rules"], json!([0]));
    assert_eq!(technique(&all, "TA0005", "T1112")["rules"], json!([]));
    assert_eq!(all["techniques"], json!({ "covered": 2, "all": 217 }));
    assert_eq!(
        (&all["notes"][0]["id"], &all["notes"][0]["why"]),
        (&json!("T1685"), &json!("later"))
    );
}

#[test]
fn attack_19_has_other_ids() {
    let folder =
        folder(&[("a", "threat = ['TA0005/T1562.008']"), ("b", "threat = ['TA0005/T1656']")]);
    let by_option = json(folder.path(), &["--attack", "19"]);
    fs::write(folder.path().join("eql.toml"), "[attack]\nversion = '19'\n").expect("a file");
    let all = json(folder.path(), &[]);
    assert_eq!(all, by_option);
    assert_eq!(all["attack"]["version"], "19");
    assert_eq!(*technique(&all, "TA0005", "T1562"), Value::Null);
    assert_eq!(technique(&all, "TA0005", "T1685")["rules"], json!([0]));
    assert_eq!(subtechnique(&all, "TA0005", "T1685.002")["rules"], json!([0]));
    assert_eq!(subtechnique(&all, "TA0005", "T1684.001")["rules"], json!([1]));
    // T1562.003 has the number it had, and is now under what T1562 has become.
    let below = &technique(&all, "TA0005", "T1685")["subtechniques"];
    assert_ne!(*find(below, "T1562.003"), Value::Null);
    let before = json(folder.path(), &["--attack", "18.1"]);
    assert_eq!(subtechnique(&before, "TA0005", "T1562.008")["rules"], json!([0]));
    assert_eq!(*technique(&before, "TA0005", "T1685"), Value::Null);
}

#[test]
fn other_frameworks_are_no_mapping() {
    let atlas = "threat = [{ framework = 'MITRE ATLAS', tactic = { id = 'AML.TA0002', name = 'Reconnaissance', reference = 'https://atlas.mitre.org/tactics/AML.TA0002' } }]";
    let folder = folder(&[("a", atlas)]);
    let all = json(folder.path(), &[]);
    assert_eq!((&all["unmapped"], &all["tactics_covered"]["covered"]), (&json!([0]), &json!(0)));
}

#[test]
fn exit_codes() {
    let folder = folder(&[("a", MAIL), ("wrong", "threat = ['T1114.001']")]);
    // A technique without its tactic is an error, and the rule is left out.
    let output = eql(folder.path(), &["coverage", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("`T1114.001` stands without its tactic"), "{}", err(&output));
    assert!(out(&output).contains("; 1 rule, 1 left out for errors\n"), "{}", out(&output));
    for (args, code) in [
        (&["coverage", "a.toml"][..], 0),
        (&["coverage", "a.toml", "--quiet"], 2),
        (&["coverage"], 2),
        (&["coverage", "missing"], 2),
        (&["coverage", "a.toml", "--attack", "17"], 2),
        (&["coverage", "a.toml", "--observed", "missing"], 2),
        (&["coverage", "a.toml", "--observed", "a.toml"], 2),
        (&["coverage", "a.toml", "-o", "no/folder.html"], 2),
        (&["coverage", "a.toml", "--platform", "beos"], 2),
        (&["coverage", "--help"], 0),
    ] {
        let output = eql(folder.path(), args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", err(&output));
    }
}

#[test]
fn the_name_of_the_file_gives_the_format() {
    let folder = folder(&[("a", MAIL)]);
    for (args, start) in [
        (&["-o", "x.html"][..], "<!doctype html>"),
        (&["-o", "x.json"], "{\n  \"attack\""),
        (&["-o", "x.txt"], "ATT&CK 18.1: "),
        (&["-o", "x.html", "--format", "human"], "ATT&CK 18.1: "),
    ] {
        let output = eql(folder.path(), &[&["coverage", "a.toml"], args].concat());
        assert_eq!((output.status.code(), out(&output)), (Some(0), String::new()), "{args:?}");
        let text = fs::read_to_string(folder.path().join(args[1])).expect("a file");
        assert!(text.starts_with(start), "{args:?}: {}", &text[..40]);
    }
}

#[test]
fn platforms_leave_rules_out() {
    let query = |query: &str| format!("query = '{query}'\nthreat = ['TA0009/T1113']");
    let rules = [
        ("a", query(r#"process where host.os.type == "windows" and process.pid == 1"#)),
        ("b", query(r#"process where host.os.type in ("linux", "macos") and process.pid == 1"#)),
        ("c", query(r#"process where not host.os.type : "Windows" and process.pid == 1"#)),
        (
            "d",
            query(
                r#"sequence by host.id [process where host.os.type == "linux"] [process where process.pid == 1]"#,
            ),
        ),
        ("e", query("process where process.pid == 1")),
        ("f", query("process where process.pid == 1") + "\ntags = ['OS: Windows', 'OS: macOS']"),
        (
            "g",
            query(
                r#"process where (host.os.type == "windows" or user.name == "x") and process.pid == 1"#,
            ),
        ),
    ];
    let rules: Vec<_> = rules.iter().map(|(name, lines)| (*name, lines.as_str())).collect();
    let folder = folder(&rules);
    for (platform, names) in
        [("windows", "aefg"), ("linux", "bcdeg"), ("macos", "bcefg"), ("windows,linux", "abcdefg")]
    {
        let all = json(folder.path(), &["--platform", platform]);
        let kept: String = all["rules"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|rule| rule["path"].as_str()?.strip_prefix("./")?.chars().next())
            .collect();
        assert_eq!(kept, names, "{platform}");
        assert_eq!(all["left_out"]["other_platforms"], 7 - names.len());
    }
}

#[test]
fn alerts_count_for_their_rules() {
    let folder = folder(&[("a", MAIL), ("b", MAIL_TOO), ("c", SCREEN)]);
    let id = |at| format!("00000000-0000-4000-8000-00000000000{at}");
    let flat = |at: u8, uuid: &str| json!({ "kibana.alert.uuid": uuid, "kibana.alert.rule.rule_id": id(at), "kibana.alert.rule.name": "?" });
    let alerts = [
        flat(0, "1"),
        // The same alert again.
        flat(0, "1"),
        json!({ "_source": { "kibana": { "alert": { "uuid": "2", "rule": { "rule_id": id(0) } } } } }),
        // A sequence: the alert, and a building block.
        json!({ "kibana.alert": { "uuid": "3", "group": { "id": "g" }, "rule.rule_id": id(1) } }),
        json!({ "kibana.alert": { "uuid": "4", "group": { "id": "g", "index": 0 }, "rule.rule_id": id(1) } }),
        json!({ "kibana.alert.rule.parameters": { "rule_id": id(1) } }),
        json!({ "kibana.alert.rule.name": "Screen" }),
        // Another rule of the same name.
        json!({ "kibana.alert.rule.name": "Screen\u{1b}[2J", "kibana.alert.rule.rule_id": "other" }),
        json!({ "process": { "pid": 1 } }),
    ];
    let text: String = alerts.iter().map(|alert| format!("{alert}\n")).collect();
    let args = ["coverage", ".", "--observed", "-", "--format"];
    let output = eql_with(folder.path(), &[&args[..], &["json"]].concat(), &text);
    let all: Value = serde_json::from_str(&out(&output)).expect("JSON");
    let counts: Vec<_> = (0..3).map(|at| &all["rules"][at]["alerts"]).collect();
    assert_eq!(counts, [&json!(2), &json!(2), &json!(1)], "{}", err(&output));
    assert_eq!(technique(&all, "TA0009", "T1114")["alerts"], 4);
    assert_eq!(technique(&all, "TA0002", "T1559")["alerts"], 2);
    assert_eq!(find(&all["tactics"], "TA0009")["alerts"], 5);
    assert_eq!(
        all["observed"],
        json!({ "alerts": 6, "other_rules": { "Screen\u{1b}[2J": 1 }, "not_alerts": 1 })
    );
    let shown = out(&eql_with(folder.path(), &[&args[..], &["human"]].concat(), &text));
    assert!(
        shown.contains("3 rules; 6 alerts, 5 of them of 3 rules, 1 event without a rule"),
        "{shown}"
    );
    assert!(shown.contains("\nAlerts of other rules\n  Screen\u{fffd}[2J (1)\n"), "{shown}");
    let page = out(&eql_with(folder.path(), &[&args[..], &["html"]].concat(), &text));
    assert!(page.contains("<span class=\"fired\">4 alerts</span>"));
    assert!(page.contains("id=\"alerted\""));
}

/// The attributes of the first element that has this one.
fn element<'a>(page: &'a str, attribute: &str) -> &'a str {
    let at = page.find(attribute).unwrap_or_else(|| panic!("no {attribute}"));
    let start = page[..at].rfind('<').expect("an element");
    &page[start..start + page[start..].find('>').expect("its end")]
}

#[test]
fn the_page_is_whole_and_loads_nothing() {
    let folder = folder(&[("a", MAIL), ("b", MAIL_TOO), ("c", VAGUE), ("d", NONE)]);
    let page = out(&eql(folder.path(), &["coverage", ".", "--format", "html"]));
    assert_eq!(page, out(&eql(folder.path(), &["coverage", ".", "--format", "html"])));
    let policy = element(&page, "Content-Security-Policy").replace("&#39;", "'");
    assert!(
        policy.contains("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe")
    );
    for loads in [" src=", "url(", "@import", "<link", "<iframe", " style=", " onclick="] {
        assert!(!page.contains(loads), "{loads}");
    }
    // A cell opens its panel without any script.
    assert!(element(&page, "popovertarget=\"TA0009-T1114\"").starts_with("<button"));
    assert!(element(&page, "id=\"TA0009-T1114\"").contains("popover"));
    assert_eq!(page.matches("class=\"tactic\"").count(), 14);
    let matrix = &page[page.find("class=\"matrix\"").expect("the matrix")..];
    assert!(matrix.contains(
        "<li class=\"cell h2\" data-rules=\"0 1\" data-name=\"T1114 Email Collection\">"
    ));
    assert!(
        matrix
            .contains("<li class=\"cell h0\" data-rules=\"\" data-name=\"T1113 Screen Capture\">")
    );
    assert!(page.contains("process where process.pid == 1</pre>"));
    assert!(page.contains("<h2>Rules without a mapping <span class=\"count\">1</span></h2>"));
}

#[test]
fn what_rules_say_is_text() {
    let folder = folder(&[(
        "a",
        "name = '''</script><script>alert(\"1\")</script><mark>'&amp;'''
query = 'process where process.name == \"</pre><img src=x onerror=alert(1)>\"'
threat = ['TA0009/T1114.001']",
    )]);
    let alerts = json!({ "kibana.alert.rule.name": "<i>\"other\"</i>" }).to_string();
    let args = ["coverage", ".", "--observed", "-", "--format"];
    let page = out(&eql_with(folder.path(), &[&args[..], &["html"]].concat(), &alerts));
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    for raw in ["<mark>", "<img", "<i>"] {
        assert!(!page.contains(raw), "{raw}");
    }
    assert!(page.contains("&#60;script&#62;alert(&#34;1&#34;)"), "{}", element(&page, "alert("));
    let name = "</script><script>alert(\"1\")</script><mark>'&amp;";
    for format in ["json", "navigator"] {
        let text = out(&eql_with(folder.path(), &[&args[..], &[format]].concat(), &alerts));
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let found = if format == "json" {
            &all["rules"][0]["name"]
        } else {
            &all["techniques"][0]["comment"]
        };
        assert_eq!(found, name);
    }
}

#[test]
fn the_navigator_reads_the_layer() {
    let folder = folder(&[("a", MAIL), ("b", MAIL_TOO), ("c", "threat = ['TA0011/T1071']")]);
    let args =
        ["coverage", ".", "--format", "navigator", "--platform", "windows,macos", "-o", "l.json"];
    let output = eql(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let path = folder.path().join("l.json");
    let layer: Value =
        serde_json::from_str(&fs::read_to_string(&path).expect("a file")).expect("JSON");
    let technique = |at: usize| &layer["techniques"][at];
    let brief = |at: usize| {
        let found = technique(at);
        (found["techniqueID"].as_str(), found["tactic"].as_str(), found["score"].as_u64())
    };
    assert_eq!(brief(0), (Some("T1559"), Some("execution"), Some(1)));
    assert_eq!(brief(1), (Some("T1114"), Some("collection"), Some(2)));
    assert_eq!(brief(2), (Some("T1114.001"), Some("collection"), Some(2)));
    assert_eq!(brief(3), (Some("T1071"), Some("command-and-control"), Some(1)));
    assert_eq!(technique(0)["showSubtechniques"], false);
    assert_eq!(technique(1)["showSubtechniques"], true);
    assert_eq!(technique(1)["comment"], "Mail\nMail, too");
    assert_eq!(technique(1)["metadata"][0], json!({ "name": "high 73", "value": "Mail" }));
    assert_eq!(layer["versions"], json!({ "attack": "18", "navigator": "5.1.0", "layer": "4.5" }));
    assert_eq!(layer["gradient"]["maxValue"], 2);
    assert_eq!(layer["filters"], json!({ "platforms": ["Windows", "macOS"] }));

    let script = "\
import json, sys
try:
    from mitreattack.navlayers import Layer
except ImportError:
    sys.exit(77)
text = open(sys.argv[1]).read()
read, written = Layer(text, strict=True).to_dict(), json.loads(text)
if read is None:
    sys.exit('the layer was not read')
for key in ('name', 'versions', 'domain', 'filters', 'techniques', 'gradient', 'legendItems'):
    if read.get(key) != written[key]:
        sys.exit(f'{key}: {read.get(key)} is not {written[key]}')
";
    match python(script, &[&path]) {
        None => println!("skipped: the Python package mitreattack-python is not installed"),
        Some(read) => read.expect("a layer"),
    }
}

#[test]
fn elastics_rules_are_all_mapped() {
    let Ok(corpus) = std::env::var("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return;
    };
    let file = fs::File::open(Path::new(&corpus).join("detection-rules.open.ndjson.zst"))
        .expect("the corpus");
    let text = std::io::read_to_string(zstd::Decoder::new(file).expect("zstd")).expect("text");
    let row = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
    let rules: Vec<_> = text.lines().map(row).collect();
    let lines: String = rules.iter().map(|row| format!("{}\n", row["rule"])).collect();
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.ndjson"), lines).expect("a file");
    let all = json(folder.path(), &[]);
    assert_eq!((&all["unmapped"], all["rules"].as_array().map(Vec::len)), (&json!([]), Some(811)));
    assert_eq!(all["notes"].as_array().map(Vec::len), Some(1), "{}", all["notes"]);
    // By hand: the rules whose threats name a technique under a tactic.
    for (tactic, id) in [("TA0002", "T1059"), ("TA0005", "T1218"), ("TA0006", "T1003")] {
        let names = |row: &Value| {
            let threats = row["rule"]["threat"].as_array().into_iter().flatten();
            threats.filter(|threat| threat["tactic"]["id"] == tactic).any(|threat| {
                let techniques = threat["technique"].as_array().into_iter().flatten();
                techniques.into_iter().any(|technique| technique["id"] == id)
            })
        };
        let count = rules.iter().filter(|row| names(row)).count();
        let found = technique(&all, tactic, id)["rules"].as_array().map(Vec::len);
        assert_eq!(found, Some(count), "{tactic}/{id}");
    }
}
