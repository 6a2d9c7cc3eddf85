//! A plan as a table, for people.

use std::fmt::{self, Write as _};

use super::{Guard, Plan, What};

/// Prints each term with its class and its guards.
pub(crate) struct Explained<'a> {
    pub(crate) plan: &'a Plan,
    /// The names of the rules, by place.
    pub(crate) names: &'a [String],
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { fields, stages, .. } = self.plan;
        let guarded = stages.iter().filter(|stage| !stage.guards.is_empty()).count();
        writeln!(
            f,
            "{} rules, {} fields, {} terms, {guarded} of them with a guard",
            self.names.len(),
            fields.len(),
            stages.len()
        )?;
        writeln!(f, "| rule | term | category | system | type | first guard | second guard |")?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for stage in stages {
            let term = stage.term.map_or("until".to_owned(), |term| term.to_string());
            let [category, system, ty] =
                stage.names.each_ref().map(|names| match names.as_slice() {
                    [] => "any".to_owned(),
                    names => names.join(", "),
                });
            let mut guards = stage.guards.iter().map(shown);
            writeln!(
                f,
                "| {} | {term} | {category} | {system} | {ty} | {} | {} |",
                self.names[stage.rule],
                guards.next().unwrap_or_else(|| "none: tested on every event".to_owned()),
                guards.next().unwrap_or_default(),
            )?;
        }
        Ok(())
    }
}

/// The guard in words, for a cell of a table, and the estimated share of events that have it.
fn shown(guard: &Guard) -> String {
    format!("{:.3} %: {}", guard.probability * 100.0, guard.words().replace('|', "\\|"))
}

impl Guard {
    /// The first few texts of which an event needs one.
    pub(crate) fn words(&self) -> String {
        const FEW: usize = 3;
        let mut out = String::new();
        for atom in self.atoms.iter().take(FEW) {
            let sign = match &atom.what {
                What::Any => "is there",
                What::Whole(_) | What::Int(_) | What::Bool(_) => "is",
                What::Head(_) => "begins",
                What::Tail(_) => "ends",
                What::Part(..) => "has",
            };
            let or = if out.is_empty() { "" } else { " or " };
            // Writing to a string does not fail.
            let _ = write!(out, "{or}`{}` {sign}", atom.path);
            if atom.what != What::Any {
                let _ = write!(out, " `{}`", atom.what.text());
            }
        }
        if self.atoms.len() > FEW {
            let _ = write!(out, " or {} more", self.atoms.len() - FEW);
        }
        out
    }
}
