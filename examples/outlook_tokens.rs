//! Elastic's "Suspicious Inter-Process Communication via Outlook", written as tokens.
//!
//! The query of this rule is Elastic's, under the Elastic License 2.0.
//!
//! ```sh
//! cargo run --example outlook_tokens < examples/data/outlook.ndjson
//! ```

use std::io::{self, BufRead as _};

use eql::{Document, EventRule as _, Execution, Origin, Timestamp};

/// Detects Inter-Process Communication with Outlook via Component Object Model from an unusual process.
/// Adversaries may target user email to collect sensitive information or send email on their behalf via API.
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
    query(
        process where event.action == "start" and process.name : "OUTLOOK.EXE"  and
         process.Ext.effective_parent.name != null and
         not process.Ext.effective_parent.executable : ("?:\\Program Files\\*", "?:\\Program Files (x86)\\*")
    )
)]
pub struct OutlookIpc;

fn main() -> io::Result<()> {
    let execution = Execution::new(Timestamp::default());
    for (number, line) in io::stdin().lock().lines().enumerate() {
        let event: serde_json::Value = serde_json::from_str(&line?)?;
        if OutlookIpc::matches(&event) {
            let id = (number + 1).to_string();
            let origin = Origin { index: "stdin", id: &id };
            let alert = OutlookIpc::alert(&event, origin, &execution);
            println!("line {id}: started by {}", alert.process_ext_effective_parent_name);
            println!("{}", serde_json::to_string(&Document::from(alert))?);
        }
    }
    Ok(())
}
