//! `rules`: what the program was compiled with.

use std::io::Write;

use comfy_table::{CellAlignment, Table, presets};
use eql::RuleMeta;
use serde_json::Value;

use crate::cli::RulesArgs;
use crate::rules::{metas, select, techniques};
use crate::run::Stop;
use crate::{ExitCode, Rules, Streams, export};

/// Prints the rules.
pub(crate) fn list(
    rules: Rules,
    args: &RulesArgs,
    streams: &mut Streams<'_>,
) -> Result<ExitCode, Stop> {
    let rules =
        select(rules, &args.selection.rules, args.selection.min_severity).map_err(Stop::Usage)?;
    let metas = metas(&rules);
    let text = if args.json { ndjson(&metas) } else { table(&metas) };
    let stdout = &mut streams.stdout;
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Stop::stdout)?;
    Ok(ExitCode::Ok)
}

fn ndjson(rules: &[&RuleMeta]) -> String {
    rules.iter().map(|meta| Value::Object(export::kibana(meta)).to_string() + "\n").collect()
}

fn table(rules: &[&RuleMeta]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["NAME", "SEVERITY", "RISK", "ATT&CK", "SCHEDULE"]);
    for meta in rules {
        table.add_row([
            meta.name,
            meta.severity.as_str(),
            &meta.risk_score.to_string(),
            &techniques(meta).join(" "),
            &format!("every {} from {}", meta.interval, meta.from),
        ]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index == 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
