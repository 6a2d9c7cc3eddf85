//! Elastic's "Suspicious Inter-Process Communication via Outlook", written as text, over a sensor's own struct.
//!
//! The query of this rule is Elastic's, under the Elastic License 2.0.

/// Detects Inter-Process Communication with Outlook via Component Object Model from an unusual process.
#[eql::rule(
    rule_id = "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1",
    name = "Suspicious Inter-Process Communication via Outlook",
    description = "Detects Inter-Process Communication with Outlook via Component Object Model from an unusual process. Adversaries may target user email to collect sensitive information or send email on their behalf via API.",
    severity = "medium",
    risk_score = 47,
    index = ["logs-endpoint.events.*"],
    interval = "5m",
    from = "now-9m",
    max_signals = 100,
    references = ["https://github.com/center-for-threat-informed-defense/adversary_emulation_library/blob/master/apt29/Archive/CALDERA_DIY/evals/payloads/stepSeventeen_email.ps1"],
    tags = ["Elastic", "Host", "Windows", "Threat Detection", "Collection"],
    version = 1,
    author = ["Elastic"],
    license = "Elastic License v2",
    threat = ["TA0009/T1114.001", "TA0002/T1559.001"],
    query = r#"
process where event.action == "start" and process.name : "OUTLOOK.EXE"  and
 process.Ext.effective_parent.name != null and
 not process.Ext.effective_parent.executable : ("?:\\Program Files\\*", "?:\\Program Files (x86)\\*")
"#
)]
pub struct OutlookIpc;

/// What this sensor knows of a process that starts.
#[derive(eql::Event)]
#[eql(category = "process", constant("event.action" = "start"))]
pub struct ProcessStart<'a> {
    /// File name of the executable.
    #[eql(field = "process.name")]
    pub name: &'a str,
    /// File name of the process that asked for the start.
    #[eql(field = "process.Ext.effective_parent.name")]
    pub parent: Option<&'a str>,
    /// Its path.
    #[eql(field = "process.Ext.effective_parent.executable")]
    pub parent_path: Option<&'a str>,
}

fn main() {
    let starts = [
        ProcessStart {
            name: "OUTLOOK.EXE",
            parent: Some("powershell.exe"),
            parent_path: Some(r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"),
        },
        ProcessStart {
            name: "OUTLOOK.EXE",
            parent: Some("Teams.exe"),
            parent_path: Some(r"C:\Program Files (x86)\Teams\Teams.exe"),
        },
    ];
    for start in &starts {
        let verdict = if OutlookIpc::matches(start) { "ALERT" } else { "quiet" };
        println!("{verdict} {} started by {}", start.name, start.parent.unwrap_or("unknown"));
    }
}
