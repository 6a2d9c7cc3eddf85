//! A matcher does not allocate: neither over a struct nor over a document.

#![allow(
    deprecated,
    reason = "lints show as uses of something deprecated, and these rules are as short as can be"
)]

use serde_json::{Value, json};

/// Every kind of leaf that may stand in a hot path.
#[eql::rule(
    name = "leaves",
    severity = "low",
    risk_score = 21,
    query(
        process where not (
            event.action == "end" or process.name : ("a.exe", "b*", "*c", "*d*", "e*f", "g*h?i*j") or
            process.args in ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10") or
            process.command_line regex~ "nothing.*like<1-9>" or process.pid in (1, 2) or
            length(process.name) == 2 or substring(process.name, 1, 3) == "zz" or
            concat(process.name, ":", process.pid) == "x:1" or between(process.name, "q", "r") == "s" or
            string(process.pid) == "0" or cidrMatch(source.ip, "10.0.0.0/8") or
            indexOf(process.name, "w") == 9 or process.pid + 1 == 0
        )
    )
)]
struct Leaves;

/// The seed rule's own shape.
#[eql::rule(
    name = "seed",
    severity = "medium",
    risk_score = 47,
    query(
        process where event.action == "start" and process.name : "OUTLOOK.EXE"  and
         process.Ext.effective_parent.name != null and
         not process.Ext.effective_parent.executable : ("?:\\Program Files\\*", "?:\\Program Files (x86)\\*")
    )
)]
struct Seed;

#[derive(eql::Event)]
#[eql(category = "process")]
struct Start<'a> {
    #[eql(field = "event.action")]
    action: &'a str,
    #[eql(field = "process.name")]
    name: &'a str,
    #[eql(field = "process.args")]
    args: Vec<&'a str>,
    #[eql(field = "process.command_line")]
    command_line: Option<&'a str>,
    #[eql(field = "process.pid")]
    pid: u32,
    #[eql(field = "source.ip")]
    ip: Option<std::net::IpAddr>,
    #[eql(field = "process.Ext.effective_parent.name")]
    parent: Option<&'a str>,
    #[eql(field = "process.Ext.effective_parent.executable")]
    parent_path: Option<&'a str>,
}

fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

#[test]
fn over_a_struct() {
    let start = Start {
        action: "start",
        name: "OUTLOOK.EXE",
        args: vec!["OUTLOOK.EXE", "/recycle"],
        command_line: Some("OUTLOOK.EXE /recycle"),
        pid: 4711,
        ip: "192.0.2.1".parse().ok(),
        parent: Some("powershell.exe"),
        parent_path: Some(r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"),
    };
    let mut matched = [false; 2];
    assert_eq!(allocations(|| matched = [Leaves::matches(&start), Seed::matches(&start)]), 0);
    assert_eq!(matched, [true; 2], "every leaf was looked at");
}

#[test]
fn over_a_document() {
    let event: Value = json!({
        "event": { "category": ["process"], "action": "start" },
        "source.ip": ["192.0.2.1"],
        "process": {
            "name": "OUTLOOK.EXE",
            "args": ["OUTLOOK.EXE", 77],
            "command_line": "OUTLOOK.EXE /recycle",
            "pid": 4711,
            "Ext": { "effective_parent": {
                "name": "powershell.exe",
                "executable": r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
            } },
        },
    });
    let mut matched = [false; 2];
    assert_eq!(allocations(|| matched = [Leaves::matches(&event), Seed::matches(&event)]), 0);
    assert_eq!(matched, [true; 2], "every leaf was looked at");
}

#[test]
fn over_lines() {
    use eql::scan::{Projection, Scan};

    let projection = Projection::new(&["process.name", "process.args", "process.pid", "user.id"]);
    let mut scan = Scan::new();
    let mut lines: Vec<String> = Vec::new();
    for at in 0..200 {
        let path = "C:\\\\Windows\\\\".repeat(at % 7);
        lines.push(format!(
            r#"{{"process":{{"name":"é{path}","args":["a\n",{at}],"pid":{at}}},"x":{{"k{at}":["}}"]}},"user.id":"\u00e9","k{at}":1}}"#
        ));
    }
    let mut read = || {
        let mut values = 0;
        for line in &lines {
            scan.read(&projection, line.as_bytes()).expect("the line is an object");
            values += (0..projection.len()).map(|slot| scan.values(slot).count()).sum::<usize>();
        }
        assert_eq!(values, 5 * lines.len());
    };
    read();
    assert_eq!(allocations(read), 0);
}
